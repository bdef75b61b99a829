"""``tamis validate`` and ``tamis calibrate`` as a laboratory runs them."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pictures import camera_jpeg, jpeg, noise, stamped_png
from tamis.assess.calibration import Bounds, Quality
from tamis.assess.fusion import Fusion
from tamis.assess.pixels import SMALL, STRATA
from tamis.assess.refit import NAMES, Refitted
from tamis.cli import calibrate
from tamis.cli.app import app
from tamis.config import fit_file
from tamis.detectors import builtin
from tamis.errors import CalibrationError
from tamis.pipeline.fit_in_force import in_force
from tamis.pipeline.refitting import Made
from users import Site

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NUMBER = 112
GROUPS = 7
REPORT = ("report.html", "report.json", "report.pdf", "signature.json")


def write_truth(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["path", "sha256", "origin", "group", "condition"])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A case of pictures, and a truth file in which the network is mostly right about them."""
    site = Site(tmp_path_factory.mktemp("laboratory"))
    site.evidence.mkdir()
    for seed in range(NUMBER):
        picture = jpeg(seed, quality=70 + seed % 30, size=(330 + seed, 330))
        (site.evidence / f"{seed}.jpg").write_bytes(picture)
    (site.evidence / "broken.jpg").write_bytes(jpeg(900)[:30] + bytes(300))
    (site.evidence / "text.txt").write_text("nothing")
    site.run("scan", site.evidence, "--case", site.case)
    write_truth(site.folder / "truth.csv", labelled(site))
    return site


def labelled(site: Site) -> list[dict[str, str]]:
    """Label the half with the lower logits captures, and some on both sides the wrong way."""
    with closing(sqlite3.connect(site.case / "case.db")) as connection:
        found = connection.execute(
            "SELECT hex(sha256), score FROM observation JOIN media ON media.id = media_id "
            "WHERE name = 'network.score' ORDER BY score, sha256"
        ).fetchall()
    assert len(found) == NUMBER
    return [
        {
            "sha256": sha256.lower(),
            "origin": "capture"
            if (place < NUMBER / 2) != (min(place, NUMBER - 1 - place) % 13 == 0)
            else "synthetic",
            "group": f"source {place % GROUPS}",
            "condition": ("as found", "messenger")[place % 2],
        }
        for place, (sha256, _) in enumerate(found)
    ]


@pytest.fixture
def lab(laboratory: Site, tmp_path: Path) -> Site:
    """The same case, at a site of one's own."""
    mine = Site(tmp_path)
    mine.evidence = laboratory.evidence
    shutil.copytree(laboratory.case, mine.case)
    shutil.copytree(laboratory.folder / "home", tmp_path / "home")
    shutil.copy(laboratory.folder / "truth.csv", tmp_path)
    return mine


