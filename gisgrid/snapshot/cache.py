"""A small cache that threads share."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """The `size` values asked for last. Values are never changed, so handing them out is safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._making: dict[Key, Lock] = {}

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of `key`, made if it is not there; `make` asks for no such value itself.

        Who comes while another thread makes it waits for that: to place a million households
        twice at once, for the first reader and beforehand, took each of them twice as long.
        """
        while True:
            with self._lock:
                found = self._peek(key)
                if found is not None:
                    return found
                other = self._making.get(key)
                if other is None:
                    mine = self._making[key] = Lock()
                    mine.acquire()
                    break
            with other:
                pass  # it is there now; or it could not be made, and this thread tries
        try:
            return self.put(key, make())
        finally:
            with self._lock:
                del self._making[key]
            mine.release()

    def peek(self, key: Key) -> Value | None:
        """The value of `key`, None if it is not there."""
        with self._lock:
            return self._peek(key)

    def _peek(self, key: Key) -> Value | None:
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def put(self, key: Key, value: Value) -> Value:
        """Keep `value`; the one used longest ago makes room."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value

    def items(self) -> list[tuple[Key, Value]]:
        """What is there, the one asked for last at the end."""
        with self._lock:
            return list(self._values.items())

    def kept(self, keep: Callable[[Key], bool]) -> Cache[Key, Value]:
        """A new cache with the values whose key `keep` wants."""
        fresh: Cache[Key, Value] = Cache(self._size)
        with self._lock:
            fresh._values.update((k, v) for k, v in self._values.items() if keep(k))
        return fresh
