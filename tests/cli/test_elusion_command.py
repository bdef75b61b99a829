"""``tamis elusion`` as a user runs it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pictures import jpeg
from tamis.cli.app import app
from tamis.config import settings
from tamis.pipeline.deciding import record
from tamis.store.database import open_store
from tamis.triage.elusion import draw_order, most_real, most_real_stated, seed_of_test
from users import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACES = 12
SEED = "e1"


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A case of twelve stacks; the first has two members."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.evidence.mkdir()
    for number in range(PLACES):
        (site.evidence / f"{number}.jpg").write_bytes(jpeg(number, size=(96, 64)))
    (site.evidence / "again.jpg").write_bytes(jpeg(0, quality=50, size=(96, 64)))
    site.run("scan", site.evidence, "--case", site.case, "--seed", SEED)
    return site


@pytest.fixture
def own(taken_in: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A copy of the case, at the same site, to be worked on."""
    mine = Site(tmp_path)
    mine.evidence, mine.environment = taken_in.evidence, taken_in.environment
    monkeypatch.setenv("TAMIS_HOME", mine.environment["TAMIS_HOME"])
    shutil.copytree(taken_in.case, mine.case)
    settings.cache_clear()
    yield mine
    settings.cache_clear()


def told(site: Site, *arguments: object) -> str:
    """What the command prints of the sample there is, in this process: most tests ask often."""
    done = CliRunner().invoke(app, ["elusion", str(site.case), *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def asked(site: Site, *arguments: object):
    return json.loads(told(site, *arguments, "--json"))


def judge(
    site: Site,
    rows: list[dict],
    origin: str | None = "synthetic",
    category: str | None = None,
) -> None:
    """As `tamis decide` does, without a process for each."""
    with open_store(site.case) as store, store.only_writer():
        for row in rows:
            record(store, settings(), None, row["sha256"], category, origin, None)


def test_without_a_sample_it_only_plans(own: Site) -> None:
    before = own.json("verify", own.case)["head"]
    found = asked(own, "--fewer-than", 3)
    assert (found["test"], found["sample"], found["bound"]) == (None, None, None)
    assert found["tail"] == {"places": 12, "judged": 0, "real": 0, "unjudged": 12}
    (plan,) = found["plan"]
    assert most_real(12, plan["more"], 0) == 2 < most_real(12, plan["more"] - 1, 0)
    assert own.json("verify", own.case)["head"] == before
    assert "No sample is drawn" in told(own)


def test_a_sample_is_drawn_enlarged_and_judged(own: Site) -> None:
    drawn = own.json("elusion", own.case, "--draw", 4, "--fewer-than", 3)
    queue = {row["sha256"]: int(row["rank"]) for row in own.queue()}
    first = drawn["to_look_at"]
    assert {row["sha256"]: row["rank"] for row in first}.items() <= queue.items()
    assert all(row["path"].endswith(".jpg") and row["lacks"] == "decision" for row in first)
    seed = seed_of_test(bytes.fromhex(SEED), 1)
    assert drawn["test"]["seed"] == seed.hex()
    tail = [bytes.fromhex(sha256) for sha256 in queue]
    order = [tail[index].hex() for index in draw_order(seed, tail)]
    assert [row["sha256"] for row in first] == order[:4]
    # Nothing was judged: nothing is said.
    assert drawn["bound"] == {"remaining": 12, "says_something": False, "broken": False}
    assert "nothing can be said" in told(own)
    judge(own, first)
    whole = asked(own)
    assert whole["bound"]["remaining"] == most_real(12, 4, 0)
    assert whole["stated_bound"] == most_real_stated(12, 4, 0)
    more = own.json("elusion", own.case, "--draw", 3)
    assert [row["sha256"] for row in more["to_look_at"]] == order[4:7]
    judge(own, more["to_look_at"][:1], "hybrid")
    judge(own, more["to_look_at"][1:])
    found = own.json("elusion", own.case, "--confidence", 0.9)
    assert found["sample"] == {
        "drawn": 7, "judged": 7, "real": 1, "revised": 0, "counted": 7, "passed_over": 0,
    }  # fmt: skip
    assert found["bound"]["remaining"] == most_real(12, 7, 1, 0.9) - 1
    assert found["stated_bound"] is None  # the size was not settled beforehand
    assert found["tail"] == {"places": 12, "judged": 7, "real": 1, "unjudged": 5}
    text = own.run("elusion", own.case, "--confidence", 0.9).stdout
    assert f"With 90 % confidence at most {found['bound']['remaining']} real pictures" in text
    assert own.json("verify", own.case)["holds"]
    own.run("elusion", own.case, "--draw", 99)
    assert "nothing is left" in own.run("elusion", own.case, "--draw", 1, status=1).stderr
    judge(own, asked(own)["to_look_at"])
    assert "none remains" in told(own)
    assert asked(own)["plan"] == [{"fewer_than": 1, "more": 0, "if_found": []}]


def test_what_was_ever_judged_real_counts_as_real(own: Site) -> None:
    (row,) = own.json("elusion", own.case, "--draw", 1)["to_look_at"]
    judge(own, [row], "capture")
    judge(own, [row], "synthetic")
    found = asked(own)
    assert (found["sample"]["real"], found["sample"]["revised"]) == (1, 1)
    assert "judged real once" in told(own)


def test_a_decision_without_an_origin_is_no_label(own: Site) -> None:
    first, second = own.json("elusion", own.case, "--draw", 2)["to_look_at"]
    own.run("decide", own.case, first["sha256"], "--category", "2")
    found = asked(own)
    assert found["sample"]["judged"] == 0
    assert [row["lacks"] for row in found["to_look_at"]] == ["origin", "decision"]
    judge(own, [second])
    found = asked(own)
    assert (found["sample"]["judged"], found["sample"]["passed_over"]) == (1, 1)
    text = told(own)
    assert "--origin" in text
    assert "passed over" in text
    assert "Too few of the sample" in text


def test_only_some_categories_count(own: Site) -> None:
    drawn = own.json("elusion", own.case, "--draw", 3, "--category", "1", "--category", "2")
    one, two, three = drawn["to_look_at"]
    judge(own, [one], "capture", "1")
    judge(own, [two], "capture", "9")
    judge(own, [three], "capture")
    found = asked(own)
    assert found["test"]["categories"] == ["1", "2"]
    assert (found["sample"]["judged"], found["sample"]["real"]) == (2, 1)
    assert [row["lacks"] for row in found["to_look_at"]] == ["category"]
    assert "categories only: 1, 2" in told(own)
    own.run("elusion", own.case, "--category", "1", status=2)
    own.run("elusion", own.case, "--category", "2", "--category", "1")


def test_finds_outside_the_sample_no_longer_remain(own: Site) -> None:
    drawn = own.json("elusion", own.case, "--draw", 6)
    judge(own, drawn["to_look_at"])
    alone = asked(own)["bound"]["remaining"]
    sampled = {row["sha256"] for row in drawn["to_look_at"]}
    others = [row for row in own.queue() if row["sha256"] not in sampled]
    judge(own, others[:1], "capture")
    assert asked(own)["bound"]["remaining"] == alone - 1
    assert "outside the sample: 1" in told(own)
    judge(own, others[1:], "capture")
    found = asked(own)
    assert found["bound"]["remaining"] == 0
    assert found["bound"]["broken"]
    assert "allowed for" in told(own)


def test_the_tail_begins_where_one_intends_to_stop(own: Site) -> None:
    judge(own, [row for row in own.queue() if row["rank"] == "1"])
    found = own.json("elusion", own.case, "--draw", 20, "--from-rank", 5)
    # The decided one went to the end: eleven are open, four of them before the tail.
    assert (found["tail"]["places"], found["sample"]["drawn"]) == (7, 7)
    assert all(row["rank"] >= 5 for row in found["to_look_at"])
    assert found["not_covered"]["before"] == {"places": 4, "undecided": 4}
    assert found["not_covered"]["bands"] == {"decided": 1}
    judge(own, [row for row in own.queue() if row["rank"] == "1"])
    assert asked(own)["not_covered"]["before"]["undecided"] == 3
    own.run("elusion", own.case, "--from-rank", 2, status=2)
    own.run("elusion", own.case, "--draw", 1, "--from-rank", 99, "--new", status=1)
    assert asked(own)["test"]["number"] == 1


def test_known_media_are_counted_apart(own: Site) -> None:
    known = hashlib.md5((own.evidence / "5.jpg").read_bytes()).hexdigest()
    listing = own.folder / "list.csv"
    listing.write_text(f"md5\n{known}\n")
    own.run("lists", "import", "harmless", listing, "--kind", "benign", "--case", own.case)
    found = asked(own)
    assert found["tail"]["places"] == 11
    assert found["not_covered"]["bands"] == {"benign": 1}


def test_what_comes_later_needs_a_new_test(own: Site, tmp_path: Path) -> None:
    drawn = own.json("elusion", own.case, "--draw", 2)
    later = tmp_path / "later"
    later.mkdir()
    (later / "later.jpg").write_bytes(jpeg(77, size=(96, 64)))
    own.run("scan", later, "--case", own.case)
    found = asked(own)
    assert (found["tail"], found["to_look_at"]) == (drawn["tail"], drawn["to_look_at"])
    (since,) = found["not_covered"]["since"]
    assert since["path"] == "later.jpg"
    assert since["sha256"] in told(own)
    new = own.json("elusion", own.case, "--draw", 13, "--new")
    assert (new["test"]["number"], new["tail"]["places"]) == (2, 13)
    assert new["not_covered"]["since"] == []
    assert since["sha256"] in {row["sha256"] for row in new["to_look_at"]}
    # Another test, another order.
    assert new["to_look_at"][:2] != drawn["to_look_at"]
    assert "2 tests were begun" in told(own)
    assert own.json("verify", own.case)["holds"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--confidence", "0.5"), ("--confidence", "1"), ("--confidence", "nan"),
        ("--fewer-than", "0"), ("--draw", "0"), ("--from-rank", "0"), ("--new",),
    ],
)  # fmt: skip
def test_wrong_usage(taken_in: Site, arguments: tuple[str, ...]) -> None:
    taken_in.run("elusion", taken_in.case, *arguments, status=2)


def test_no_queue_and_nothing_left(own: Site, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("nothing")
    own.run("scan", texts, "--case", tmp_path / "empty")
    for more in ((), ("--draw", 1)):
        done = own.run("elusion", tmp_path / "empty", *more, status=1)
        assert "The queue is empty" in done.stderr
        done = own.run("elusion", own.case, "--from-rank", 99, *more, status=1)
        assert "no place without a decision is left from rank 99 on" in done.stderr
    assert own.json("verify", own.case)["holds"]


def test_a_changed_sample_is_found(own: Site) -> None:
    own.run("elusion", own.case, "--draw", 3)
    with closing(sqlite3.connect(own.case / "case.db")) as connection, connection:
        connection.execute("UPDATE elusion_test SET drawn = 2")
    done = own.run("verify", own.case, status=1)
    assert "the table elusion_test is not as audit record" in done.stdout
    own.run("elusion", own.case, "--draw", 1)
    assert "was changed between" in own.run("verify", own.case, status=1).stdout


def test_in_french(own: Site) -> None:
    drawn = own.json("elusion", own.case, "--draw", 6)
    judge(own, drawn["to_look_at"])
    text = own.run("--lang", "fr", "elusion", own.case).stdout
    assert "Avec 95 % de confiance, il reste au plus" in text
    assert "Pour être sûr à 95 %" in text