def rows_of(site: Site) -> list[dict[str, str]]:
    with (site.folder / "truth.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def validated(site: Site, name: str, *arguments: object) -> dict:
    where = ("--case", site.case, "-o", site.folder / name)
    return site.json(*arguments, "validate", site.folder / "truth.csv", *where)


def test_a_report_is_written_and_signed_in_both_languages(lab: Site) -> None:
    found = validated(lab, "one")
    assert sorted(path.name for path in (lab.folder / "one").iterdir()) == sorted(REPORT)
    assert json.loads((lab.folder / "one" / "report.json").read_text()) == found
    system = found["systems"]["pixels"]
    assert (system["captures"], system["synthetic"]) == (56, 56)
    for figure in ("cllr", "cllr_min", "calibration_loss", "auc", "recall_at_5"):
        shown = system["figures"][figure]
        assert shown["low"] <= shown["value"] <= shown["high"]
    assert system["figures"]["recall_at_1"]["absent"] == "too_few_synthetic"
    assert system["intervals_by"]["capture"] == {"unit": "group", "groups": GROUPS}
    assert len(system["groups"]) == 2 * GROUPS
    assert {row["value"] for row in system["conditions"] if row["dimension"] == "condition"} == {
        "as found", "messenger",
    }  # fmt: skip
    truth = (lab.folder / "truth.csv").read_bytes()
    assert found["truth"]["sha256"] == hashlib.sha256(truth).hexdigest()
    assert found["command"].startswith("tamis validate ")
    assert found["versions"]["fit"]["of_this_site"] is False
    validated(lab, "two", "--lang", "fr")
    one, two = (lab.folder / name / "report.json" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    check_pages(*((lab.folder / name / "report.html").read_text() for name in ("one", "two")))
    check_signature(lab, lab.folder / "one")
    again = ("--case", lab.case, "-o", lab.folder / "one")
    done = lab.run("validate", lab.folder / "truth.csv", *again, status=2)
    assert "report.json: is there already" in done.stderr


def check_signature(lab: Site, folder: Path) -> None:
    told = lab.run("validate", "--verify", folder).stdout
    assert all(f"{name}: is what was signed" in told for name in REPORT[:3])
    stranger = Site(lab.folder / "stranger")
    stranger.folder.mkdir()
    assert "no key" in stranger.run("validate", "--verify", folder).stderr
    assert not stranger.json("validate", "--verify", folder)["key_known"]
    page = folder / "report.html"
    page.write_text(page.read_text().replace("captures", "Captures", 1))
    done = lab.run("validate", "--verify", folder, status=1)
    assert "Does not hold: report.html: is not what was signed" in done.stdout


def check_pages(one: str, two: str) -> None:
    assert '<html lang="en">' in one
    assert "does not say that the picture is 100 times more probably" in one
    assert '<html lang="fr">' in two
    assert "ne dit pas que l&#x27;image est 100 fois plus probablement" in two
    assert "tamis --lang fr validate" in two
    for page in (one, two):
        assert "<script" not in page
        assert not re.search(r'(src|href)="(?!data:image/png)', page)
        assert page.count("<img ") == 8


def test_files_are_scanned_where_no_case_is_given(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (tmp_path / "pictures").mkdir()
    contents = {
        "a.jpg": camera_jpeg(1), "b.png": stamped_png(2), "=c.jpg": jpeg(3),
        "broken.jpg": jpeg(4)[:30] + bytes(300), "no picture.bin": noise(1, 500),
        "unnamed.jpg": jpeg(6),
    }  # fmt: skip
    for name, data in contents.items():
        (tmp_path / "pictures" / name).write_bytes(data)
    origins = {
        "a.jpg": "capture", "b.png": "synthetic", "=c.jpg": "hybrid", "broken.jpg": "capture",
        "no picture.bin": "graphic", "gone.jpg": "capture",
    }  # fmt: skip
    rows = [{"path": f"pictures/{name}", "origin": origin} for name, origin in origins.items()]
    rows.append({"path": "./pictures/a.jpg", "origin": "capture"})
    rows.append({"path": "pictures/b.png", "sha256": "0" * 64, "origin": "synthetic"})
    truth = write_truth(tmp_path / "truth.csv", rows)
    found = site.json("validate", truth, "-o", tmp_path / "out")
    files = found["files"]
    assert files["used"] == 3
    assert files["origins"] == {"capture": 1, "synthetic": 1, "hybrid": 1}
    assert [row["name"] for row in files["not_found"]] == ["pictures/gone.jpg"]
    assert [row["name"] for row in files["other_content"]] == ["pictures/b.png"]
    assert {row["name"] for row in files["unreadable"]} == {
        "pictures/broken.jpg", "pictures/no picture.bin",
    }  # fmt: skip
    assert files["repeated"] == [8]
    for system in found["systems"].values():
        assert system["figures"]["cllr"] == {"value": None, "absent": "too_few"}
    assert found["apart"]["hybrid"]["assessment"]["pictures"] == 1
    assert "unnamed" not in json.dumps(found)
    assert str(tmp_path) not in json.dumps(found).replace(json.dumps(str(truth))[1:-1], "")
    told = site.run("validate", truth, "-o", tmp_path / "again").stderr
    assert "line 7: not found" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"origin": "real"}, "line 2: the origin 'real' is unknown"),
        ({"sha256": "xyz"}, "line 2: a SHA-256 has 64"),
    ],
)
def test_a_wrong_line_ends_it_with_its_number(lab: Site, change: dict, message: str) -> None:
    rows = rows_of(lab)
    write_truth(lab.folder / "truth.csv", [rows[0] | change, *rows[1:]])
    for command in (("validate", "-o", lab.folder / "out"), ("calibrate",)):
        done = lab.run(*command, lab.folder / "truth.csv", "--case", lab.case, status=1)
        assert message in done.stderr
    assert not (lab.folder / "out").exists()


