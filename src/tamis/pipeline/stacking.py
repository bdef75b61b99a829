"""Near-duplicate stacks of a case: from stored media and fingerprints to stack members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tamis.linking.stacks import Stacks, representative_order, restack, stack
from tamis.matching import HammingIndex
from tamis.store.results import StackMember

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tamis.config import Settings
    from tamis.store.media import Fingerprints, StoredMedia


def stack_members(
    shown: Sequence[StoredMedia],
    prints: Fingerprints,
    previous: Sequence[StackMember],
    settings: Settings,
) -> list[StackMember]:
    """Stack what has a usable fingerprint; everything else is a stack of its own.

    Args:
        shown: media that stand in the queue, by ascending id.
        prints: their PDQ fingerprints, by ascending id.
        previous: the stacks as they were made last with the same settings; only what is near to
            media added since is stacked anew. Empty where there are none, or where a media that
            was stacked alone for want of a fingerprint has got one since.
        settings: quality and distance.

    Returns:
        One member per media, by ascending id, the same whether or not `previous` is given.
    """
    usable = prints.quality >= settings.pdq_quality
    ids = prints.media_id[usable]
    hashes = np.ascontiguousarray(prints.variants[usable, 0])
    rank = _rank(shown, ids)
    if previous:
        index = HammingIndex.build(hashes, distance=settings.pdq_distance)
        old = _previous(previous, ids)
        found = restack(old, index, hashes, rank, distance=settings.pdq_distance)
    else:
        found = stack(hashes, rank, distance=settings.pdq_distance)
    members = {
        media_id: StackMember(media_id, int(ids[head]), distance)
        for media_id, head, distance in zip(
            ids.tolist(), found.representative.tolist(), found.distance.tolist(), strict=True
        )
    }
    for item in shown:
        members.setdefault(item.id, StackMember(item.id, item.id, 0))
    return [members[key] for key in sorted(members)]


def _rank(shown: Sequence[StoredMedia], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    by_id = {item.id: item for item in shown}
    stackable = [by_id[key] for key in ids.tolist()]
    digests = b"".join(item.sha256 for item in stackable)
    return representative_order(
        width=np.array([item.width for item in stackable], dtype=np.int64),
        height=np.array([item.height for item in stackable], dtype=np.int64),
        size=np.array([item.size for item in stackable], dtype=np.int64),
        sha256=np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32),
    )


def _previous(previous: Sequence[StackMember], ids: NDArray[np.int64]) -> Stacks:
    """The stacks of the first media in `ids`, which are those stacked before."""
    row = {key: position for position, key in enumerate(ids.tolist())}
    kept = [member for member in previous if member.media_id in row]
    return Stacks(
        np.array([row[member.representative_id] for member in kept], dtype=np.int64),
        np.array([member.distance for member in kept], dtype=np.int32),
    )
