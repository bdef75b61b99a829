"""``tamis prior`` as a user runs it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pictures import jpeg
from tamis.assess.assessment import PIXELS, Assessment, Contribution, posterior
from tamis.cli.app import app
from tamis.config import settings
from tamis.errors import TamisError
from tamis.pipeline import assessing
from tamis.pipeline.deciding import record
from tamis.store import assessments, digests, media
from tamis.store.database import open_store
from users import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACES = 60


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A case of sixty pictures."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.evidence.mkdir()
    for number in range(PLACES):
        (site.evidence / f"{number}.jpg").write_bytes(jpeg(number, size=(48, 48)))
    site.run("scan", site.evidence, "--case", site.case, "--seed", "a1")
    return site


@pytest.fixture
def own(taken_in: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A copy of the case; its pictures get ratios, the first of them those of captures.

    Pictures this small have no ratio of their own, and whatever they had would change with the fit.
    """
    mine = Site(tmp_path)
    mine.evidence, mine.environment = taken_in.evidence, taken_in.environment
    monkeypatch.setenv("TAMIS_HOME", mine.environment["TAMIS_HOME"])
    shutil.copytree(taken_in.case, mine.case)
    settings.cache_clear()

    def made(connection, versions, fit):
        return {
            media_id: Assessment((Contribution(PIXELS, "network", ratio),), ratio, conflict=False)
            for media_id, ratio in zip(ids(mine), spread(), strict=True)
        }

    monkeypatch.setattr(assessing, "_assessments", made)
    monkeypatch.setattr(assessing, "_VERSION", "of a test")
    yield mine
    settings.cache_clear()


def spread() -> list[float]:
    """Ratios between 10^0.8 and 10^-0.8."""
    return [0.8 - 1.6 * number / (PLACES - 1) for number in range(PLACES)]


def ids(site: Site) -> list[int]:
    with open_store(site.case) as store, store.read() as connection:
        return [item.id for item in media.all_media(connection)]


def ran(site: Site, *arguments: object, status: int = 0) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments)])
    code = done.exit_code if not isinstance(done.exception, Exception) else 1
    assert code == status, done.output
    return done.stdout


def asked(site: Site, *arguments: object):
    return json.loads(ran(site, "prior", site.case, *arguments, "--json"))


def rows(site: Site) -> list[dict]:
    lines = ran(site, "queue", site.case, "--format", "jsonl").splitlines()
    return [json.loads(line) for line in lines]


def judge(site: Site, sha256s: list[str], origins: list[str]) -> None:
    with open_store(site.case) as store, store.only_writer():
        for sha256, origin in zip(sha256s, origins, strict=True):
            record(store, settings(), None, sha256, None, origin, None)


def judged_from_the_top(site: Site, captures: int, others: int) -> None:
    top = [row["sha256"] for row in rows(site)][: captures + others]
    origins = ["capture" if n % 3 == 0 else "synthetic" for n in range(captures + others)]
    assert origins.count("capture") == captures
    judge(site, top, origins)


def test_at_first_the_stated_prior_is_in_force(own: Site) -> None:
    found = asked(own)
    assert found["in_force"] == {
        "use": "stated", "prior_capture": 0.5, "since": None, "by": None,
    }  # fmt: skip
    assert found["stated"] == 0.5
    assert found["prevalence"] is None
    estimated = found["estimated"]
    assert not estimated["usable"]
    assert "few_decisions" in estimated["doubts"]
    assert estimated["share"] is None
    assert 0 <= estimated["lower"] < estimated["upper"] <= 1
    assert estimated["rests_on"] == {
        "places": PLACES, "without_ratio": 0, "captures": 0, "synthetic": 0, "neither": 0,
        "drawn": 0,
    }  # fmt: skip
    assert "In force: the stated prior, 50 %." in ran(own, "prior", own.case)


def test_asking_changes_nothing(own: Site) -> None:
    asked(own)
    with open_store(own.case) as store, store.read() as connection:
        before = (
            digests.of_prior(connection),
            connection.exec_driver_sql("SELECT count(*) FROM audit").scalar(),
        )
    asked(own)
    ran(own, "prior", own.case)
    with open_store(own.case) as store, store.read() as connection:
        assert before == (
            digests.of_prior(connection),
            connection.exec_driver_sql("SELECT count(*) FROM audit").scalar(),
        )


