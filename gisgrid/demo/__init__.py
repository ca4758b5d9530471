"""A seeded county to try gisgrid on: real outline, names and household counts; invented people."""

from gisgrid.demo.build import SEED, build

__all__ = ["SEED", "build"]
