"""A decision changes the stacks it is about and their neighbours, as if all were ordered anew."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from PIL import PngImagePlugin

from pictures import field, jpeg
from tamis.audit.verify import verify
from tamis.config import Settings
from tamis.pipeline.deciding import record
from tamis.pipeline.progress import Silent
from tamis.pipeline.scan import Scan
from tamis.pipeline.stages import refresh
from tamis.store import ranks
from tamis.store.schema import stage_run
from tamis.triage.neighbours import CAMERA, FAMILY
from tamis.triage.policy import load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.store.database import Store
    from tamis.store.ranks import QueueRow

PLAIN = Settings()
NEEDED = load_policy().family_needs
MAKE, MODEL, DATE, BODY = 0x010F, 0x0110, 0x9003, 0xA431


def of_camera(seed: int, body: str) -> bytes:
    image = field(seed)
    exif = image.getexif()
    exif[MAKE], exif[MODEL] = "ACME", "One"
    exif.get_ifd(0x8769).update({DATE: "2024:05:06 07:08:09", BODY: body})
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90, exif=exif)
    return stream.getvalue()


def of_family(seed: int, model: str) -> bytes:
    stamp = PngImagePlugin.PngInfo()
    said = f"a hill\nSteps: 20, Sampler: Euler, Seed: {seed}, Model hash: {model}, Model: hills"
    stamp.add_text("parameters", said)
    stream = io.BytesIO()
    field(seed).save(stream, "PNG", pnginfo=stamp)
    return stream.getvalue()


@pytest.fixture
def case(store: Store, tmp_path: Path) -> Store:
    folder = tmp_path / "evidence"
    folder.mkdir()
    for seed in range(3):
        (folder / f"own {seed}.jpg").write_bytes(of_camera(seed, "A1"))
    (folder / "other.jpg").write_bytes(of_camera(10, "B2"))
    for seed in range(20, 22 + NEEDED):
        (folder / f"made {seed}.png").write_bytes(of_family(seed, "0123456789"))
    (folder / "stranger.png").write_bytes(of_family(40, "9876543210"))
    (folder / "plain.jpg").write_bytes(jpeg(50))
    (folder / "plain again.jpg").write_bytes(jpeg(50, quality=60))
    Scan(store, PLAIN, engine="inline").run([folder])
    return store


def queue(store: Store) -> list[QueueRow]:
    with store.read() as connection:
        return list(ranks.queue(connection))


def made_anew(store: Store) -> list[QueueRow]:
    with store.write() as connection:
        connection.execute(sa.delete(stage_run).where(stage_run.c.stage == "queue"))
    refresh(store, PLAIN, None, Silent())
    return queue(store)


def moved(store: Store, code: str) -> int:
    return sum(code in place.reasons for place in queue(store))


def decide(store: Store, name: str, origin: str | None, category: str | None = None) -> None:
    record(store, PLAIN, None, name, category, origin, None)


def test_the_queue_follows_as_if_it_were_made_anew(case: Store) -> None:
    told = [("own 0.jpg", "capture"), ("plain.jpg", "capture"), ("other.jpg", "synthetic")]
    told += [(f"made {seed}.png", "synthetic") for seed in range(20, 20 + NEEDED)]
    told += [("stranger.png", None), ("own 0.jpg", "synthetic"), ("made 20.png", "hybrid")]
    counts = []
    for name, origin in told:
        decide(case, name, origin, None if origin else "7")
        counts.append((moved(case, CAMERA), moved(case, FAMILY)))
        with case.read() as connection:
            assert len(list(ranks.queue(connection))) == len(queue(case))
        assert verify(case).fault is None
        followed = queue(case)
        assert followed == made_anew(case)
    assert counts[0] == (3, 0)
    assert counts[2 + NEEDED] == (3, NEEDED + 2)
    assert counts[-2] == (0, NEEDED + 2)
    assert counts[-1] == (0, 0)


def test_a_decision_changes_few_rows(case: Store) -> None:
    before = {place.media_id: place for place in queue(case)}
    decide(case, "plain.jpg", "synthetic")
    after = {place.media_id: place for place in queue(case)}
    changed = [key for key, place in after.items() if place.priority != before[key].priority]
    assert len(changed) <= 1
    assert [place.rank for place in queue(case)] == list(range(1, len(before) + 1))


def test_another_policy_has_the_whole_queue_made_anew(case: Store, tmp_path: Path) -> None:
    other = tmp_path / "policy.toml"
    other.write_text("unknown = 0.3\n")
    settings = Settings(policy=other)
    record(case, settings, None, "plain.jpg", None, "synthetic", None)
    followed = queue(case)
    with case.write() as connection:
        connection.execute(sa.delete(stage_run).where(stage_run.c.stage == "queue"))
    refresh(case, settings, None, Silent())
    assert followed == queue(case)
    assert min(place.priority for place in followed) < 0.4
    assert verify(case).fault is None
