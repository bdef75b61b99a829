"""What users do by mistake, and what they are told."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pictures import field, jpeg
from signing import Authority
from users import Site


def _settings(site: Site, text: str) -> None:
    home = site.folder / "home"
    home.mkdir(exist_ok=True)
    (home / "tamis.toml").write_text(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('workers = "two"', "tamis.toml: workers: must be a whole number, at least 0, not 'two'"),
        ("workres = 2", "tamis.toml: workres: unknown; known are workers,"),
        ("worker_memory_mib = 5", "worker_memory_mib: must be a whole number, at least 512, not 5"),
        ("workers = ", "tamis.toml: not valid TOML"),
        ('policy = "mine.toml"', "home/mine.toml: cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(site: Site, text: str, words: str) -> None:
    _settings(site, text)
    done = site.run("queue", site.case, status=1 if "mine" in text else 2)
    assert words in done.stderr
    assert words in site.run("doctor", status=1).stdout


def test_a_wrong_variable_is_named(site: Site) -> None:
    site.environment["TAMIS_WORKERS"] = "-1"
    done = site.run("scan", "--case", site.case, status=2)
    assert "TAMIS_WORKERS: must be a whole number, at least 0, not '-1'" in done.stderr
    site.environment |= {"TAMIS_WORKERS": "", "TAMIS_WORKRES": "3", "TAMIS_POLICY": ""}
    assert "TAMIS_WORKRES" in site.run("doctor").stdout


def test_a_policy_lies_beside_the_settings(site: Site) -> None:
    _settings(site, 'policy = "mine.toml"')
    (site.folder / "home" / "mine.toml").write_text("unknown = 0.25")
    assert site.queue()[-1]["priority"] != "0.5"


def test_an_interrupted_scan_says_so_and_can_be_verified(site: Site) -> None:
    evidence = site.folder / "many"
    evidence.mkdir()
    picture = jpeg(1, size=(1600, 1200))
    for number in range(600):
        (evidence / f"{number}.jpg").write_bytes(picture + b"%d" % number)
    case = site.folder / "cut off"
    arguments = ["scan", str(evidence), "--case", str(case), "--workers", "1"]
    command = [sys.executable, "-m", "tamis", *arguments]
    scan = subprocess.Popen(
        command, env=site.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not _some_done(case) and time.monotonic() < deadline:
        time.sleep(0.05)
    scan.send_signal(signal.SIGINT)
    _, complaint = scan.communicate(timeout=60)
    assert scan.returncode == 130
    assert f"Interrupted; `tamis scan --case {case}` goes on from there." in complaint
    found = site.json("status", case, "--files")
    assert found["waiting"] > 0
    waiting = [item for item in found["files"] if item["reason"].startswith("waiting")]
    assert len(waiting) == found["waiting"]
    assert "wait to be looked at" in site.run("queue", case).stderr
    shown = site.run("show", case, waiting[0]["path"], status=1)
    assert "waiting to be looked at" in shown.stderr
    assert site.json("verify", case)["holds"]
    site.run("scan", "--case", case)
    found = site.json("status", case)
    assert (found["waiting"], found["counts"]["examined"]) == (0, 600)


def _some_done(case: Path) -> bool:
    import sqlite3
    from contextlib import closing

    if not (case / "case.db").is_file():
        return False
    with closing(sqlite3.connect(case / "case.db")) as connection:
        try:
            return bool(connection.execute("SELECT count(*) FROM fingerprint").fetchone()[0])
        except sqlite3.OperationalError:
            return False


def test_hidden_places_are_counted_and_listed_on_demand(site: Site) -> None:
    listing = site.folder / "benign.txt"
    shown = site.json("show", site.case, "camera.jpg")
    listing.write_text(shown["fingerprints"]["sha256"])
    site.run(
        "lists", "import", "b", listing, "--kind", "benign", "--algorithm", "sha256",
        "--case", site.case,
    )  # fmt: skip
    done = site.run("queue", site.case)
    assert "camera.jpg" not in done.stdout
    assert "1 places of the band benign are hidden" in done.stderr
    done = site.run("queue", site.case, "--all")
    assert "camera.jpg" in done.stdout
    assert "hidden" not in done.stderr
    assert len(site.queue()) == 5


def test_the_disk_is_full_where_the_output_goes(site: Site) -> None:
    for arguments in (["queue", str(site.case)], ["doctor"], ["status", str(site.case)]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "tamis", *arguments],
                stdout=full, stderr=subprocess.PIPE, text=True, env=site.environment,
            )  # fmt: skip
        assert done.returncode == 1
        assert "the output cannot be written: No space left on device" in done.stderr
        assert "Traceback" not in done.stderr


def test_small_mistakes(site: Site) -> None:
    listing = site.folder / "list.txt"
    listing.write_text("0" * 31 + "1")
    for arguments, words, status in (
        (("decide", site.case, "camera.jpg", "--category", " "), "cannot be empty", 2),
        (("lists", "import", "", listing, "--kind", "illegal"), "needs a name", 2),
        (("--lang", "de", "doctor"), "--lang", 2),
        (("demo", "--folder", site.evidence), "is not empty", 2),
        (("scan", "--case", site.case, "--seed", "5eee"), "has another seed", 2),
    ):
        assert words in site.run(*arguments, status=status).stderr
    done = site.run("lists", "import", "a", listing, "--kind", "illegal")
    assert "1 entries taken in (text: md5)" in done.stdout


def test_long_values_are_cut_for_people_only(site: Site, tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("parameters", "a lighthouse " * 100 + "\nSteps: 20, Sampler: Euler a, Seed: 42")
    folder = tmp_path / "long"
    folder.mkdir()
    field(1).save(folder / "a.png", pnginfo=text)
    site.run("scan", folder, "--case", tmp_path / "long case")
    shown = site.run("show", tmp_path / "long case", "a.png").stdout
    assert max(len(line) for line in shown.splitlines()) < 500
    assert "--json has all)" in shown
    assert "a lighthouse " * 100 in str(site.json("show", tmp_path / "long case", "a.png"))


def test_files_that_left_are_counted(site: Site, tmp_path: Path) -> None:
    evidence = tmp_path / "more"
    evidence.mkdir()
    for number in range(3):
        (evidence / f"{number}.jpg").write_bytes(jpeg(number + 50))
    case = tmp_path / "gone"
    assert site.json("scan", evidence, "--case", case)["gone"] == 0
    (evidence / "1.jpg").unlink()
    assert site.json("scan", "--case", case)["gone"] == 1
    assert "1 files known to the case are no longer" in site.run("scan", "--case", case).stderr
    assert site.json("status", case)["counts"]["examined"] == 3


def test_names_are_escaped_once_and_found_either_way(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.evidence.mkdir()
    for number, name in enumerate(("back\\slash.jpg", "\x1b[31mred.jpg", "new\nline.jpg")):
        (site.evidence / name).write_bytes(jpeg(number))
    site.run("scan", site.evidence, "--case", site.case)
    listed = [item["path"] for item in site.json("status", site.case, "--files")["files"]]
    for path in listed:
        assert f"path {path}, " in site.run("show", site.case, path).stdout
    for name in ("back\\slash.jpg", "\x1b[31mred.jpg", "new\nline.jpg"):
        assert site.json("show", site.case, name)["files"][0]["path"] in listed


def test_what_answers_to_a_name_twice_is_listed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for number in (1, 2):
        (tmp_path / f"source {number}").mkdir()
        (tmp_path / f"source {number}" / "a.jpg").write_bytes(jpeg(number))
    site.run("scan", tmp_path / "source 1", tmp_path / "source 2", "--case", site.case)
    answer = site.run("show", site.case, "a.jpg", status=1).stderr
    for row in site.queue():
        assert row["sha256"][:16] in answer


def test_doctor_names_a_trust_list_that_is_none(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.environment["TAMIS_C2PA_TRUST_LIST"] = str(tmp_path / "nope.pem")
    assert "nope.pem" in str(site.json("doctor", status=1)["settings that are wrong"])


def test_only_the_version_in_force_is_shown(site: Site, tmp_path: Path) -> None:
    (site.evidence / "signed.jpg").write_bytes(Authority().sign(jpeg(77), "image/jpeg"))
    site.run("scan", site.evidence, "--case", site.case)
    (tmp_path / "trust.pem").write_text(Authority().trust_list)
    site.environment["TAMIS_C2PA_TRUST_LIST"] = str(tmp_path / "trust.pem")
    assert "no longer in force: scan again" in site.run("show", site.case, "signed.jpg").stdout
    site.run("scan", site.evidence, "--case", site.case)
    text = site.run("show", site.case, "signed.jpg").stdout
    assert text.count("c2pa.state") == 1
    assert "older versions: 1" in text
    found = site.json("show", site.case, "signed.jpg")["observations"]
    in_force = [item["in_force"] for item in found if item["name"] == "c2pa.state"]
    assert sorted(in_force) == [False, True]
