"""The last stage: from facts to the queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.audit import log
from tamis.pipeline.stack_facts import stack_facts
from tamis.pipeline.take_in import versions_in_force
from tamis.store import decisions, digests, files, results
from tamis.store.results import QueueRow
from tamis.store.schema import examination_run
from tamis.triage.policy import load_policy
from tamis.triage.queue import order

if TYPE_CHECKING:
    from tamis.config import Settings
    from tamis.pipeline.progress import Progress
    from tamis.store.database import Store

_VERSION = "3"


def prioritise(store: Store, settings: Settings, progress: Progress) -> bool:
    """Order the queue anew where anything it depends on changed; say whether it did.

    Raises:
        PolicyError: the site's policy is wrong.
    """
    policy = load_policy(settings.policy)
    seed = store.seed()
    with store.read() as connection:
        # What was examined, and how much of it failed: a failure gives way to a success.
        runs, failures = connection.execute(
            sa.select(sa.func.count(), sa.func.count(examination_run.c.failure))
        ).one()
        inputs = json.dumps(
            [
                _VERSION,
                policy.digest,
                seed.hex(),
                results.inputs_of(connection, "match"),
                results.inputs_of(connection, "stack"),
                results.inputs_of(connection, "assess"),
                decisions.count(connection),
                [runs, failures, files.counts(connection)],
                settings.resources().trust_digest,
            ]
        )
        if results.inputs_of(connection, "queue") == inputs:
            return False
        progress.phase("queue", None)
        facts = stack_facts(connection, versions_in_force(settings))
    ids = {stack.sha256: key for key, stack in facts}
    places = order([stack for _, stack in facts], policy, seed)
    with store.write() as connection:
        results.replace_queue(
            connection,
            [
                QueueRow(ids[place.sha256], place.rank, place.priority, place.band, place.reasons)
                for place in places
            ],
        )
        results.note_inputs(connection, "queue", inputs)
        record = {
            "stacks": len(places),
            "policy": policy.digest,
            # Made anew as a whole: what the queue was before has no part in it.
            "after": digests.of_stage(connection, "queue"),
        }
        log.append(connection, "queue", record)
    return True