def test_none_leaves_the_probability_empty(own: Site) -> None:
    assert rows(own)[0]["p_capture"] == pytest.approx(posterior(0.8, 0.5), abs=1e-4)
    found = asked(own, "--use", "none")
    assert found["in_force"]["use"] == "none"
    assert found["in_force"]["prior_capture"] is None
    assert found["in_force"]["since"]
    first = rows(own)[0]
    assert (first["p_capture"], first["log10_lr"]) == (None, 0.8)
    table = ran(own, "queue", own.case, "--format", "csv").splitlines()
    assert ",digitalCapture,,0.8," in table[1]
    shown = json.loads(ran(own, "show", own.case, first["sha256"], "--json"))["assessment"]
    assert (shown["prior"], shown["prior_capture"], shown["p_capture"]) == ("none", None, None)
    assert "no prior is in force" in ran(own, "show", own.case, first["sha256"])
    assert "In force: no prior" in ran(own, "prior", own.case)
    assert asked(own, "--use", "stated")["in_force"]["prior_capture"] == 0.5
    assert rows(own)[0]["p_capture"] is not None
    assert "Everything holds" in ran(own, "verify", own.case)


def test_an_estimate_in_doubt_is_refused(own: Site) -> None:
    done = CliRunner().invoke(app, ["prior", str(own.case), "--use", "estimated"])
    assert "fewer than 20 decisions" in str(done.exception)
    assert asked(own)["in_force"]["use"] == "stated"


def test_an_estimate_is_put_into_force_and_stays_until_chosen_again(
    own: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of so few pictures the interval is wide; here it is about what follows.
    monkeypatch.setattr("tamis.assess.prior.WIDEST", 0.99)
    judged_from_the_top(own, 8, 16)
    estimated = asked(own)["estimated"]
    assert estimated["usable"], estimated
    found = asked(own, "--use", "estimated")
    share = found["in_force"]["prior_capture"]
    assert share == pytest.approx(estimated["share"], abs=1e-4)
    first = rows(own)[0]
    assert first["p_capture"] == pytest.approx(posterior(first["log10_lr"], share), abs=1e-3)
    shown = ran(own, "show", own.case, first["sha256"])
    assert f"with the estimated prior of {share:.3g}" in shown
    # More decisions change the estimate, and nothing in force.
    left = [row["sha256"] for row in rows(own) if "decided" not in row["reasons"]]
    judge(own, left[:12], ["synthetic"] * 12)
    later = asked(own)
    assert later["estimated"]["share"] != estimated["share"]
    assert later["in_force"]["prior_capture"] == share
    assert "stays as it was" in ran(own, "prior", own.case)
    assert "Everything holds" in ran(own, "verify", own.case)


def test_a_reviewer_who_calls_all_synthetic_is_told_so(own: Site) -> None:
    top = [row["sha256"] for row in rows(own)][:40]
    judge(own, top, ["synthetic"] * 40)
    estimated = asked(own)["estimated"]
    assert {"one_kind"} <= set(estimated["doubts"])
    assert (estimated["share"], estimated["usable"]) == (None, False)
    assert "of one kind" in ran(own, "prior", own.case)


def test_a_random_sample_takes_over_and_gives_the_prevalence(own: Site) -> None:
    asked(own)
    drawn = json.loads(ran(own, "elusion", own.case, "--draw", 40, "--json"))["to_look_at"]
    origins = ["capture" if n % 4 == 0 else "synthetic" for n in range(40)]
    judge(own, [row["sha256"] for row in drawn[:39]], origins[:39])
    found = asked(own)
    sample, measured = found["estimated"]["sample"], found["prevalence"]
    assert measured["drawn"] == 39
    assert measured["captures_drawn"] == 10
    assert measured["method"] == "counted"
    assert measured["lower"] >= 10 / PLACES - 1e-4
    assert sample == {name: measured[name] for name in ("share", "lower", "upper")}
    assert found["estimated"]["usable"]
    assert found["estimated"]["undecided"]["by"] == "sample"
    # A place that is passed over ends the sample.
    later = json.loads(ran(own, "elusion", own.case, "--draw", 5, "--json"))["to_look_at"]
    judge(own, [later[1]["sha256"]], ["capture"])
    assert asked(own)["prevalence"]["drawn"] == 39
    # Decisions of other origins are neither, and no captures.
    judge(own, [later[0]["sha256"]], ["graphic"])
    again = asked(own)
    assert again["prevalence"]["drawn"] == 41
    assert again["estimated"]["rests_on"]["neither"] == 1
    text = ran(own, "prior", own.case)
    assert "Share of captures among all 60 places, by the random sample" in text


def test_places_before_the_tail_that_nobody_judged_may_be_anything(own: Site) -> None:
    asked(own)
    drawn = json.loads(ran(own, "elusion", own.case, "--from-rank", 21, "--draw", 39, "--json"))[
        "to_look_at"
    ]
    judge(own, [row["sha256"] for row in drawn], ["synthetic"] * 38 + ["capture"])
    found = asked(own)["prevalence"]
    assert found["not_covered"] == 20
    assert found["upper"] >= 20 / PLACES
    assert "20 places outside the tail are not judged" in ran(own, "prior", own.case)
    head = [row["sha256"] for row in rows(own) if "decided" not in row["reasons"]][:20]
    judge(own, head, ["capture"] * 20)
    found = asked(own)["prevalence"]
    assert found["not_covered"] == 0
    assert found["lower"] == pytest.approx(21 / PLACES, abs=1e-3)


def test_places_without_a_ratio_count_for_the_prevalence_only(own: Site) -> None:
    asked(own)
    with open_store(own.case) as store, store.write() as connection:
        kept = assessments.by_media(connection)
        some = dict(list(kept.items())[:10])
        assessments.replace(connection, some)
    found = asked(own)
    assert found["estimated"]["rests_on"]["places"] == 10
    assert found["estimated"]["rests_on"]["without_ratio"] == PLACES - 10
    assert "few_media" in found["estimated"]["doubts"]
    with open_store(own.case) as store, store.write() as connection:
        assessments.replace(connection, {})
    found = asked(own)
    assert found["estimated"]["doubts"] == ["no_ratios"]
    assert found["estimated"]["lower"] is None
    assert "no picture has a likelihood ratio" in ran(own, "prior", own.case)


def test_a_choice_that_was_changed_is_found(own: Site) -> None:
    asked(own, "--use", "none")
    with closing(sqlite3.connect(own.case / "case.db")) as database:
        database.execute(
            """UPDATE case_info SET value = '{"use": "stated", "share": null}'"""
            " WHERE key = 'prior'"
        )
        database.commit()
    done = CliRunner().invoke(app, ["verify", str(own.case)])
    assert done.exit_code == 1
    assert "case_info" in done.output


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "{}",
        '{"use": "guess", "share": null}',
        '{"use": "none", "share": 0.5}',
        '{"use": "estimated", "share": null}',
        '{"use": "estimated", "share": 1.0}',
        '{"use": "estimated", "share": NaN}',
        '{"use": "estimated", "share": "0.5"}',
    ],
)
def test_a_choice_that_is_none_is_refused(own: Site, value: str) -> None:
    with closing(sqlite3.connect(own.case / "case.db")) as database:
        database.execute("INSERT INTO case_info VALUES ('prior', ?)", (value,))
        database.commit()
    for command in ("prior", "queue"):
        done = CliRunner().invoke(app, [command, str(own.case)])
        assert isinstance(done.exception, TamisError)
        assert "is no choice" in str(done.exception)
    assert CliRunner().invoke(app, ["verify", str(own.case)]).exit_code == 1


