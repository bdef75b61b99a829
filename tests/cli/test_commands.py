"""The real commands, as a user runs them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tamis.pipeline.queue_view import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from users import Site


CONTRACT = (
    "rank,sha256,path,files,stack,known,origin,p_capture,log10_lr,strength,conflict,declared,"
    "priority,reasons"
)


def test_status_counts_and_lists_every_file(scanned: Site) -> None:
    found = scanned.json("status", scanned.case, "--files")
    assert found["counts"] == {
        "taken_in": 0,
        "examined": 5,
        "partly_examined": 0,
        "unreadable": 1,
        "not_media": 1,
    }
    assert len(found["files"]) == 7
    assert {"path", "state", "reason"} <= found["files"][0].keys()
    text = scanned.run("status", scanned.case, "--files").stdout
    assert "[red]notes.txt" in text


def test_the_queue_has_exactly_the_columns_of_the_contract(scanned: Site) -> None:
    text = scanned.run("queue", scanned.case, "--format", "csv").stdout
    header, *rows = csv.reader(io.StringIO(text))
    assert header == list(COLUMNS)
    assert ",".join(header) == CONTRACT
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    lines = scanned.run("queue", scanned.case, "--format", "jsonl").stdout.splitlines()
    assert [list(json.loads(line)) for line in lines] == [list(COLUMNS)] * 5
    ratios = {json.loads(line)["path"]: json.loads(line)["log10_lr"] for line in lines}
    assert ratios["camera.jpg"] > 0 > ratios["stamped.png"]


def test_the_queue_obeys_both_principles(scanned: Site) -> None:
    rows = {row["path"]: row for row in scanned.queue()}
    assert rows["camera.jpg"]["rank"] == "1"
    assert rows["stamped.png"]["declared"] == "generator:Automatic1111"
    plain = next(row for row in rows.values() if row["path"].startswith("one"))
    # A stamp lowers nothing: it stands where its pixels put it, however strong the ratio.
    assert "generator" in rows["stamped.png"]["reasons"]
    assert float(rows["stamped.png"]["log10_lr"]) < -1
    assert abs(float(rows["stamped.png"]["priority"]) - float(plain["priority"])) < 0.05
    assert plain["path"] == "one.jpg"  # the less compressed of two near duplicates
    assert (plain["stack"], plain["files"]) == ("2", "2")


def test_a_cell_is_never_a_formula(scanned: Site) -> None:
    assert any(row["path"] == "'=cmd.jpg" for row in scanned.queue())


def test_limit_and_table(scanned: Site) -> None:
    lines = scanned.run("queue", scanned.case, "--limit", 2).stdout.splitlines()
    assert len(lines) == 3
    assert all(line == line.rstrip() for line in lines)
    assert scanned.run("queue", scanned.case, "--limit", 0, "--format", "jsonl").stdout == ""


def test_show_has_the_keys_of_the_contract(scanned: Site) -> None:
    sha256 = hashlib.sha256((scanned.evidence / "one.jpg").read_bytes()).hexdigest()
    found = scanned.json("show", scanned.case, sha256[:8])
    assert list(found) == [
        "media", "files", "fingerprints", "known", "declared", "observations", "assessment",
        "links", "decisions",
    ]  # fmt: skip
    assert found["media"]["sha256"] == found["fingerprints"]["sha256"] == sha256
    assert len(found["fingerprints"]["pdq_orientations"]) == 8
    (link,) = found["links"]
    assert link["type"] == "near_duplicate"
    assert link.keys() == {"sha256", "type", "score", "evidence"}
    assert scanned.json("show", scanned.case, "one.jpg") == found
    assert scanned.json("show", scanned.case, f"{scanned.evidence}/one.jpg") == found
    assert sha256 in scanned.run("show", scanned.case, "one.jpg").stdout


def test_a_prompt_is_shown_escaped(scanned: Site) -> None:
    text = scanned.run("show", scanned.case, "stamped.png").stdout
    assert "a lighthouse at dusk" in text
    assert "pdq_orientations" not in text
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("name", ["ffff", "zz", "no such file.jpg"])
def test_a_media_that_is_not_there_is_named(scanned: Site, name: str) -> None:
    done = scanned.run("show", scanned.case, name, status=1)
    assert name in done.stderr


def test_lists_are_matched_and_follow_import_and_removal(site: Site) -> None:
    md5 = hashlib.md5((site.evidence / "one.jpg").read_bytes()).hexdigest()
    listing = site.folder / "list.csv"
    listing.write_text(f"md5,category\n{md5},2\n")
    site.run("lists", "import", "national", listing, "--kind", "illegal")
    row = next(row for row in site.queue() if row["path"] == "one.jpg")
    # Its near duplicate is not on the list: the stack stays among the unknown, and says why.
    assert row["known"] == "illegal:national"
    assert "known_illegal" not in row["reasons"]
    again = hashlib.sha256((site.evidence / "one again.jpg").read_bytes()).hexdigest()
    listing.write_text(f"{again}\n")
    site.run("lists", "import", "second", listing, "--kind", "illegal", "--case", site.case)
    row = next(row for row in site.queue() if row["path"] == "one.jpg")
    assert row["known"] == "illegal:national; illegal:second"
    assert row["rank"] == "5"
    assert "known_illegal" in row["reasons"]
    assert [item["name"] for item in site.json("lists", "list")] == ["national"]
    known = site.json("show", site.case, "one.jpg")["known"]
    assert known[0]["category"] == "2"
    site.run("lists", "remove", "national")
    site.run("lists", "remove", "second", "--case", site.case)
    assert all(row["known"] == "" for row in site.queue())
    assert site.json("verify", site.case)["holds"]


def test_a_pdq_list_finds_turned_copies(site: Site) -> None:
    shown = site.json("show", site.case, "one.jpg")["fingerprints"]
    listing = site.folder / "pdq.csv"
    listing.write_text(f"pdq\n{shown['pdq_orientations'][3]}\n")
    site.run("lists", "import", "photos", listing, "--kind", "protected")
    row = site.queue()[0]
    assert (row["path"], row["known"]) == ("one.jpg", "protected:photos")
    (match,) = site.json("show", site.case, "one.jpg")["known"]
    assert (match["algorithm"], match["distance"], match["orientation"]) == ("pdq", 0, 3)


def test_a_broken_list_leaves_nothing_behind(site: Site) -> None:
    listing = site.folder / "broken.json"
    listing.write_text('{"value": [{"MD5": "' + "a" * 32 + '"}, {"MD5": "')
    done = site.run("lists", "import", "broken", listing, "--kind", "illegal", status=1)
    assert "broken.json" in done.stderr
    assert site.json("lists", "list") == []


def test_a_list_survives_export_and_import(site: Site) -> None:
    listing = site.folder / "list.txt"
    listing.write_text("\n".join(hashlib.md5(bytes([n])).hexdigest() for n in range(50)) + "\n")
    site.run("lists", "import", "first", listing, "--kind", "generated")
    for form in ("csv", "vics"):
        copy = site.folder / f"copy.{form}"
        site.run("lists", "export", "first", copy, "--format", form)
        site.run("lists", "import", form, copy, "--kind", "generated")
    assert {item["entries"] for item in site.json("lists", "list")} == {50}


def test_a_decision_moves_the_queue_and_is_on_record(site: Site) -> None:
    (made,) = site.json(
        "decide", site.case, "camera.jpg", "--category", "1", "--origin", "capture", "--note", "x"
    )
    assert made["category"] == "1"
    assert site.queue()[-1]["path"] == "camera.jpg"
    (decision,) = site.json("show", site.case, "camera.jpg")["decisions"]
    assert decision["origin"] == "capture"
    assert site.json("verify", site.case)["holds"]
    site.run("decide", site.case, "camera.jpg", status=2)
    # One picture of a stack decided leaves the stack open, all of them close it.
    site.run("decide", site.case, "one.jpg", "--category", "2")
    assert "decided" not in next(row for row in site.queue() if row["path"] == "one.jpg")["reasons"]
    both = site.json("decide", site.case, "one.jpg", "--category", "2", "--stack")
    assert len(both) == 2
    assert {row["path"] for row in site.queue()[-2:]} == {"camera.jpg", "one.jpg"}
    site.run("decide", site.case, "nothing.jpg", "--category", "1", status=1)


def test_the_same_seed_gives_the_same_queue(scanned: Site, site: Site) -> None:
    assert scanned.queue() == site.queue()


def test_exit_statuses(scanned: Site, tmp_path: Path) -> None:
    scanned.run("scan", "--case", scanned.case, "--strict", status=3)
    scanned.run("scan", tmp_path / "nowhere", "--case", tmp_path / "case", status=1)
    scanned.run("scan", "--case", tmp_path / "case", status=2)
    scanned.run("nonsense", status=2)
    scanned.run("status", tmp_path, status=1)
    scanned.run("scan", tmp_path, "--case", tmp_path / "case", status=2)


def test_verify_finds_a_changed_state(site: Site) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(site.case / "case.db")) as connection, connection:
        connection.execute("UPDATE media_file SET state = 'not_media' WHERE state = 'unreadable'")
    done = site.run("verify", site.case, status=1)
    assert "the table media_file is not as audit record" in done.stdout


def test_french(scanned: Site) -> None:
    assert "examinés" in scanned.run("--lang", "fr", "status", scanned.case).stdout
    scanned.environment["LC_ALL"] = "fr_FR.UTF-8"
    try:
        assert "examinés" in scanned.run("status", scanned.case).stdout
        assert "examined" in scanned.run("--lang", "en", "status", scanned.case).stdout
        assert "ordre" in scanned.run("--help").stdout
    finally:
        scanned.environment["LC_ALL"] = "C.UTF-8"


def test_doctor(scanned: Site) -> None:
    found = scanned.json("doctor")
    assert found["confinement of workers"]["level"] in {"full", "partial", "limits"}
    assert found["plug-ins that failed"] == {}
    assert "JPEG" in found["decoders"]


def test_a_reader_that_leaves_is_no_failure(scanned: Site) -> None:
    command = f"{sys.executable} -m tamis queue {scanned.case} --format jsonl | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        env=scanned.environment,
    )
    assert (done.returncode, done.stderr) == (0, "")
