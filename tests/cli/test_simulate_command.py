"""``tamis simulate`` as a user runs it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pictures import camera_jpeg, jpeg, stamped_png
from tamis.cli.app import app
from tamis.config import settings
from tamis.pipeline.deciding import record
from tamis.pipeline.scan import Scan
from tamis.store.database import open_store
from users import Site

if TYPE_CHECKING:
    from pathlib import Path

CAMERAS, PLAIN, STAMPED = 3, 5, 4
FILES = ("budget.png", "budget.svg", "curves.csv", "simulation.json")


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Three photographs of a camera, five plain pictures, four stamped ones; one of them twice."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.evidence.mkdir()
    files = {f"camera {seed}.jpg": camera_jpeg(seed) for seed in range(CAMERAS)}
    files |= {f"plain {seed}.jpg": jpeg(10 + seed) for seed in range(PLAIN)}
    files |= {f"stamped {seed}.png": stamped_png(20 + seed) for seed in range(STAMPED)}
    files["again.jpg"] = jpeg(10, quality=50)
    files["notes.txt"] = b"nothing"
    for number, (name, data) in enumerate(files.items()):
        (site.evidence / name).write_bytes(data)
        os.utime(site.evidence / name, (number, number))
    site.run("scan", site.evidence, "--case", site.case, "--seed", "5eed")
    return site


@pytest.fixture
def own(taken_in: Site, monkeypatch: pytest.MonkeyPatch):
    """The same site, in this process."""
    monkeypatch.setenv("TAMIS_HOME", taken_in.environment["TAMIS_HOME"])
    settings.cache_clear()
    yield taken_in
    settings.cache_clear()


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return told(tmp_path, usual())


def usual() -> dict[str, str]:
    rows = {f"camera {seed}.jpg": "capture" for seed in range(CAMERAS)}
    rows |= {f"plain {seed}.jpg": "synthetic" for seed in range(PLAIN)}
    return rows | {f"stamped {seed}.png": "synthetic" for seed in range(STAMPED)}


def told(folder: Path, rows: dict[str, str]) -> Path:
    path = folder / "truth.csv"
    lines = [f"{name},{origin},{name[:5]} {name[-5]}" for name, origin in rows.items()]
    path.write_text("\n".join(["path,origin,group", *lines]) + "\n")
    return path


def simulated(site: Site, truth: Path, *arguments: object, status: int = 0):
    command = ["simulate", str(site.case), "--truth", str(truth), "--resamples", "40"]
    done = CliRunner().invoke(app, [*command, *map(str, arguments)])
    assert done.exit_code == status, done.output
    return done


def test_the_figures_of_a_small_case(own: Site, truth: Path) -> None:
    found = json.loads(simulated(own, truth, "--json").stdout)
    assert found["counts"] == {
        "stacks": 12,
        "stacks_with_real": 3,
        "media": {"capture": 3, "synthetic": 9, "hybrid": 0, "graphic": 0},
        "real": 3,
        "real_behind_another": 0,
        "without_truth": {"stacks": 0, "media": 1},
        "not_queued": 0,
        "not_in_case": 0,
        "lines_not_in_case": [],
    }
    assert found["intervals"] == {
        "level": 0.95, "resamples": 40, "by": "group", "real": 3, "others": 9,
    }  # fmt: skip
    orders = found["orders"]
    assert list(orders) == [
        "queue", "declared", "network", "size", "path", "date", "random", "best",
    ]  # fmt: skip
    # Camera metadata raises, so these three come first; they are the oldest files as well.
    for name in ("declared", "date", "best"):
        assert orders[name]["area"][0] == pytest.approx(1 - 3 / 24)
        assert [figure[0] for figure in orders[name]["to_view"]] == [0.25, 0.25]
    assert [figure[0] for figure in orders["queue"]["found"]] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert orders["random"]["area"][0] == pytest.approx(0.5)
    assert 0 < orders["network"]["area"][0] < 1
    assert len(found["last"]) == 3
    last = found["last"][-1]
    assert (last["viewed"], last["reasons"][0]) == (0.25, "camera")
    assert last["group"] == f"camer {last['path'][-5]}"
    assert {row["group"]: row["real"] for row in found["groups"]} == {
        f"camer {number}": 1 for number in range(3)
    }
    assert "viewed" not in found


def test_by_sha256_and_not_all(own: Site, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    one, other = (
        hashlib.sha256((own.evidence / name).read_bytes()).hexdigest()
        for name in ("again.jpg", "plain 1.jpg")
    )
    none = hashlib.sha256((own.evidence / "notes.txt").read_bytes()).hexdigest()
    path.write_text(
        f"sha256,path,origin\n{one},whatever,hybrid\n{other},,synthetic\n,nowhere.jpg,capture\n"
        f"{'0' * 64},,capture\n{none},,graphic\n"
    )
    done = simulated(own, path, "--json")
    counts = json.loads(done.stdout)["counts"]
    assert counts["stacks"] == 2
    assert counts["real"] == 1
    assert counts["real_behind_another"] == 1  # `plain 0.jpg` stands for it, and nobody knows it
    assert counts["without_truth"] == {"stacks": 10, "media": 11}
    assert counts["lines_not_in_case"] == [4, 5]
    assert counts["not_queued"] == 1  # a text
    text = simulated(own, path).stdout
    assert "1 real pictures lie behind a representative" in text
    assert "Left out: 11 media without truth; 10 stacks hold nothing else." in text
    assert "2 rows of the truth name nothing in this case, the first in line 4." in text
    assert "1 media of the truth are in the case but not in its queue." in text
    assert "intervals that are too narrow" in text


def test_decisions_have_no_part_in_it(own: Site, tmp_path: Path, truth: Path) -> None:
    mine = Site(tmp_path)
    shutil.copytree(own.case, mine.case)
    before = simulated(mine, truth).stdout
    first = queue(mine)[0]
    with open_store(mine.case) as store, store.only_writer():
        record(store, settings(), None, first, "1", "synthetic", None)
    assert simulated(mine, truth).stdout == before
    assert queue(mine)[0] != first


def queue(site: Site) -> list[str]:
    """The representatives in their order."""
    lines = CliRunner().invoke(app, ["queue", str(site.case), "--format", "jsonl"]).stdout
    return [json.loads(line)["sha256"] for line in lines.splitlines()]


def test_what_is_written(own: Site, truth: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "out" / name for name in "ab"]
    for folder in folders:
        done = simulated(own, truth, "-o", folder)
        assert f"Written to {folder}" in done.stderr
        assert {path.name for path in folder.iterdir()} == set(FILES)
    for name in FILES:
        one, other = ((folder / name).read_bytes() for folder in folders)
        assert one == other, name
    with (folders[0] / "curves.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 101
    assert {name: float(rows[25][name]) for name in ("viewed", "best", "random")} == {
        "viewed": 0.25, "best": 1, "random": 0.25,
    }  # fmt: skip
    assert float(rows[30]["queue_low"]) <= float(rows[30]["queue"]) <= 1
    picture = (folders[0] / "budget.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert b"Software" not in picture
    drawing = (folders[0] / "budget.svg").read_text()
    assert "<svg" in drawing
    assert "<dc:date>" not in drawing
    refused = simulated(own, truth, "-o", folders[0], status=1)
    assert "it is there already" in str(refused.exception)


def test_in_french(taken_in: Site, truth: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    done = taken_in.run(
        "--lang", "fr", "simulate", taken_in.case, "--truth", truth, "--output", output
    )
    for words in ("file de Tamis", "au hasard", "3 images réelles dans 3 piles sur 12", "trouvé à"):
        assert words in done.stdout, words


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict.fromkeys(usual(), "capture"), "all it names in this queue is real"),
        (dict.fromkeys(usual(), "graphic"), "nothing it names in this queue is real"),
        ({"elsewhere.jpg": "capture"}, "it names no picture of the queue"),
        ({"camera 0.jpg": "photo"}, "line 2: the origin 'photo' is unknown"),
    ],
)
def test_truth_that_does_not_do(own: Site, tmp_path: Path, change, message: str) -> None:
    done = simulated(own, told(tmp_path, change), status=1)
    assert message in str(done.exception)
    assert str(tmp_path / "truth.csv") in str(done.exception)


def test_rows_about_one_media_may_not_contradict(own: Site, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    digest = hashlib.sha256((own.evidence / "plain 1.jpg").read_bytes()).hexdigest()
    path.write_text(f"sha256,path,origin\n{digest},,capture\n,plain 1.jpg,synthetic\n")
    done = simulated(own, path, status=1)
    assert "line 3: says synthetic of a picture of which line 2 says capture" in str(done.exception)


def test_a_path_that_names_two_media(tmp_path: Path) -> None:
    mine = Site(tmp_path)
    for number, name in enumerate("ab"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jpg").write_bytes(jpeg(number, size=(96, 64)))
    with open_store(mine.case, create=True, seed=b"seed") as store:
        Scan(store, settings(), engine="inline").run([tmp_path / "a", tmp_path / "b"])
    done = simulated(mine, told(tmp_path, {"x.jpg": "capture"}), status=1)
    assert "line 2: several contents have this path" in str(done.exception)


def test_the_case_stays_as_it_is(own: Site, truth: Path) -> None:
    def head():
        return json.loads(CliRunner().invoke(app, ["verify", str(own.case), "--json"]).stdout)

    before = head()
    simulated(own, truth)
    assert head() == before
    assert before["holds"]
