"""What pixels support: bounded, by stratum, and silent where nothing may be read from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess import pixels
from tamis.model import Observation

FIT = pixels.fitted()
CONTEXTS = {
    pixels.SMALL: "jpeg-high/4:2:0/below-512/unresampled",
    pixels.LARGE: "jpeg-high/4:2:0/below-2048/unresampled",
}


def seen(stratum: str, logit: float | None, finding: str = "") -> list[Observation]:
    found = [Observation("context.stratum", CONTEXTS[stratum])]
    if logit is not None:
        found.append(Observation("network.score", {"network": FIT.network, "logit": logit}, logit))
    if finding:
        found.append(Observation("traces.demosaicing", {"finding": finding}))
    return found


@pytest.mark.parametrize(
    ("context", "stratum"),
    [
        ("jpeg-high/4:2:0/below-256/unresampled", pixels.SMALL),
        ("lossless/4:4:4/below-512/unmeasured", pixels.SMALL),
        ("jpeg-low/grey/below-1024/resampled", pixels.LARGE),
        ("lossless/4:4:4/from-2048/unresampled", pixels.LARGE),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_strata_go_by_the_longer_side(context: str, stratum: str) -> None:
    assert pixels.stratum_of(context) == stratum


@pytest.mark.parametrize("stratum", pixels.STRATA)
@given(
    logit=st.none() | st.floats(-40, 40),
    finding=st.sampled_from(["", *pixels.FINDINGS, "not_applicable"]),
)
def test_the_ratio_stays_within_the_bounds_of_its_stratum(
    stratum: str, logit: float | None, finding: str
) -> None:
    bounds = FIT.strata[stratum].bounds
    total = sum(pixels.weigh(seen(stratum, logit, finding), FIT).values())
    assert bounds.lower - 1e-9 <= total <= bounds.upper + 1e-9


@pytest.mark.parametrize("stratum", pixels.STRATA)
def test_what_looks_synthetic_supports_synthesis(stratum: str) -> None:
    ratios = [sum(pixels.weigh(seen(stratum, logit), FIT).values()) for logit in (-9.0, 0.0, 9.0)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > 0 > ratios[2]


def test_where_nothing_may_be_read_nothing_is_weighed() -> None:
    without = [item for item in seen(pixels.LARGE, 4.0) if item.name != "context.stratum"]
    assert pixels.weigh(without, FIT) == {}
    assert pixels.weigh(seen(pixels.LARGE, None), FIT) == {}
    other = Observation("network.score", {"network": "of another version", "logit": 5.0}, 5.0)
    assert pixels.weigh([*seen(pixels.LARGE, None), other], FIT) == {}


def test_detectors_of_the_site_share_the_vote() -> None:
    own = sum(pixels.weigh(seen(pixels.LARGE, -9.0), FIT).values())
    added = Observation("detector.score", {"detector": "theirs", "log10_lr": -0.5})
    both = pixels.weigh([*seen(pixels.LARGE, -9.0), added], FIT)
    assert both["theirs"] == pytest.approx(-0.25)
    assert sum(both.values()) == pytest.approx((own - 0.5) / 2)
    shown = Observation("detector.score", {"detector": "theirs", "score": 3.0})
    assert sum(pixels.weigh([*seen(pixels.LARGE, -9.0), shown], FIT).values()) == pytest.approx(own)


def test_what_ships_is_bounded_by_what_was_measured() -> None:
    for item in FIT.facts["strata"].values():
        assert item["cllr"] < 1
        assert item["cllr_min"] <= item["cllr"]
        most = item["n_capture"] + item["n_synthetic"]
        assert -1 * most < 10 ** -item["lower"] < most
        assert 1 <= 10 ** item["upper"] < most
    assert len(FIT.facts["truth_sha256"]) == 64
