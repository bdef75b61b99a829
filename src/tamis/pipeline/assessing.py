"""The stage between stacks and queue: what the evidence on each media supports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.assess import declarations, pixels
from tamis.assess.assessment import Assessment
from tamis.assess.assessment import assess as weighed
from tamis.audit import log
from tamis.examinations.provenance.claims import OBSERVATIONS, aged, claims
from tamis.pipeline import fit_in_force
from tamis.pipeline.take_in import versions_in_force
from tamis.store import assessments, digests, observations, results
from tamis.store.schema import examination_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamis.assess.pixels import Fitted
    from tamis.config import Settings
    from tamis.pipeline.progress import Progress
    from tamis.store.database import Store

_VERSION = "1"
_SAME = 1e-9
"""log10 likelihood ratios closer than this did not change."""


@dataclass(frozen=True, slots=True)
class Change:
    """A media whose assessment is another than it was.

    Args:
        media_id: of the media.
        before: None where it had no evidence, or was not assessed.
        after: likewise.
    """

    media_id: int
    before: Assessment | None
    after: Assessment | None


def assess(store: Store, settings: Settings, progress: Progress) -> list[Change] | None:
    """Assess all media anew where anything that depends on changed.

    Returns:
        the media that are assessed otherwise than before; None where nothing was done.
    """
    versions, fit = versions_in_force(settings), fit_in_force.fitted()
    with store.read() as connection:
        inputs = _inputs(connection, versions, fit)
        if results.inputs_of(connection, "assess") == inputs:
            return None
        progress.phase("assess", None)
        before = assessments.by_media(connection)
        after = _assessments(connection, versions, fit)
    changed = [
        Change(key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if _differ(before.get(key), after.get(key))
    ]
    with store.write() as connection:
        digests_before = digests.of_stage(connection, "assess")
        assessments.replace(connection, after)
        results.note_inputs(connection, "assess", inputs)
        record = {
            "media": len(after),
            "changed": len(changed),
            "pixels": fit.version,
            "pixels_sha256": fit.digest,
            "before": digests_before,
            "after": digests.of_stage(connection, "assess"),
        }
        log.append(connection, "assess", record)
    return changed


def follow(connection: sa.Connection, settings: Settings) -> bool:
    """Say whether the assessments of a case follow from its evidence and the fit in force.

    They may not where the case could not be written, or another process is writing to it.
    """
    present = _inputs(connection, versions_in_force(settings), fit_in_force.fitted())
    return results.inputs_of(connection, "assess") == present


def _inputs(connection: sa.Connection, versions: Mapping[str, str], fit: Fitted) -> str:
    """From what assessments are made: evidence, which of it speaks, and how it is weighed."""
    runs, failures = connection.execute(
        sa.select(sa.func.count(), sa.func.count(examination_run.c.failure))
    ).one()
    weighing = [_VERSION, fit.digest, declarations.digest()]
    return json.dumps([weighing, dict(versions), runs, failures], sort_keys=True)


def _assessments(
    connection: sa.Connection, versions: Mapping[str, str], fit: Fitted
) -> dict[int, Assessment]:
    said = observations.named(connection, OBSERVATIONS, versions, aged=aged)
    seen = observations.named(connection, pixels.OBSERVATIONS, versions)
    made = {
        key: weighed(
            declarations.weigh(claims(said.get(key, ()))), pixels.weigh(seen.get(key, ()), fit)
        )
        for key in said.keys() | seen.keys()
    }
    return {key: found for key, found in made.items() if found.contributions}


def _differ(before: Assessment | None, after: Assessment | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(before.log10_lr - after.log10_lr) > _SAME or before.conflict != after.conflict
