"""Everything known of one media, as `tamis show` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tamis.assess.assessment import Assessment, posterior
from tamis.assess.declarations import PROPOSITIONS, weigh
from tamis.examinations.provenance.claims import OBSERVATIONS, aged, claims
from tamis.examinations.provenance.declared import declared
from tamis.model import printable_path
from tamis.pipeline import declared_links
from tamis.pipeline.prior_choice import in_force
from tamis.pipeline.take_in import versions_in_force
from tamis.store import assessments, decisions, files, media, observations, results
from tamis.store.naming import find

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tamis.config import Settings
    from tamis.model import Observation
    from tamis.pipeline.prior_choice import InForce
    from tamis.store.media import StoredMedia


def view(connection: sa.Connection, text: str, settings: Settings) -> dict[str, Any]:
    """Return what is known of the media that `text` names; JSON-compatible.

    Observations of all versions are listed; what is declared, assessed and linked follows from
    those in force.

    Raises:
        MediaNotFoundError: no media, or more than one, answers to `text`.
    """
    found = find(connection, text)
    observed = observations.of_media(connection, found.id)
    versions = versions_in_force(settings)
    saying = observations.named(connection, OBSERVATIONS, versions, [found.id], aged)
    said = saying.get(found.id, [])
    return {
        "media": {
            "sha256": found.sha256.hex(),
            "kind": found.kind.value,
            "format": found.format,
            "mime": found.mime,
            "size": found.size,
            "width": found.width,
            "height": found.height,
        },
        "files": _files(connection, found.id),
        "fingerprints": _fingerprints(connection, found),
        "known": _known(connection, found.id),
        "declared": list(declared(said)),
        "observations": [
            {
                "examination": examination,
                "version": version,
                "name": observation.name,
                "value": observation.value,
                "score": observation.score,
                "in_force": version == versions.get(examination),
            }
            for examination, version, observation in observed
        ],
        "assessment": _assessment(
            said,
            assessments.by_media(connection, [found.id]).get(found.id),
            in_force(connection, settings),
        ),
        "links": _links(connection, found, settings),
        "decisions": [
            {
                "category": made.category,
                "origin": made.origin,
                "note": made.note,
                "actor": made.actor,
                "at": made.at,
            }
            for made in decisions.of_media(connection, found.id)
        ],
    }


def _files(connection: sa.Connection, media_id: int) -> list[dict[str, Any]]:
    return [
        {
            "source": printable_path(file.location),
            "path": str(file.locator),
            "state": file.state.value,
            "reason": file.reason,
        }
        for file in files.listing(connection, media_id)
    ] + [
        {
            "source": printable_path(file.location),
            "path": str(file.locator),
            "state": file.state.value,
            "reason": "past: the file has other content now",
        }
        for file in files.past_listing(connection, media_id)
    ]


def _fingerprints(connection: sa.Connection, found: StoredMedia) -> dict[str, Any]:
    made: dict[str, Any] = {
        "md5": found.md5.hex(),
        "sha1": found.sha1.hex(),
        "sha256": found.sha256.hex(),
    }
    for kind, variants, quality in media.fingerprints_of(connection, found.id):
        size = len(variants) // 8
        made[kind] = variants[:size].hex()
        made[f"{kind}_quality"] = quality
        made[f"{kind}_orientations"] = [
            variants[start : start + size].hex() for start in range(0, len(variants), size)
        ]
    return made


def _known(connection: sa.Connection, media_id: int) -> list[dict[str, Any]]:
    return [
        {
            "list": match.list_name,
            "kind": match.list_kind.value,
            "scope": match.scope,
            "algorithm": match.algorithm,
            "distance": match.distance,
            "orientation": match.orientation,
            "entry": match.entry,
            "category": match.category,
        }
        for match in results.matches(connection, [media_id])
    ]


def _assessment(said: list[Observation], made: Assessment | None, prior: InForce) -> dict[str, Any]:
    """What the evidence supports, what each piece adds, and the table behind the declarations."""
    found = made or Assessment((), None, conflict=False)
    supported = found.support
    return {
        "propositions": list(PROPOSITIONS),
        "log10_lr": round(found.log10_lr, 3),
        "strength": supported.strength.value,
        "supports": None if supported.proposition is None else PROPOSITIONS[supported.proposition],
        "prior": prior.use.value,
        "prior_capture": prior.share,
        "p_capture": (
            None if prior.share is None else round(posterior(found.log10_lr, prior.share), 4)
        ),
        "conflict": found.conflict,
        "contributions": [
            {"group": part.group, "name": part.name, "log10_lr": round(part.log10_lr, 3)}
            for part in found.contributions
        ],
        "declarations": [
            {
                "declaration": row.name,
                "claims": row.claims,
                "log10_lr": round(row.log10_lr, 3),
                "measured_log10_lr": None if row.measured is None else round(row.measured, 3),
                "real": row.real,
                "generated": row.generated,
                "cap": row.cap,
                "lowers": row.lowers,
                "rests_on": row.rests_on,
                "reason": row.reason,
            }
            for row in weigh(claims(said))
        ],
    }


def _links(
    connection: sa.Connection, found: StoredMedia, settings: Settings
) -> list[dict[str, Any]]:
    declared = declared_links.links(connection, found.id, settings)
    ids = [link["media_id"] for link in declared]
    digests, paths = media.digests_of(connection, ids), files.paths_of(connection, ids)
    return _near(connection, found) + [
        {
            "sha256": digests[link["media_id"]].hex(),
            "type": link["type"],
            "score": link["score"],
            "evidence": link["evidence"],
            "path": paths.get(link["media_id"], ""),
        }
        for link in declared
    ]


def _near(connection: sa.Connection, found: StoredMedia) -> list[dict[str, Any]]:
    stack = results.stack_of(connection, found.id)
    own = next((distance for sha256, distance, _ in stack if sha256 == found.sha256), 0)
    head = next((sha256 for sha256, _, is_head in stack if is_head), found.sha256)
    # In a stack every media is linked with its representative, and the representative with all.
    others = [item for item in stack if item[0] != found.sha256]
    if head != found.sha256:
        others = [(head, own, True)]
    return [
        {
            "sha256": sha256.hex(),
            "type": "near_duplicate",
            "score": distance,
            "evidence": {"fingerprint": "pdq", "differing_bits": distance},
        }
        for sha256, distance, _ in others
    ]
