"""Invented relief: smooth random fields that say where valleys run and how lines wander."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.columns import Floats

_WAVES = 40


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A sum of waves with random directions: mean 0, variance 1, without a lattice's pattern.

    Source: random Fourier features of a Gaussian field.
    """

    wave: npt.NDArray[np.float64]
    phase: npt.NDArray[np.float64]

    @classmethod
    def random(cls, rng: np.random.Generator, length: float) -> Field:
        """length: metres over which the field changes."""
        wave = rng.normal(size=(2, _WAVES)) * (2 * np.pi / length / 1.5)
        return cls(wave, rng.uniform(0, 2 * np.pi, _WAVES))

    def at(self, xy: Floats) -> Floats:
        """Values at (n, 2) places, metres."""
        # Single precision is four times as fast, and no line is the worse for a metre.
        angle = (xy @ self.wave + self.phase).astype(np.float32)
        found: Floats = np.cos(angle).sum(axis=1).astype(np.float64) * np.sqrt(2 / _WAVES)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """valleys: zero along the valleys' floors. bends: pairs of fields that bend straight lines."""

    valleys: tuple[Field, Field]
    bends: tuple[tuple[float, Field, Field], ...]

    @classmethod
    def random(cls, rng: np.random.Generator) -> Relief:
        """A landscape of valleys some kilometres apart."""

        def pair(metres: float, length: float) -> tuple[float, Field, Field]:
            return metres, Field.random(rng, length), Field.random(rng, length)

        return cls(
            (Field.random(rng, 14_000), Field.random(rng, 6_000)),
            (pair(1500, 18_000), pair(350, 4_500), pair(70, 1_200)),
        )

    def valley(self, xy: Floats) -> Floats:
        """1 on the floor of a valley, towards 0 on the ridges."""
        main, side = (np.exp(-((f.at(xy) / 0.22) ** 2)) for f in self.valleys)
        found: Floats = np.maximum(main, 0.6 * side)
        return found

    def bent(self, xy: Floats) -> Floats:
        """Places moved by up to some kilometres; straight lines there are winding lines here."""
        found = xy.copy()
        for metres, east, north in self.bends:
            found += metres * np.column_stack([east.at(xy), north.at(xy)])
        return found
