"""Helpers of this room, importable by name whatever the import mode."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

for name in ("checker", "makers", "whole", "wearing", "real"):
    spec = importlib.util.spec_from_file_location(
        f"redraw_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"redraw_{name}"] = module
    spec.loader.exec_module(module)
