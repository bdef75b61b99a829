"""An assessment adds up, never counts one thing twice, and widens where it may not speak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess import assessment, pixels
from tamis.assess.declarations import table
from tamis.assess.verbal import Strength
from tamis.model import Observation

FIT = pixels.parsed(
    {
        "version": "1",
        "network": "7",
        "strata": {
            pixels.LARGE: {
                "terms": [
                    {"name": "network", "offset": 0.1, "slope": -0.3},
                    {"name": "demosaicing", "offset": -0.1, "slope": 0.9},
                ],
                "lower": -0.5,
                "upper": 1.2,
            }
        },
    }
)
CONTEXT = Observation("context.stratum", "jpeg-high/4:2:0/below-1024/unresampled")
ROWS = {row.name: row for row in table()}


def network(logit: float, version: str = "7") -> Observation:
    return Observation("network.score", {"network": version, "logit": logit}, logit)


def lattice(finding: str) -> Observation:
    return Observation("traces.demosaicing", {"finding": finding})


def detector(name: str, **value: object) -> Observation:
    return Observation("detector.score", {"detector": name, **value}, 1.0)


def test_scores_are_fused_and_bounded():
    assert pixels.weigh([CONTEXT, network(1.0)], FIT) == pytest.approx({"network": -0.2})
    both = pixels.weigh([CONTEXT, network(-3.0), lattice("lattice")], FIT)
    assert both == pytest.approx({"network": 1.0, "demosaicing": 0.8, "bounds": -0.6})
    assert sum(both.values()) == pytest.approx(1.2)


def test_what_is_not_applicable_or_of_another_version_says_nothing():
    assert pixels.weigh([CONTEXT, network(5.0, version="6"), lattice("not_applicable")], FIT) == {}
    assert pixels.weigh([CONTEXT], FIT) == {}


def test_a_detector_without_calibration_is_not_weighed():
    assert pixels.weigh([CONTEXT, detector("theirs", logit=4.0)], FIT) == {}


def test_detectors_of_the_same_pixels_are_averaged_not_multiplied():
    found = pixels.weigh(
        [CONTEXT, network(1.0), detector("one", log10_lr=-0.8), detector("two", log10_lr=-0.2)], FIT
    )
    assert found == pytest.approx({"network": -0.2 / 3, "one": -0.8 / 3, "two": -0.2 / 3})


@given(st.floats(-50, 50), st.sampled_from(["lattice", "none", "not_applicable"]))
def test_own_pixels_are_never_beyond_the_bounds(logit, finding):
    total = sum(pixels.weigh([CONTEXT, network(logit), lattice(finding)], FIT).values())
    assert (
        FIT.strata[pixels.LARGE].bounds.lower - 1e-9
        <= total
        <= FIT.strata[pixels.LARGE].bounds.upper + 1e-9
    )


def test_groups_multiply_and_contributions_add_up():
    found = assessment.assess([ROWS["camera"]], {"network": 0.6})
    assert [item.name for item in found.contributions] == ["camera", "network"]
    assert found.log10_lr == pytest.approx(ROWS["camera"].log10_lr + 0.6)
    assert found.pixels == pytest.approx(0.6)
    assert not found.conflict
    assert found.support.proposition == 0


def test_declarations_of_one_side_are_not_multiplied():
    rows = [ROWS["generator"], ROWS["watermark"], ROWS["iptc_synthetic"]]
    found = assessment.assess(rows, {})
    assert len(found.contributions) == 1
    assert found.log10_lr == min(row.log10_lr for row in rows)
    assert found.pixels is None


def test_nothing_known_supports_nothing():
    found = assessment.assess([], {})
    assert found.log10_lr == 0
    assert found.support.strength is Strength.NONE
    assert not found.conflict


@pytest.mark.parametrize(
    ("names", "ratio", "expected"),
    [
        (["generator"], 0.5, True),  # stamped, and looks captured
        (["camera"], -0.5, True),  # a camera's metadata on what looks synthesised
        (["camera", "generator"], 0.0, True),
        (["generator"], 0.2, False),  # too weak to be a conflict
        (["generator"], -0.5, False),
        (["hybrid"], -0.5, False),  # of neither proposition
    ],
)
def test_conflicts(names, ratio, expected):
    rows = [ROWS[name] for name in names]
    assert assessment.assess(rows, {"network": ratio}).conflict is expected


def test_posterior_is_bayes():
    assert assessment.posterior(0, 0.3) == pytest.approx(0.3)
    assert assessment.posterior(1, 0.5) == pytest.approx(10 / 11)
    assert assessment.posterior(-2, 0.5) == pytest.approx(1 / 101)
    assert assessment.posterior(-1, 1.0) == 1.0
    assert assessment.posterior(3, 0.0) == 0.0
