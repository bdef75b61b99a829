"""The links a media declares, looked up in its case."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.fingerprints.pdq import Pdq
from tamis.linking.declared import OBSERVATIONS, Lineage, declared_links, lineage
from tamis.pipeline.stages import pdq_version
from tamis.pipeline.take_in import versions_in_force
from tamis.store import media, observations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sqlalchemy as sa
    from numpy.typing import NDArray

    from tamis.config import Settings
    from tamis.linking.declared import Thumbnail

_PDQ_BYTES = 32


def links(connection: sa.Connection, media_id: int, settings: Settings) -> list[dict[str, Any]]:
    """Return the links by identifier, then those by the likeness of a thumbnail.

    A thumbnail looks like the source, and so may the sources of others and what was made from it:
    those links only say ``may``, and only where they point one way.

    Keys: ``media_id`` of the other media, ``type``, ``score`` (differing bits of PDQ, None for an
    identifier), ``evidence``.
    """
    found = observations.named(connection, OBSERVATIONS, versions_in_force(settings))
    everyone = {key: lineage(observed) for key, observed in found.items()}
    named = [
        {"media_id": link.media_id, "type": link.type, "score": None, "evidence": link.evidence}
        for link in declared_links(media_id, everyone)
    ]
    settled = {link["media_id"] for link in named if link["type"] != "same_document"}
    alike = list(_by_thumbnail(connection, media_id, everyone, settings))
    ways: dict[int, set[str]] = defaultdict(set)
    for link in alike:
        ways[link["media_id"]].add(link["type"])
    told = set()
    for link in alike:
        other = link["media_id"]
        # What looks like a source of both, or is named by its identifier, says nothing more.
        if other in settled or len(ways[other]) > 1 or other in told:
            continue
        told.add(other)
        named.append(link)
    return named


def _by_thumbnail(
    connection: sa.Connection,
    media_id: int,
    everyone: Mapping[int, Lineage],
    settings: Settings,
) -> Iterator[dict[str, Any]]:
    thumbnails = [
        (key, thumbnail)
        for key, item in sorted(everyone.items())
        for thumbnail in item.thumbnails
        if thumbnail.quality >= settings.pdq_quality
    ]
    if not thumbnails:
        return
    prints = media.fingerprints(connection, Pdq.name, pdq_version(settings), _PDQ_BYTES)
    usable = prints.quality >= settings.pdq_quality
    ids, upright = prints.media_id[usable], prints.variants[usable, 0, :]
    own = upright[ids == media_id]
    for holder, thumbnail in thumbnails:
        seen = (ids, upright) if holder == media_id else (np.array([holder]), own)
        kind = "may_derive_from" if holder == media_id else "may_be_source_of"
        for other, distance in zip(seen[0], _distances(thumbnail, seen[1]), strict=False):
            if other != media_id and distance <= settings.pdq_distance:
                evidence = {"by": "thumbnail", "relationship": thumbnail.relationship}
                yield {
                    "media_id": int(other),
                    "type": kind,
                    "score": int(distance),
                    "evidence": evidence,
                }


def _distances(thumbnail: Thumbnail, rows: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Differing bits, shape (n,), of rows of shape (n, 32)."""
    different = np.bitwise_count(rows ^ np.frombuffer(thumbnail.pdq, dtype=np.uint8))
    counted: NDArray[np.int64] = different.sum(axis=1, dtype=np.int64)
    return counted
