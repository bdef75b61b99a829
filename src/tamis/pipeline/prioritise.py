"""The last stage: from facts to the queue, as a whole or after a decision."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tamis.audit import log
from tamis.pipeline.stack_facts import stack_facts
from tamis.pipeline.take_in import versions_in_force
from tamis.store import decisions, digests, files, ranks, results
from tamis.store.ranks import Place
from tamis.store.schema import examination_run
from tamis.triage.neighbours import confirmed, moved
from tamis.triage.policy import load_policy
from tamis.triage.queue import Judge, tie_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamis.config import Settings
    from tamis.pipeline.progress import Progress
    from tamis.store.database import Store
    from tamis.triage.neighbours import Confirmed
    from tamis.triage.policy import Policy
    from tamis.triage.queue import StackFacts

_VERSION = "4"
_DECISIONS = 3
"""Where the number of decisions stands among the inputs of the stage."""


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
                decisions.count(connection),
                results.inputs_of(connection, "match"),
                results.inputs_of(connection, "stack"),
                results.inputs_of(connection, "assess"),
                [runs, failures, files.counts(connection)],
                settings.resources().trust_digest,
            ]
        )
        if results.inputs_of(connection, "queue") == inputs:
            return False
        progress.phase("queue", None)
        facts = stack_facts(connection, versions_in_force(settings))
    judge = Judge(policy)
    with store.write() as connection:
        ranks.replace(connection, [_place(key, stack, judge, seed) for key, stack in facts])
        _move(connection, policy)
        digests.note_queue(connection)
        results.note_inputs(connection, "queue", inputs)
        # Made anew as a whole: what the queue was before has no part in it.
        _tell(connection, policy, len(facts), {})
    return True


def follow(
    connection: sa.Connection, settings: Settings, seed: bytes, media_ids: list[int]
) -> bool:
    """Let the queue follow decisions on some media; say whether it could.

    Only the stacks of these media and their neighbours are looked at. Where the queue was made by
    another policy, or was not made yet, it has to be made as a whole.

    Args:
        connection: to the case, in the transaction that stored the decisions.
        settings: in force.
        seed: of the case.
        media_ids: on which it was decided.
    """
    policy = load_policy(settings.policy)
    inputs = json.loads(results.inputs_of(connection, "queue") or "null")
    if inputs is None or inputs[:3] != [_VERSION, policy.digest, seed.hex()]:
        return False
    before = digests.of_queue(connection)
    facts = stack_facts(
        connection, versions_in_force(settings), ranks.representatives(connection, media_ids)
    )
    judge = Judge(policy)
    own = [_place(key, stack, judge, seed) for key, stack in facts]
    ranks.change(connection, own)
    changed = {place.media_id for place in own} | _move(connection, policy)
    digests.note_queue(connection, sorted(changed))
    inputs[_DECISIONS] = decisions.count(connection)
    results.note_inputs(connection, "queue", json.dumps(inputs))
    _tell(connection, policy, len(changed), {"before": before})
    return True


def _place(media_id: int, stack: StackFacts, judge: Judge, seed: bytes) -> Place:
    """Return the place of a stack by what is known of itself."""
    standing = judge.standing(stack)
    band = judge.policy.bands[standing.turn]
    return Place(media_id, band, standing, standing.own, "", tie_of(stack.sha256, seed))


def _move(connection: sa.Connection, policy: Policy) -> set[int]:
    """Move the stacks whose neighbours people judged; return which moved.

    Those that were moved before and whose neighbours are no more what they were move back.
    """
    judgements: dict[int, str] = {}
    for media_id, made in decisions.all_decisions(connection):
        judgements[media_id] = made.origin or judgements.get(media_id, "")
    kin = ranks.kin_of(connection, judgements)
    found = confirmed(
        ((kin[key], origin) for key, origin in judgements.items() if key in kin), policy
    )
    places = ranks.neighbours(connection, found.cameras, found.families)
    changed = [after for before in places if (after := _moved(before, found, policy)) != before]
    ranks.change(connection, changed)
    return {place.media_id for place in changed}


def _moved(place: Place, found: Confirmed, policy: Policy) -> Place:
    priority, code = moved(place.standing, found, policy)
    return replace(place, priority=priority, neighbours=code)


def _tell(
    connection: sa.Connection, policy: Policy, stacks: int, before: Mapping[str, object]
) -> None:
    """Tell the audit log how many stacks found their place, and what the queue is now."""
    after = digests.of_queue(connection)
    record = {"stacks": stacks, "policy": policy.digest, **before, "after": after}
    log.append(connection, "queue", record)