def test_other_facts_of_the_case_are_still_held_against_the_scan(own: Site) -> None:
    with closing(sqlite3.connect(own.case / "case.db")) as database:
        database.execute("INSERT INTO case_info VALUES ('priors', 'x')")
        database.commit()
    done = CliRunner().invoke(app, ["verify", str(own.case)])
    assert done.exit_code == 1
    assert "case_info" in done.output


def test_wrong_use(own: Site, tmp_path: Path) -> None:
    assert "--use" in own.run("prior", own.case, "--use", "guess", status=2).stderr
    own.run("prior", tmp_path / "nothing", status=1)
    own.run("prior", status=2)


def test_a_case_that_cannot_be_written_is_read(own: Site) -> None:
    asked(own)
    for path in own.case.iterdir():
        path.chmod(0o400)
    own.case.chmod(0o500)
    try:
        found = asked(own)
        assert found["in_force"]["use"] == "stated"
    finally:
        own.case.chmod(0o700)


def test_an_empty_case(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.evidence.mkdir()
    site.run("scan", site.evidence, "--case", site.case)
    found = site.json("prior", site.case)
    assert found["estimated"]["doubts"] == ["no_ratios"]
    assert found["prevalence"] is None
    assert (
        "inutilisable"
        in site.run("--lang", "fr", "prior", site.case, "--use", "estimated", status=1).stderr
    )


def test_in_french(own: Site) -> None:
    own.run("prior", own.case, "--use", "none")
    text = own.run("--lang", "fr", "prior", own.case).stdout
    assert "En vigueur : aucune probabilité a priori" in text
    assert "Posée par ce site : 50 %." in text
