"""A growing wait after wrong passwords: slows a guesser, locks nobody out.

Counted thrice: for an account from an address; for an address over all accounts (one who tries a
common password on each); for an account over all addresses (many who try on one). A browser that
came in with an account before is known by a cookie, and stands in the place of the address: what
others try from the same address, or anywhere, does not keep it waiting. The counts are in the
store, for all server processes together, under keyed hashes of account, address and browser.
"""

from __future__ import annotations

import hmac
import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from gisgrid.errors import (
    FirstCodeWrong,
    SignInRefused,
    StoreAway,
    StoreBusy,
    StoreFailed,
    StoreFull,
    TooManyTries,
)
from gisgrid.store import Tries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Writer

LOG = logging.getLogger(__name__)

FORGOTTEN_SECONDS = 900.0
KNOWN_DAYS = 30
"""For so long an address or a browser is known as one from which somebody came in."""
KEPT = 10_000
"""Rows of each kind; the oldest go."""
PATIENCE = 1.0
"""Seconds to wait for the store; then this process counts by itself."""
CAME_IN = "came_in"
DEVICE = "device"
TURNS = 64
CANNOT = (StoreAway, StoreBusy, StoreFailed, StoreFull)


class Asker(NamedTuple):
    """Who tries. device: what the browser's cookie says, empty where there is none."""

    account: str
    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """The wait after failure n is 2**(n - free) seconds, `longest` at most.

    A quarter of an hour without a failure forgets them, and every `ebb` seconds since the last
    forgive one.
    """

    free: int
    longest: float
    ebb: float = FORGOTTEN_SECONDS

    def wait(self, kept: Tries | None, now: datetime) -> float:
        """Seconds until the next attempt is taken; none is left when not above zero."""
        if kept is None or kept.failures < self.free:
            return 0.0
        whole = min(2.0 ** min(kept.failures - self.free, 30), self.longest)
        return whole - _since(kept, now)

    def failed(self, kept: Tries | None, now: datetime) -> Tries:
        """One more."""
        if kept is None or _since(kept, now) > FORGOTTEN_SECONDS:
            return Tries(1, now)
        past = _since(kept, now)
        return Tries(max(0, kept.failures - int(past // self.ebb)) + 1, now)


def _since(kept: Tries, now: datetime) -> float:
    """Seconds since the last failure; none by a clock that was set back, or another server's."""
    return max(0.0, (now - kept.at).total_seconds())


RULES = {
    "both": Rule(free=3, longest=60.0),
    "account": Rule(free=10, longest=5.0, ebb=30.0),
    "address": Rule(free=30, longest=30.0, ebb=30.0),
}


class Delays:
    """Failed attempts by account and address; thread-safe.

    Who came in from an address lately, or with this browser, waits only for what failed with that
    very account from that very place: what others do there, or to the account elsewhere, does not
    keep them out. The wait for an account over all addresses stays short, as anybody can bring it
    about.
    secret: the key of the installation; without it the hashes say nothing.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._unsaved: dict[str, Tries] = {}
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(TURNS)]

    @contextmanager
    def attempt(self, ws: Workspace, who: Asker) -> Iterator[None]:
        """Raise TooManyTries, or let one attempt be made and count it when it is refused.

        In a process one after the other, so that of many at once each knows how those before it
        went. What passes is told by `passed`.
        """
        turn = int(self._keys(ws, who)["both"][:8], 16) % TURNS
        with self._turns[turn]:
            self.check(ws, who)
            try:
                yield
            except (FirstCodeWrong, SignInRefused):
                self.failed(ws, who)
                raise

    def check(self, ws: Workspace, who: Asker) -> None:
        """Raise TooManyTries while the wait after the last failure lasts."""
        keys, now = self._keys(ws, who), ws.clock()
        kept = self._kept(ws, keys)
        known = keys[CAME_IN] in kept
        waits = [
            rule.wait(kept.get(keys[kind]), now)
            for kind, rule in RULES.items()
            if kind == "both" or not known
        ]
        if max(waits) > 0:
            raise TooManyTries(seconds=int(max(waits)) + 1)

    def failed(self, ws: Workspace, who: Asker) -> None:
        """Note a failed attempt; in this process alone where the store cannot take it."""
        keys, now = self._keys(ws, who), ws.clock()
        try:
            with ws.store.write(patience=PATIENCE) as w:
                counts = self._counted(ws, keys, now)
                for kind in RULES:
                    w.note_tries(keys[kind], kind, counts[keys[kind]])
                sweep(w, now)
        except CANNOT as err:
            LOG.warning("a refused sign-in is counted by this process alone: %s", err.code)
            with self._lock:
                self._unsaved |= self._counted(ws, keys, now)
                while len(self._unsaved) > KEPT:
                    del self._unsaved[next(iter(self._unsaved))]
        else:
            self._saved(keys)

    def passed(self, ws: Workspace, who: Asker) -> None:
        """The right password came: forget what failed before it, but not what others did.

        Never refuses: what cannot be written is left, and the person is in.
        """
        keys, now = self._keys(ws, who), ws.clock()
        self._saved({"both": keys["both"]})
        came = {self._place(who, who.address): CAME_IN}
        if who.device:
            came[self._place(who, _browser(who))] = DEVICE
        kept = self._kept(ws, {"both": keys["both"]} | {key: key for key in came})
        day_ago = now - timedelta(days=1)
        fresh = all(key in kept and kept[key].at > day_ago for key in came)
        if fresh and keys["both"] not in kept:
            return
        try:
            with ws.store.write(patience=PATIENCE) as w:
                w.forget_tries(keys["both"])
                for key, kind in came.items():
                    w.note_tries(key, kind, Tries(0, now))
        except CANNOT as err:
            LOG.warning("a sign-in is not noted among those that passed: %s", err.code)

    def _counted(self, ws: Workspace, keys: dict[str, str], now: datetime) -> dict[str, Tries]:
        kept = self._kept(ws, keys)
        return {keys[kind]: rule.failed(kept.get(keys[kind]), now) for kind, rule in RULES.items()}

    def _kept(self, ws: Workspace, keys: dict[str, str]) -> dict[str, Tries]:
        """What the store has, or this process where it could not be written."""
        stored = ws.store.tries(keys.values())
        mine = {key: self._unsaved[key] for key in keys.values() if key in self._unsaved}
        return stored | {k: max(t, stored.get(k, t)) for k, t in mine.items()}

    def _saved(self, keys: dict[str, str]) -> None:
        with self._lock:
            for key in keys.values():
                self._unsaved.pop(key, None)

    def _keys(self, ws: Workspace, who: Asker) -> dict[str, str]:
        account, place = _name(who), who.address
        if who.device:
            own = self._place(who, _browser(who))
            place = _browser(who) if own in ws.store.tries([own]) else place
        told = {"both": (account, place), "account": (account,), "address": (who.address,)}
        hashes = {kind: self._hash(kind, *parts) for kind, parts in told.items()}
        return hashes | {CAME_IN: self._place(who, place)}

    def _place(self, who: Asker, place: str) -> str:
        """The key under which it is kept that an account came in from an address or a browser."""
        return self._hash(CAME_IN, _name(who), place)

    def _hash(self, *parts: str) -> str:
        said = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._secret, said.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def _name(who: Asker) -> str:
    """The account as people.sign_in takes a name."""
    return who.account.strip().casefold()


def _browser(who: Asker) -> str:
    """The browser where an address may stand; no address begins so."""
    return f"browser {who.device}"


def sweep(w: Writer, now: datetime) -> None:
    """Take away what no longer counts, and the oldest where there is too much."""
    for kind in RULES:
        w.sweep_tries(kind, now - timedelta(seconds=FORGOTTEN_SECONDS), KEPT)
    for kind in (CAME_IN, DEVICE):
        w.sweep_tries(kind, now - timedelta(days=KNOWN_DAYS), KEPT)
