"""What a decision on one media says of others: of the same camera, of the same family.

Upwards a neighbour moves a stack as a reason does. Downwards it takes back some of what `conflict`
added, never more: the family is what files say of themselves, and whoever stamps a photograph with
a family that was confirmed must not bring it below where it would stand unstamped. So a stack stays
at least where its own pixels and its other reasons put it. Pure: facts in, priorities out.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tamis.triage.policy import Policy

CAMERA, FAMILY = "camera_of_capture", "family_of_synthetic"
"""Codes of the reasons."""


class Kin(NamedTuple):
    """By what a stack is a neighbour of others; empty where nothing tells.

    Args:
        camera: the one camera, with its serial number, that the stack's files name.
        family: the generator and its model that they name.
    """

    camera: str = ""
    family: str = ""


NONE = Kin()


class Confirmed(NamedTuple):
    """Cameras of which a person confirmed a capture, and families confirmed as synthetic."""

    cameras: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()


def confirmed(judged: Iterable[tuple[Kin, str]], policy: Policy) -> Confirmed:
    """Return what the judgements of people come to.

    A family counts as synthetic after several judgements (`policy.family_needs`), and no more once
    one of it was judged anything else.

    Args:
        judged: for each media that a person judged what it is kin by, and the origin.
        policy: in force.
    """
    cameras = set()
    origins: dict[str, list[str]] = defaultdict(list)
    for kin, origin in judged:
        if kin.camera and origin == "capture":
            cameras.add(kin.camera)
        if kin.family and origin:
            origins[kin.family].append(origin)
    families = {
        family
        for family, found in origins.items()
        if len(found) >= policy.family_needs and set(found) == {"synthetic"}
    }
    return Confirmed(frozenset(cameras), frozenset(families))


class Standing(NamedTuple):
    """Where a stack stands by what is known of itself alone.

    Args:
        turn: of its band, from 0.
        floor: priority with all reasons but `conflict`.
        own: priority with all reasons.
        reasons: codes, strongest first.
        kin: of others by what.
        lean: how far its pixels lean to capture, before bounds; orders what has equal priority.
    """

    turn: int
    floor: float
    own: float
    reasons: tuple[str, ...]
    kin: Kin = NONE
    lean: float = 0.0


def moved(standing: Standing, found: Confirmed, policy: Policy) -> tuple[float, str]:
    """Return the priority in the light of the neighbours, and the code of the reason if any."""
    if standing.kin.camera and standing.kin.camera in found.cameras:
        return 1.0 - (1.0 - standing.own) * (1.0 - policy.camera_of_capture), CAMERA
    if standing.kin.family and standing.kin.family in found.families:
        added = standing.own - standing.floor
        return standing.floor + policy.family_of_synthetic * added, FAMILY
    return standing.own, ""
