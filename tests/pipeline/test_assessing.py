"""Assessments follow from the evidence: stored, audited, shown, and made anew when it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pictures import camera_jpeg, jpeg
from tamis.assess import pixels
from tamis.assess.calibration import Bounds
from tamis.audit.verify import verify
from tamis.config import Settings
from tamis.pipeline.assessing import assess
from tamis.pipeline.media_view import view
from tamis.pipeline.progress import Silent
from tamis.pipeline.queue_view import rows
from tamis.pipeline.scan import Scan
from tamis.pipeline.stages import refresh
from tamis.pipeline.take_in import versions_in_force

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.store.database import Store

PLAIN = Settings()
NAMES = ("plain.jpg", "camera.jpg")


@pytest.fixture
def scanned(store: Store, tmp_path: Path) -> Store:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "plain.jpg").write_bytes(jpeg(1, size=(800, 600)))
    (folder / "camera.jpg").write_bytes(camera_jpeg(2))
    Scan(store, PLAIN, engine="inline").run([folder])
    return store


def shown(store: Store, path: str) -> dict[str, Any]:
    with store.read() as connection:
        found: dict[str, Any] = view(connection, path, PLAIN)["assessment"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_contributions_add_up_to_the_total(scanned: Store, name: str) -> None:
    found = shown(scanned, name)
    total = sum(part["log10_lr"] for part in found["contributions"])
    assert found["log10_lr"] == pytest.approx(total, abs=3e-3)
    odds = 10 ** found["log10_lr"]
    assert found["p_capture"] == pytest.approx(odds / (1 + odds), abs=1e-3)


def test_groups_are_told_apart(scanned: Store) -> None:
    groups = {
        name: {part["group"] for part in shown(scanned, name)["contributions"]} for name in NAMES
    }
    assert "declarations" in groups["camera.jpg"]
    assert groups["plain.jpg"] <= {"pixels"}


def test_the_queue_has_the_columns(scanned: Store) -> None:
    with scanned.read() as connection:
        found = {row["path"]: row for row in rows(connection, versions_in_force(PLAIN))}
    camera = found["camera.jpg"]
    assert camera["origin"] == "digitalCapture"
    assert camera["log10_lr"] == shown(scanned, "camera.jpg")["log10_lr"]
    assert camera["strength"] == shown(scanned, "camera.jpg")["strength"]
    assert camera["conflict"] in (0, 1)


def test_nothing_is_done_twice(scanned: Store) -> None:
    assert assess(scanned, PLAIN, Silent()) is None
    assert not refresh(scanned, PLAIN, None)


def test_another_fit_changes_assessments_and_the_record_holds(
    scanned: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = pixels.fitted()
    silent = {name: replace(item, bounds=Bounds(0.0, 0.0)) for name, item in fit.strata.items()}
    other = replace(fit, digest="another", strata=silent)
    before = shown(scanned, "plain.jpg")["log10_lr"]
    assert before != 0
    monkeypatch.setattr(pixels, "fitted", lambda: other)
    changes = assess(scanned, PLAIN, Silent())
    assert changes
    assert all(change.after is not None for change in changes)
    assert shown(scanned, "plain.jpg")["log10_lr"] == pytest.approx(0, abs=1e-9)
    assert verify(scanned).fault is None


def test_a_changed_assessment_is_found_by_verify(scanned: Store) -> None:
    with scanned.write() as connection:
        connection.exec_driver_sql("UPDATE assessment SET log10_lr = 3")
    fault = verify(scanned).fault
    assert fault is not None
    assert "assessment" in fault
