"""Benchmarks: each prints a ratio against what users would otherwise pick, in the same run."""
