"""The read model: the store's rows as columns in memory, kept in step by its change counters.

The store is the truth; losing the read model loses nothing. Figures, lists and tiles are worked
out from here, so that any past day costs milliseconds.
"""

from gisgrid.snapshot.readmodel import ReadModel
from gisgrid.snapshot.snapshot import Snapshot
from gisgrid.snapshot.view import View

__all__ = ["ReadModel", "Snapshot", "View"]
