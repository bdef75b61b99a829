"""Metadata made to hurt: whoever reads them, confined or at a terminal, must come to no harm."""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING

import pytest

from tamis.examinations.provenance import specimens
from users import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

HUGE = 100 * 1024 * 1024
PROMPT = '<script>alert(1)</script> \x1b[31mred\x1b[0m \x9b2J =HYPERLINK("http://x") \u202egnp.exe'
STEPS = (
    "\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 64x64, Model: =cmd|' /C calc'!A0"
)

LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
)
EXPANDING = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">%s]><x:xmpmeta '
    b'xmlns:x="adobe:ns:meta/">&l9;</x:xmpmeta>' % LAUGHS
)
FETCHING = (
    b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">&e;</x:xmpmeta>'
)


def ring() -> bytes:
    """Resources that refer to each other, and one to itself."""
    body = "".join(
        f'<rdf:Description rdf:about="#{a}" rdf:resource="#{b}" rdf:nodeID="{b}"/>'
        for a, b in (("a", "b"), ("b", "a"), ("c", "c"))
    )
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{body}</rdf:RDF></x:xmpmeta>'
    ).encode()


def jumbf(depth: int) -> bytes:
    """A manifest store of boxes within boxes."""
    store = specimens.manifest_store()
    for _ in range(depth):
        store = (len(store) + 8).to_bytes(4, "big") + b"jumb" + store
    return store


def files() -> Iterator[tuple[str, bytes]]:
    zeros = zlib.compress(bytes(HUGE), 9)
    yield "text of 100 MB.png", specimens.png((b"tEXt", b"parameters\0" + b"x" * HUGE))
    yield "inflates to 100 MB.png", specimens.png((b"zTXt", b"parameters\0\0" + zeros))
    yield "iTXt bomb.png", specimens.png((b"iTXt", b"parameters\0\1\0\0\0" + zeros))
    yield "many bombs.png", specimens.png(*[(b"zTXt", b"parameters\0\0" + zeros)] * 50)
    yield "entities.jpg", specimens.jpeg_with_xmp(EXPANDING)
    yield "external entities.jpg", specimens.jpeg_with_xmp(FETCHING)
    yield "cyclic.jpg", specimens.jpeg_with_xmp(ring())
    yield "no UTF-8.jpg", specimens.jpeg_with_xmp(b"<x a='\xff\xfe\xc3\x28'/>")
    yield "no UTF-8.png", specimens.png((b"tEXt", b"parameters\0\xff\xc3\x28\xed\xa0\x80"))
    deep = "[" * 1_000_000
    yield "deep.png", specimens.png_with_text(("prompt", deep), ("workflow", '{"a":' * 500_000))
    yield "wide.png", specimens.png_with_text(("prompt", json.dumps({"a": [0] * 1_000_000})))
    yield "digits.png", specimens.png_with_text(("prompt", '{"seed": ' + "9" * 1_000_000 + "}"))
    yield "prompt.png", specimens.png_with_text(("parameters", PROMPT + STEPS))
    yield (
        "camera.jpg",
        specimens.jpeg_with_exif(
            specimens.exif({0x010F: "=1+1\x1b]0;owned\x07", 0x0110: "\u202eaidem"})
        ),
    )
    yield "boxes.png", specimens.png((b"caBX", jumbf(5000)))
    yield "tags.mp4", specimens.mp4(("comment", "\x1b[2J" + PROMPT), ("AIGC", '{"Label": "=1+1"}'))


NAMES = [name for name, _ in files()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """All of it, scanned."""
    made = Site(tmp_path_factory.mktemp("hostile"))
    made.evidence.mkdir()
    for name, data in files():
        (made.evidence / name).write_bytes(data)
    made.run("scan", made.evidence, "--case", made.case)
    return made


def test_every_picture_is_examined_all_the_same(site: Site) -> None:
    listed = {item["path"]: item for item in site.json("status", site.case, "--files")["files"]}
    assert listed.keys() == set(NAMES)
    states = {name: (item["state"], item["reason"]) for name, item in listed.items()}
    assert states.pop("tags.mp4")[0] == "taken_in"
    assert set(states.values()) == {("examined", "")}


@pytest.mark.parametrize("name", ["prompt.png", "camera.jpg", "tags.mp4", "no UTF-8.png"])
def test_nothing_a_terminal_obeys_is_shown(site: Site, name: str) -> None:
    text = site.run("show", site.case, name).stdout
    assert all(line.isprintable() for line in text.splitlines())
    assert max(len(line) for line in text.splitlines()) < 1000


def test_what_is_over_a_limit_is_said(site: Site) -> None:
    for name in ("text of 100 MB.png", "inflates to 100 MB.png", "iTXt bomb.png", "entities.jpg"):
        found = site.json("show", site.case, name)["observations"]
        problems = [item["value"] for item in found if item["name"] == "metadata.problems"]
        assert problems, name


def test_a_prompt_is_kept_as_it_is_and_never_run(site: Site) -> None:
    found = site.json("show", site.case, "prompt.png")["observations"]
    values = {item["name"]: item["value"] for item in found}
    assert values["generator.prompt"] == PROMPT.strip()
    assert "<script>" in values["generator.prompt"]


def test_no_cell_of_the_queue_is_a_formula(site: Site) -> None:
    for row in site.queue():
        for cell in row.values():
            # A negative number is one; whatever else begins so would be a formula.
            number = re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell)
            assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell.isprintable()
    text = site.run("queue", site.case).stdout
    assert all(line.isprintable() for line in text.splitlines())
