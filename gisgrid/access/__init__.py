"""Who may do what, and where: roles, actions, scope. Tables and predicates only."""

from gisgrid.access.actors import CONSOLE, EVERYWHERE, Actor, Scope
from gisgrid.access.fields import FIELD_OF, Field, Level, sees
from gisgrid.access.roles import ACTIONS, ROLES, Action, Role, may, require

__all__ = [
    "ACTIONS",
    "CONSOLE",
    "EVERYWHERE",
    "FIELD_OF",
    "ROLES",
    "Action",
    "Actor",
    "Field",
    "Level",
    "Role",
    "Scope",
    "may",
    "require",
    "sees",
]
