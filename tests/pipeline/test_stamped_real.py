"""Real pictures stamped as generated: declared so, and never below where they would have stood."""

from __future__ import annotations

import io
import json
import struct
import zlib
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

import stamping
from pictures import camera_jpeg, field, jpeg
from signing import Authority, manifest_segments
from tamis.assess import pixels
from tamis.assess.calibration import Bounds
from tamis.config import Settings
from tamis.examinations.provenance import specimens
from tamis.media.sniff import sniff
from tamis.pipeline.queue_view import rows
from tamis.pipeline.scan import Scan
from tamis.pipeline.take_in import versions_in_force
from tamis.store.database import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Attack = Callable[[bytes], bytes]

STRANGER = Authority("Somebody")
SIGNER = Authority("A service")
ATTACKS: dict[str, tuple[Attack, str]] = {
    "text": (stamping.parameters, "generator:Automatic1111"),
    "source type": (stamping.source_type, "iptc:trainedAlgorithmicMedia"),
    "label": (stamping.label, "aigc:1"),
    "manifest": (
        partial(stamping.manifest, authority=STRANGER),
        "c2pa:valid; c2pa:trainedAlgorithmicMedia",
    ),
    "watermark": (stamping.watermark, "watermark:Stable Diffusion 1"),
    "everything": (partial(stamping.everything, authority=STRANGER), "generator:"),
}


