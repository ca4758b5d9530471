"""The rules of the visiting programme."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gisgrid.access import Action, Actor, require
from gisgrid.errors import UnknownWord
from gisgrid.operations.auditing import object_of

if TYPE_CHECKING:
    from gisgrid.model import Programme
    from gisgrid.operations.workspace import Workspace


def change(ws: Workspace, actor: Actor, **rules: Any) -> Programme:
    """Set fields of model.Programme; figures of all days follow. Returns the new rules.

    Raises NotAllowed (whoever manages people sets the rules), UnknownWord for an unknown zone.
    """
    require(actor, Action.MANAGE_PEOPLE)
    zone = rules.get("zone")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as err:  # ZoneInfoNotFoundError is a KeyError
            known = "an IANA name such as Asia/Shanghai"
            raise UnknownWord(value=zone, kind="time zone", known=known) from err
    changed: Programme = replace(ws.store.programme(), **rules)
    with ws.store.write() as w:
        w.set_programme(changed)
        w.audit(actor, "change_programme", object_of("programme", sorted(rules)), len(rules))
    return changed