def test_two_paths_of_one_content_with_two_origins_contradict(lab: Site) -> None:
    (lab.folder / "copies").mkdir()
    shutil.copy(lab.evidence / "0.jpg", lab.folder / "copies")
    lab.run("scan", lab.folder / "copies", "--case", lab.case)
    rows = [
        {"path": f"{lab.evidence}/0.jpg", "origin": "capture"},
        {"path": f"{lab.folder}/copies/0.jpg", "origin": "synthetic"},
    ]
    write_truth(lab.folder / "truth.csv", rows)
    where = ("--case", lab.case, "-o", lab.folder / "out")
    done = lab.run("validate", lab.folder / "truth.csv", *where, status=1)
    assert "line 3: says synthetic of a picture of which line 2 says capture" in done.stderr


def test_mixed_versions_are_refused(lab: Site) -> None:
    with closing(sqlite3.connect(lab.case / "case.db")) as connection, connection:
        connection.execute(
            "UPDATE examination_run SET version = '0' WHERE examination = 'signal.traces' "
            "AND media_id = (SELECT min(media_id) FROM examination_run)"
        )
    where = ("--case", lab.case, "-o", lab.folder / "out")
    done = lab.run("validate", lab.folder / "truth.csv", *where, status=1)
    assert "1 of its pictures were looked at by other versions" in done.stderr
    assert "signal.traces" in done.stderr
    done = lab.run("calibrate", lab.folder / "truth.csv", "--case", lab.case, status=1)
    assert "scan the case again" in done.stderr


def test_one_class_has_rates_and_no_figures(lab: Site) -> None:
    rows = [row for row in rows_of(lab) if row["origin"] == "capture"]
    write_truth(lab.folder / "truth.csv", rows)
    found = validated(lab, "report")["systems"]["pixels"]
    assert found["figures"]["cllr"]["absent"] == "one_class"
    assert found["misleading"]["capture"]["1"]["of"] == 56
    done = lab.run("calibrate", lab.folder / "truth.csv", "--case", lab.case, status=1)
    assert "all pictures with a score are of one class" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("validate",), 2), (("validate", "truth.csv"), 2), (("calibrate",), 2),
        (("validate", "--verify", "out", "-o", "out"), 2), (("calibrate", "t.csv", "--remove"), 2),
        (("validate", "none.csv", "-o", "out"), 1), (("validate", "--verify", "nowhere"), 1),
    ],
)  # fmt: skip
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], status: int) -> None:
    Site(tmp_path).run(*arguments, status=status)


def test_a_site_fits_validates_and_goes_back(lab: Site) -> None:
    before = validated(lab, "before")
    made = lab.json("calibrate", lab.folder / "truth.csv", "--case", lab.case, "--force")
    assert made["version"].startswith("site-")
    assert (made["n_capture"], made["n_synthetic"]) == (56, 56)
    (fitted,) = [item for item in made["strata"].values() if "of_tamis" not in item]
    assert fitted["cllr"] < 1
    stored = (lab.folder / "home" / "pixels.json").read_bytes()
    assert hashlib.sha256(stored).hexdigest() == made["sha256"]
    assert lab.json("doctor")["fit of the pixels"]["version"] == made["version"]
    fit = lab.json("assess", lab.case)["pixels_fit"]
    assert (fit["version"], fit["of_this_site"]) == (made["version"], True)
    assert made["version"] in lab.run("assess", lab.case).stdout
    after = validated(lab, "after")
    assert after["files"]["fitted_on"] == NUMBER
    cost = [found["systems"]["pixels"]["figures"]["cllr"]["value"] for found in (before, after)]
    assert cost[1] < cost[0]
    assert "and no validation" in (lab.folder / "after" / "report.html").read_text()
    assert lab.json("verify", lab.case)["holds"]
    assert lab.json("verify", lab.folder / "home" / "lists")["holds"]
    assert lab.json("calibrate", "--remove")["removed"] == made["sha256"]
    assert "no fit of its own" in lab.run("calibrate", "--remove").stdout
    assert not lab.json("assess", lab.case)["pixels_fit"]["of_this_site"]


