"""Who may do what, and where: roles, actions, scope. Tables and predicates only."""

from gisgrid.access.actors import CONSOLE, EVERYWHERE, Actor, Scope
from gisgrid.access.roles import ACTIONS, ROLES, Action, Role, may, require

__all__ = [
    "ACTIONS",
    "CONSOLE",
    "EVERYWHERE",
    "ROLES",
    "Action",
    "Actor",
    "Role",
    "Scope",
    "may",
    "require",
]
