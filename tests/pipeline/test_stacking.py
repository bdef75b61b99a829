from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.config import Settings
from tamis.model import MediaKind
from tamis.pipeline.stacking import stack_members
from tamis.store.media import Fingerprints, StoredMedia


def _case(seed: int, number: int) -> tuple[list[StoredMedia], Fingerprints]:
    random = np.random.default_rng(seed)
    roots = random.integers(0, 256, (max(1, number // 4), 32), dtype=np.uint8)
    hashes = roots[random.integers(0, len(roots), number)]
    hashes[:, 0] ^= random.integers(0, 256, number, dtype=np.uint8)
    media = [
        StoredMedia(key, bytes(random.bytes(32)), b"", b"", int(random.integers(1, 9)),
                    MediaKind.IMAGE, "jpeg", "image/jpeg", int(random.integers(1, 4)), 1)
        for key in range(1, number + 1)
    ]  # fmt: skip
    quality = random.integers(0, 101, number).astype(np.int16)
    ids = np.arange(1, number + 1, dtype=np.int64)
    return media, Fingerprints(ids, hashes[:, None, :], quality)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(0, 60))
def test_stacks_added_to_are_those_made_anew(seed: int, first: int, more: int) -> None:
    media, prints = _case(seed, first + more)
    old = stack_members(
        media[:first],
        Fingerprints(prints.media_id[:first], prints.variants[:first], prints.quality[:first]),
        [],
        Settings(),
    )
    assert stack_members(media, prints, old, Settings()) == stack_members(
        media, prints, [], Settings()
    )


def test_what_has_no_good_fingerprint_stands_alone() -> None:
    media, prints = _case(1, 20)
    members = stack_members(media, prints, [], Settings(pdq_quality=100))
    stacked = int((prints.quality == 100).sum())
    alone = [member for member in members if member.media_id == member.representative_id]
    assert len(alone) >= 20 - stacked


def test_nothing_is_a_case_too() -> None:
    empty = Fingerprints(
        np.zeros(0, np.int64), np.zeros((0, 8, 32), np.uint8), np.zeros(0, np.int16)
    )
    assert stack_members([], empty, [], Settings()) == []