def queue(folder: Path, pictures: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """The queue of a case of these pictures, at a site that trusts another signer."""
    evidence = folder / "evidence"
    evidence.mkdir(parents=True)
    for name, data in pictures.items():
        (evidence / name).write_bytes(data)
    trusted = folder / "trust.pem"
    trusted.write_text(SIGNER.trust_list)
    settings = Settings(c2pa_trust_list=trusted)
    with open_store(folder / "case", create=True, seed=b"seed") as store:
        Scan(store, settings, engine="inline").run([evidence])
        with store.read() as connection:
            return {row["path"]: row for row in rows(connection, versions_in_force(settings))}


def made() -> dict[str, bytes]:
    """Photographs made in code: with and without the metadata of a camera."""
    found = {f"plain {seed}.jpg": jpeg(seed, size=(512, 512)) for seed in range(4)}
    return found | {f"camera {seed}.jpg": camera_jpeg(seed) for seed in range(10, 14)}


def real(corpus: Path) -> dict[str, bytes]:
    """Every fifteenth real photograph."""
    found = {}
    for path in sorted(path for path in (corpus / "real").rglob("*") if path.is_file())[::15]:
        data = path.read_bytes()
        if sniff(data[:65536]).format == "jpeg":
            found[f"{len(found)}.jpg"] = data
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_stamp_lowers_no_picture(tmp_path: Path, attack: str) -> None:
    pictures = made()
    if attack == "watermark":  # which needs more pixels than the other attacks
        pictures = {name: data for name, data in pictures.items() if name.startswith("plain")}
    _compare(tmp_path, pictures, attack)


@pytest.mark.corpus
@pytest.mark.parametrize("attack", [name for name in ATTACKS if name != "watermark"])
def test_a_stamp_lowers_no_real_photograph(tmp_path: Path, corpus: Path, attack: str) -> None:
    pictures = real(corpus)
    assert len(pictures) > 40
    _compare(tmp_path, pictures, attack)


def _compare(folder: Path, pictures: Mapping[str, bytes], attack: str) -> None:
    change, term = ATTACKS[attack]
    before = queue(folder / "untouched", pictures)
    stamped = {name: change(data) for name, data in pictures.items()}
    assert all(stamped[name] != pictures[name] for name in pictures)
    after = queue(folder / "stamped", stamped)
    assert after.keys() == before.keys()
    for name, row in after.items():
        assert term in row["declared"], name
        camera = "camera" in before[name]["reasons"].split("; ") and attack != "watermark"
        captured = camera or "pixels_capture" in row["reasons"]
        assert ("conflict" in row["reasons"]) == captured, name
        if attack != "watermark":  # saved as PNG, it has lost its EXIF and what that raised
            assert row["priority"] >= before[name]["priority"], name
    floor = min(row["priority"] for row in before.values())
    assert min(row["priority"] for row in after.values()) >= floor


def test_a_trusted_manifest_put_onto_a_real_picture_is_invalid(tmp_path: Path) -> None:
    signed = SIGNER.sign(jpeg(99), "image/jpeg", source_type="trainedAlgorithmicMedia")
    store = manifest_segments(signed)
    pictures = made()
    stamped = {name: data[:2] + store + data[2:] for name, data in pictures.items()}
    before, after = queue(tmp_path / "before", pictures), queue(tmp_path / "after", stamped)
    for name, row in after.items():
        assert row["declared"].startswith("c2pa:invalid"), name
        assert row["priority"] > before[name]["priority"]
        assert "c2pa_invalid" in row["reasons"]


GRAPH = json.dumps({"1": {"class_type": "LoadImage", "inputs": {"image": "photo.jpg"}}})
PLAIN_GRAPH = json.dumps({"1": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 2}}})
TERMS = ("digitalCapture", "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
PIECES: tuple[tuple[bytes, bytes], ...] = (
    (b"tEXt", b"parameters\0" + stamping.TEXT.encode()),
    (b"tEXt", b"prompt\0" + GRAPH.encode()),
    (b"tEXt", b"prompt\0" + PLAIN_GRAPH.encode()),
    (b"tEXt", b"invokeai_metadata\0" + b'{"positive_prompt": "a", "init_image": "photo.png"}'),
    (b"tEXt", b"invokeai_metadata\0" + b'{"positive_prompt": "b", "seed": 3}'),
    (b"tEXt", b'Dream\0"a lighthouse" -s 5 -S 7 -A k_euler -I photo.png'),
    (b"tEXt", b"AIGC\0" + b'{"Label": "1"}'),
    (b"tEXt", b"Software\0NovelAI"),
    (b"tEXt", b"Comment\0" + b'{"prompt": "a", "steps": 3, "sampler": "k", "seed": 1}'),
    (b"tEXt", b"Description\0a lighthouse Job ID: 00000000-0000-0000-0000-000000000000"),
    *(
        (
            b"iTXt",
            b"XML:com.adobe.xmp\0\0\0\0\0"
            + specimens.xmp_packet(f'Iptc4xmpExt:DigitalSourceType="{term}"'),
        )
        for term in TERMS
    ),
    (b"caBX", specimens.manifest_store()),
)


def test_one_more_declaration_lowers_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a file declares already, and wherever the new declaration is put.

    Each combination needs a picture of its own, else all were one stack; so that these are alike
    but for what they declare, nothing is read from the pixels.
    """
    fit = pixels.fitted()
    silent = {name: replace(item, bounds=Bounds(0.0, 0.0)) for name, item in fit.strata.items()}
    monkeypatch.setattr(pixels, "fitted", lambda: replace(fit, strata=silent))
    numbers = range(len(PIECES))
    combinations = [(), *((one,) for one in numbers), *permutations(numbers, 2)]
    pictures = {}
    for number, pieces in enumerate(combinations):
        picture = io.BytesIO()
        field(number).save(picture, "PNG")
        data, chunks = picture.getvalue(), b"".join(chunk(*PIECES[piece]) for piece in pieces)
        pictures[f"{pieces}.png"] = data[:33] + chunks + data[33:]
    found = queue(tmp_path, pictures)
    for pieces in combinations:
        after = found[f"{pieces}.png"]
        for fewer in combinations_of_less(pieces):
            before = found[f"{fewer}.png"]
            assert after["priority"] >= before["priority"], (before, after)


def combinations_of_less(pieces: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [pieces[:at] + pieces[at + 1 :] for at in range(len(pieces))]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
