"""The demonstration: a small benign case that looks real, built from nothing but code.

`tamis.demo.case.build` makes it; `tamis.demo.scene.SCENES` holds what its pictures show.
"""

from __future__ import annotations
