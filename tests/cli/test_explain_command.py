"""``tamis explain`` as a user runs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from users import Site


def test_views_of_a_media(scanned: Site, tmp_path: Path) -> None:
    found = scanned.json("explain", scanned.case, "stamped.png", "-o", tmp_path / "out")
    spectrum, tiles = found["written"]
    assert [spectrum["view"], tiles["view"]] == ["spectrum", "tiles"]
    assert all(Path(written["file"]).is_file() for written in (spectrum, tiles))
    assert isinstance(spectrum["peaks"], list)
    assert found["refused"] == []
    done = scanned.run("explain", scanned.case, "stamped.png", "-o", tmp_path / "out", status=1)
    assert "there already" in done.stderr
    scanned.run("verify", scanned.case)


def test_a_broken_file_is_named_in_french_too(scanned: Site, tmp_path: Path) -> None:
    arguments = ("explain", scanned.case, "broken.jpg", "-o", tmp_path / "out")
    assert "broken.jpg: " in scanned.run(*arguments, status=1).stderr
    french = scanned.run("--lang", "fr", *arguments, status=1).stderr
    assert "aucun fichier de ce média ne peut être montré" in french
    assert not (tmp_path / "out").exists()


def test_the_result_is_told_in_french(scanned: Site, tmp_path: Path) -> None:
    dark = Image.new("L", (400, 300))
    dark.putdata([1 + x % 2 for _ in range(300) for x in range(400)])  # flat: no network is asked
    dark.save(scanned.evidence / "dark.png")
    scanned.run("scan", scanned.evidence, "--case", scanned.case)
    done = scanned.run(
        "--lang", "fr", "explain", scanned.case, "dark.png", "-o", tmp_path / "out",
        "--view", "noise", "--view", "spectrum", "--view", "tiles", "--at", "8,8",
    )  # fmt: skip
    assert "noise.png" in done.stdout
    assert "aucun détecteur ne l'a notée" in done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_place_that_is_none_is_wrong_usage(scanned: Site, tmp_path: Path) -> None:
    scanned.run("explain", scanned.case, "one.jpg", "-o", tmp_path, "--at", "left", status=2)
