"""Commands start without what only some of them need."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "matplotlib", "reportlab", "sqlalchemy", "PIL", "onnxruntime", "numba")


def test_heavy_libraries_are_imported_by_those_who_use_them() -> None:
    asked = f"import sys, tamis.cli.app; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
