"""What files declare, from confined workers to the queue: links, and signers who are trusted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pictures import jpeg
from scanning import states
from signing import Authority
from tamis.config import Settings
from tamis.errors import SettingsError
from tamis.examinations.provenance import specimens
from tamis.examinations.provenance.lineage import Lineage
from tamis.model import Observation
from tamis.pipeline import scan as scanning
from tamis.pipeline.media_view import view
from tamis.pipeline.queue_view import rows
from tamis.pipeline.scan import Scan
from tamis.pipeline.stages import refresh
from tamis.pipeline.take_in import versions_in_force

if TYPE_CHECKING:
    from pathlib import Path

    from tamis.store.database import Store


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def evidence(tmp_path: Path, authority: Authority) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    synthetic = "trainedAlgorithmicMedia"
    parent = jpeg(2)
    files = {
        "plain.jpg": jpeg(1),
        "parent.jpg": parent,
        "synthetic.jpg": authority.sign(jpeg(3), "image/jpeg", source_type=synthetic),
        "altered.jpg": authority.sign(jpeg(4), "image/jpeg", source_type=synthetic, parent=parent),
        "captured.jpg": authority.sign(jpeg(5), "image/jpeg", source_type="digitalCapture"),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def trusting(tmp_path: Path, authority: Authority) -> Settings:
    path = tmp_path / "trust.pem"
    path.write_text(authority.trust_list)
    return Settings(c2pa_trust_list=path, workers=1)


def queue(store: Store, settings: Settings) -> dict[str, dict[str, Any]]:
    with store.read() as connection:
        found = rows(connection, versions_in_force(settings))
        return {row["path"]: row for row in found}


def alike(priority: float) -> object:
    """As far as two pictures so small can be: of their pixels next to nothing is said."""
    return pytest.approx(priority, abs=0.02)


def test_without_a_trust_list_nobody_is_believed(store: Store, evidence: Path) -> None:
    settings = Settings(workers=1)
    Scan(store, settings).run([evidence])
    found = queue(store, settings)
    for name in ("synthetic.jpg", "captured.jpg"):
        assert found[name]["declared"].startswith("c2pa:valid; ")
    assert found["synthetic.jpg"]["priority"] == alike(found["plain.jpg"]["priority"])
    assert found["captured.jpg"]["priority"] > found["plain.jpg"]["priority"]
    assert not any("signed" in row["reasons"] for row in found.values())


def test_a_trusted_signer_lowers_what_was_made_from_nothing_and_raises_the_rest(
    store: Store, evidence: Path, tmp_path: Path, authority: Authority
) -> None:
    settings = trusting(tmp_path, authority)
    Scan(store, settings).run([evidence])
    found = queue(store, settings)
    plain = found["plain.jpg"]["priority"]
    assert found["synthetic.jpg"]["priority"] < plain
    assert "signed_synthetic" in found["synthetic.jpg"]["reasons"]
    assert found["altered.jpg"]["priority"] > plain
    assert "source_picture" in found["altered.jpg"]["reasons"]
    assert "signed_capture" in found["captured.jpg"]["reasons"]
    assert list(found)[-1] == "synthetic.jpg"


def test_another_trust_list_counts_from_the_next_scan_on(
    store: Store, evidence: Path, tmp_path: Path, authority: Authority
) -> None:
    before = Settings(workers=1)
    Scan(store, before).run([evidence])
    settings = trusting(tmp_path, authority)
    summary = Scan(store, settings).run([evidence])
    assert summary.looked_at == 5
    assert queue(store, settings)["synthetic.jpg"]["declared"].startswith("c2pa:trusted; ")
    Scan(store, before).run([evidence])
    assert queue(store, before)["synthetic.jpg"]["declared"].startswith("c2pa:valid; ")
    with store.read() as connection:
        shown = view(connection, "synthetic.jpg", before)
    versions = {item["version"] for item in shown["observations"]}
    assert len([version for version in versions if "trust" in version]) == 1  # stays on record


def test_what_a_picture_was_made_from_is_found_in_the_case(
    store: Store, evidence: Path, tmp_path: Path, authority: Authority
) -> None:
    settings = trusting(tmp_path, authority)
    Scan(store, settings).run([evidence])
    with store.read() as connection:
        child = view(connection, "altered.jpg", settings)
        parent = view(connection, "parent.jpg", settings)
    (down,) = child["links"]
    (up,) = parent["links"]
    assert (down["type"], down["sha256"]) == ("may_derive_from", parent["media"]["sha256"])
    assert (up["type"], up["sha256"]) == ("may_be_source_of", child["media"]["sha256"])
    assert down["evidence"] == {"by": "thumbnail", "relationship": "parentOf"}
    assert down["score"] == up["score"] <= settings.pdq_distance
    declared = [row["declaration"] for row in child["assessment"]["declarations"]]
    assert declared == ["source_picture"]  # and nothing that would support synthesis


def test_a_trust_list_that_is_gone_lowers_nothing_any_more(
    store: Store, evidence: Path, tmp_path: Path, authority: Authority
) -> None:
    settings = trusting(tmp_path, authority)
    Scan(store, settings).run([evidence])
    (evidence / "synthetic.jpg").unlink()  # and is never scanned again
    other = tmp_path / "other.pem"
    other.write_text(Authority("Others").trust_list)
    for now in (Settings(workers=1), Settings(c2pa_trust_list=other, workers=1)):
        refresh(store, now, None)
        found = queue(store, now)
        assert found["synthetic.jpg"]["priority"] == alike(found["plain.jpg"]["priority"])
        assert found["synthetic.jpg"]["declared"].startswith("c2pa:valid; ")
        with store.read() as connection:
            shown = view(connection, "synthetic.jpg", now)
        declared = [row["declaration"] for row in shown["assessment"]["declarations"]]
        assert declared == ["c2pa_synthetic"]


def test_a_trust_list_saved_by_a_text_editor_is_read(
    store: Store, evidence: Path, tmp_path: Path, authority: Authority
) -> None:
    settings = trusting(tmp_path, authority)
    text = authority.trust_list
    (tmp_path / "edited.pem").write_bytes(
        b"\xef\xbb\xbfour cameras\r\n" + text.replace("\n", "\r\n").encode()
    )
    edited = Settings(c2pa_trust_list=tmp_path / "edited.pem", workers=1)
    assert edited.resources() == settings.resources()
    Scan(store, edited).run([evidence])
    assert "c2pa:trusted" in queue(store, edited)["captured.jpg"]["declared"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read"), ("no certificates", "not a list of certificates")],
)
def test_a_trust_list_that_is_none_is_refused(
    store: Store, evidence: Path, tmp_path: Path, content: str | None, reason: str
) -> None:
    path = tmp_path / "trust.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=reason):
        Scan(store, Settings(c2pa_trust_list=path)).run([evidence])


def test_what_the_container_of_a_video_declares(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "labelled.mp4").write_bytes(specimens.mp4(("AIGC", '{"Label": "1"}')))
    (folder / "plain.mp4").write_bytes(specimens.mp4())
    settings = Settings(workers=1)
    assert Scan(store, settings).run([folder]).looked_at == 2
    found = queue(store, settings)
    assert found["labelled.mp4"]["declared"] == "aigc:1"
    assert found["plain.mp4"]["declared"] == ""
    assert set(states(store).values()) == {("taken_in", "video: frames are not examined yet")}
    assert Scan(store, settings).run([folder]).looked_at == 0


def test_a_video_above_the_limit_is_only_digested_and_says_so(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "long.mp4").write_bytes(specimens.mp4(("AIGC", '{"Label": "1"}')) + bytes(1 << 20))
    settings = Settings(workers=1, max_image_mib=1)
    Scan(store, settings).run([folder])
    (reason,) = (reason for _, reason in states(store).values())
    assert reason == "too_large: video files above 1 MiB are only digested"
    assert Scan(store, settings).run([folder]).looked_at == 0
    raised = Settings(workers=1)
    assert Scan(store, raised).run([folder]).looked_at == 1
    assert queue(store, raised)["long.mp4"]["declared"] == "aigc:1"


def test_a_video_that_killed_its_worker_is_looked_at_by_later_examinations(
    store: Store, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(specimens.mp4(("AIGC", '{"Label": "1"}')))
    job = scanning._job
    monkeypatch.setattr(scanning, "_job", lambda file: replace(job(file), fault="crashed: x"))
    assert Scan(store, Settings(), engine="inline").run([folder]).counts["unreadable"] == 1
    monkeypatch.undo()
    assert Scan(store, Settings(), engine="inline").run([folder]).looked_at == 0
    assert Scan(store, trusting(tmp_path, authority)).run([folder]).looked_at == 1
    assert list(states(store).values()) == [("taken_in", "video: frames are not examined yet")]


def test_a_video_with_a_failed_examination_is_tried_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(specimens.mp4())
    with monkeypatch.context() as patched:
        patched.setattr(Lineage, "examine", lambda *_: [Observation("x", float("inf"))])
        Scan(store, Settings(), engine="inline").run([folder])
    ((state, reason),) = states(store).values()
    assert state == "partly_examined"
    assert reason.startswith("provenance.lineage: error: ValueError")  # infinity is no JSON
    assert Scan(store, Settings(), engine="inline", retry=True).run([folder]).looked_at == 1
    assert list(states(store).values()) == [("taken_in", "video: frames are not examined yet")]
