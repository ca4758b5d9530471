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

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of `key`, made if it is not there.

        Two threads may make the same value at once; waiting for each other would cost more.
        """
        found = self.peek(key)
        return self.put(key, make()) if found is None else found

    def peek(self, key: Key) -> Value | None:
        """The value of `key`, None if it is not there."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

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