def test_too_little_is_refused_with_the_reason(lab: Site) -> None:
    rows = rows_of(lab)
    few = [row for row in rows if row["group"] != "source 0"]
    write_truth(lab.folder / "truth.csv", few)
    done = lab.run("calibrate", lab.folder / "truth.csv", "--case", lab.case, status=1)
    assert "48 captures with a score; a fit takes 50" in done.stderr
    write_truth(lab.folder / "truth.csv", [row | {"group": ""} for row in rows])
    done = lab.run("calibrate", lab.folder / "truth.csv", "--case", lab.case, status=1)
    assert "1 groups of captures; a fit takes 5" in done.stderr
    assert not (lab.folder / "home" / "pixels.json").exists()


def test_labels_that_mean_nothing_make_no_fit(lab: Site) -> None:
    rows = [
        row | {"origin": ("capture", "synthetic")[int(row["sha256"], 16) % 2]}
        for row in rows_of(lab)
    ]
    write_truth(lab.folder / "truth.csv", rows)
    for more in ((), ("--force",)):
        lab.run("calibrate", lab.folder / "truth.csv", "--case", lab.case, *more, status=1)
    assert not (lab.folder / "home" / "pixels.json").exists()


@pytest.mark.parametrize("text", ["", '{"version": "1", "network": "1"}'])
def test_a_broken_fit_is_named_and_nothing_is_weighed_by_another(lab: Site, text: str) -> None:
    (lab.folder / "home" / "pixels.json").write_text(text)
    done = lab.run("assess", lab.case, status=1)
    assert "pixels.json: is no fit of pixel scores" in done.stderr
    lab.run("calibrate", "--remove")
    lab.run("assess", lab.case)


def test_a_fit_for_another_network_is_not_used_and_said_so(lab: Site) -> None:
    lab.run("calibrate", lab.folder / "truth.csv", "--case", lab.case, "--force")
    path = lab.folder / "home" / "pixels.json"
    path.write_text(path.read_text().replace('"network": "1"', '"network": "0"', 1))
    told = lab.run("assess", lab.case).stdout
    assert "the fit of this site is for version 0 of the network" in told
    assert not lab.json("assess", lab.case)["pixels_fit"]["of_this_site"]


def test_a_fit_that_is_no_better_needs_to_be_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {
        "version": "site-x", "network": builtin.card().version,
        "n_capture": 50, "n_synthetic": 50, "sources": ["a"], "generators": ["b"],
        "strata": {
            stratum: {
                "lower": -1.0, "upper": 1.0,
                "terms": [{"name": name, "offset": 0.0, "slope": -1.0} for name in NAMES],
            }
            for stratum in STRATA
        },
    }  # fmt: skip
    worse = Refitted(Fusion(()), Bounds(-1, 1), Quality(0.5, 0.4), 0.4, (-0.1, -0.2, 0.0))
    monkeypatch.setattr(
        calibrate, "_fitted", lambda *_: Made(contents, {SMALL: worse}, {"tiny": 2})
    )
    refused = CliRunner().invoke(app, ["calibrate", "truth.csv"])
    assert isinstance(refused.exception, CalibrationError)
    assert "0.500" in str(refused.exception)
    assert "0.400" in str(refused.exception)
    assert not fit_file().exists()
    forced = CliRunner().invoke(app, ["calibrate", "truth.csv", "--force"])
    assert forced.exit_code == 0, forced.output
    assert json.loads(fit_file().read_text())["forced"] is True
    assert "may be chance" in forced.output
    assert in_force().fit.version == "site-x"
