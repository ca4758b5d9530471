"""Actors and their scope."""

from __future__ import annotations

from dataclasses import dataclass

from gisgrid.access.roles import Role


@dataclass(frozen=True, slots=True)
class Scope:
    """The area (or single grid) below which an actor may see and act.

    code: an area code, a grid code, or "*" for everything. Every read of the store takes one.
    A code that no longer names anything shows nothing.
    """

    code: str

    @property
    def everything(self) -> bool:
        """Whether nothing is held back; only this scope sees what lies in no area at all."""
        return self.code == "*"


EVERYWHERE = Scope("*")


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person with a role and a scope. person: 0 for the console.

    at_console: whether the command line acts in the name of the person, who did not sign in.
    """

    name: str
    role: Role
    scope: Scope
    person: int = 0
    at_console: bool = False


CONSOLE = Actor("console", Role.CONSOLE, EVERYWHERE, at_console=True)
"""Whoever runs the command line: the right to the store's file is the right to all of it."""
