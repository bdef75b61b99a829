"""The demo case: a tree of evidence, hash lists and the truth, from nothing but code."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tamis.demo import edits, oddities
from tamis.demo.photographs import BEGIN, SHOTS, Photograph, photographs
from tamis.demo.synthetic import Declaration, StandIn, encode
from tamis.demo.tree import Tree, Truth
from tamis.fingerprints.pdq import Pdq
from tamis.media.decode import decode
from tamis.media.sniff import sniff
from tamis.model import ListKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STAND_INS: tuple[tuple[str, int, Declaration], ...] = (
    ("lighthouse", 0, Declaration.AUTOMATIC1111),
    ("lighthouse", 1, Declaration.AUTOMATIC1111),
    ("alpine-dusk", 0, Declaration.AUTOMATIC1111),
    ("reef", 0, Declaration.AUTOMATIC1111),
    ("aurora", 0, Declaration.COMFYUI),
    ("autumn-hills", 0, Declaration.COMFYUI),
    ("balloons", 1, Declaration.COMFYUI),
    ("reef", 1, Declaration.IPTC_JPEG),
    ("lighthouse-day", 0, Declaration.IPTC_JPEG),
    ("fruit", 2, Declaration.IPTC_WEBP),
    ("skyline", 1, Declaration.AUTOMATIC1111_JPEG),
    ("sunflower", 1, Declaration.NONE_JPEG),
    ("aurora", 1, Declaration.NONE_JPEG),
    ("tulips", 1, Declaration.NONE_PNG),
)
"""Scene, variant and declaration of every stand-in."""

PICTURES = len(SHOTS) + len(STAND_INS)
"""So many are rendered; edits and copies come on top."""

FOLDERS = {
    Declaration.AUTOMATIC1111: "Generated/txt2img",
    Declaration.AUTOMATIC1111_JPEG: "Generated/txt2img",
    Declaration.COMFYUI: "Generated/ComfyUI/output",
    Declaration.IPTC_JPEG: "Downloads",
    Declaration.IPTC_WEBP: "Downloads",
    Declaration.NONE_JPEG: "Downloads",
    Declaration.NONE_PNG: "Desktop",
}

MEMBER_TIME = (2026, 3, 20, 18, 30, 0)
CAPTURE = "capture"
FORUM = "unknown camera"
"""Group of pictures of which only a copy was seen."""


class DemoList(NamedTuple):
    """A hash list that goes with the demo case.

    Attributes:
        name: what to call it; says that it is a demonstration.
        kind: what it means to be on it.
        path: its file.
    """

    name: str
    kind: ListKind
    path: Path


@dataclass(frozen=True, slots=True)
class DemoCase:
    """What `build` made.

    Args:
        evidence: the folder to scan.
        lists: hash lists to import.
        truth: what every picture really is (columns path, origin, group; paths as Tamis shows
            them, relative to `evidence`).
        counts: number of files by kind.
    """

    evidence: Path
    lists: tuple[DemoList, ...]
    truth: Path
    counts: Mapping[str, int]


def build(
    folder: Path,
    *,
    seed: int = 1,
    scale: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> DemoCase:
    """Write the demo case into `folder`.

    The same seed and scale give the same bytes. Names that the file system does not take (bytes
    that are not UTF-8 on some) are left out.

    Args:
        folder: created where absent; gets ``evidence/``, ``lists/``, ``outside/`` and
            ``truth.csv``.
        seed: of everything.
        scale: size of the pictures against the full one; small ones are for tests.
        progress: called with the number of pictures made and their total.

    Raises:
        OSError: the folder cannot be written.
    """
    return _Builder(folder, seed, scale, progress).build()


class _Builder:
    """The making of one demo case: what the steps share."""

    def __init__(
        self, folder: Path, seed: int, scale: float, progress: Callable[[int, int], None] | None
    ) -> None:
        self._folder = folder
        self._seed = seed
        self._scale = scale
        self._progress = progress
        self._made = 0
        self._tree = Tree(folder / "evidence")
        self._stand_ins: list[StandIn] = []
        self._lists: list[DemoList] = []

    def build(self) -> DemoCase:
        """Take the steps in order."""
        taken = []
        for photograph in photographs(self._seed, self._scale):
            taken.append(photograph)
            self._step()
        by_scene = {(p.shot.scene, p.shot.variant): p for p in taken}
        hidden = by_scene["beach", 1]
        packed = [by_scene["books", 1], by_scene["pebbles", 1]]
        for photograph in taken:
            if photograph is not hidden and photograph not in packed:
                self._photograph(photograph)
        generated = self._generated()
        self._edits(taken, hidden)
        self._declarations(by_scene)
        graphic = self._graphic()
        self._archive(by_scene, packed)
        self._oddities(by_scene)
        self._write_lists(taken[0], by_scene["pebbles", 0], graphic, generated, hidden)
        truth = self._folder / "truth.csv"
        self._tree.write_truth(truth)
        return DemoCase(self._tree.root, tuple(self._lists), truth, dict(self._tree.counts))

    def _step(self) -> None:
        self._made += 1
        if self._progress:
            self._progress(self._made, PICTURES)

    def _photograph(
        self, photograph: Photograph, name: str | bytes = "", kind: str = "photographs"
    ) -> None:
        truth = Truth(CAPTURE, photograph.camera)
        self._tree.write(name or photograph.name, photograph.data, kind, photograph.taken, truth)

    def _generated(self) -> bytes:
        """Write the stand-ins; return the last one's bytes, which declare nothing."""
        data = b""
        sizes = ((1024, 1024), (1152, 896), (896, 1152))
        for number, (scene, variant, declaration) in enumerate(STAND_INS):
            width, height = (
                max(64, round(side * self._scale / 16) * 16) for side in sizes[number % 3]
            )
            stand_in = StandIn(scene, variant, width, height)
            self._stand_ins.append(stand_in)
            data, extension = encode(stand_in, self._seed, declaration)
            name = f"{FOLDERS[declaration]}/{self._stand_in_name(number, declaration)}.{extension}"
            when = BEGIN + timedelta(days=11, minutes=3 * number)
            truth = Truth("synthetic", f"stand-in {declaration}")
            self._tree.write(name, data, "stand-ins", when, truth)
            self._step()
        return data

    def _stand_in_name(self, number: int, declaration: Declaration) -> str:
        """Name a stand-in as the program that it imitates does."""
        stamp = self._stand_ins[number].number(self._seed)
        if declaration in (Declaration.AUTOMATIC1111, Declaration.AUTOMATIC1111_JPEG):
            return f"{number:05d}-{stamp}"
        if declaration is Declaration.COMFYUI:
            return f"ComfyUI_{number:05d}_"
        return f"image_{stamp:08x}"

    def _edits(self, taken: list[Photograph], hidden: Photograph) -> None:
        """Write edited and re-saved photographs, and exact duplicates under other names."""
        when = BEGIN + timedelta(days=13)
        for number, (ending, edit) in enumerate(edits.EDITS):
            source = taken[2 * number]
            name = f"Pictures/Edited/{source.shot.scene}-{ending}"
            self._tree.write(name, edit(source), "edits", when, Truth(CAPTURE, source.camera))
        for number, source in enumerate((taken[3], taken[12], taken[20])):
            name = f"Messenger/IMG-20260321-WA{number:04d}.webp"
            truth = Truth(CAPTURE, source.camera)
            self._tree.write(name, edits.messenger(source), "edits", when, truth)
        for number, name in enumerate(
            ("Desktop/IMG (1).jpg", "Pictures/Favourites/best.jpg", "Downloads/DSC00017.jpeg")
        ):
            self._photograph(taken[5 * number], name, "duplicates")
        name = "Downloads/forum/attachment_8812.jpg"
        self._tree.write(name, edits.resize(hidden, 0.7, 80), "edits", when, Truth(CAPTURE, FORUM))

    def _declarations(self, by_scene: Mapping[tuple[str, int], Photograph]) -> None:
        """Write the false declarations and the true one of a hybrid."""
        when = BEGIN + timedelta(days=14)
        borrowed, seed = self._stand_ins[0], self._seed
        stamps = (("daisies", edits.stamped_png, "png"), ("winter-lake", edits.stamped_jpeg, "jpg"))
        for number, (scene, stamp, ending) in enumerate(stamps):
            source = by_scene[scene, 0]
            name = f"Generated/txt2img/{31 + number:05d}-{borrowed.number(seed) + number}.{ending}"
            data, truth = stamp(source, borrowed, seed), Truth(CAPTURE, source.camera)
            self._tree.write(name, data, "false declarations", when, truth)
        source = by_scene["hills", 0]
        self._tree.write(
            "Pictures/Edited/hills-new.jpg", edits.hybrid(source, self._stand_ins[6], seed),
            "hybrids", when, Truth("hybrid", source.camera),
        )  # fmt: skip

    def _graphic(self) -> bytes:
        """Write two charts; return the first."""
        when = BEGIN + timedelta(days=15)
        charts = [oddities.chart(self._seed + i) for i in range(2)]
        for i, data in enumerate(charts):
            self._tree.write(
                f"Documents/rain-{i + 1}.png", data, "graphics", when, Truth("graphic", "chart")
            )
        return charts[0]

    def _archive(
        self, by_scene: Mapping[tuple[str, int], Photograph], packed: list[Photograph]
    ) -> None:
        """Write a ZIP file with pictures and another ZIP file in it, and a name that climbs out."""
        copy, older = by_scene["street", 0], packed[1]
        inner = oddities.archive([("older/LUM_0990.JPG", older.data)], MEMBER_TIME)
        members = [
            ("phone/LUM_1067.JPG", packed[0].data),
            ("phone/street.jpg", copy.data),
            ("../../climbs-out.jpg", edits.resave(copy)),
            ("phone/older.zip", inner),
            ("phone/notes.txt", b"Backup of the phone, March.\n"),
        ]
        name = "Backup/phone.zip"
        data = oddities.archive(members, MEMBER_TIME)
        self._tree.write(name, data, "archives", datetime(*MEMBER_TIME, tzinfo=BEGIN.tzinfo))
        for member, source in zip(
            (m[0] for m in members[:3]), (packed[0], copy, copy), strict=True
        ):
            self._tree.note_member(name, member, truth=Truth(CAPTURE, source.camera))
        self._tree.note_member(
            name, "phone/older.zip", "older/LUM_0990.JPG", truth=Truth(CAPTURE, older.camera)
        )

    def _oddities(self, by_scene: Mapping[tuple[str, int], Photograph]) -> None:
        """Write what is broken, hostile, or no picture, and a link that leads out."""
        when = BEGIN + timedelta(days=16)
        source = by_scene["farmland", 0]
        truth = Truth(CAPTURE, source.camera)
        write = self._tree.write
        write("Recovered/f0018832.jpg", oddities.truncated(source.data), "truncated", when, truth)
        write("Recovered/f0020144.jpg", oddities.broken(source.data), "broken", when)
        write("Recovered/f0031000.png", oddities.bomb(), "bombs", when)
        write("Recovered/empty.jpg", b"", "other", when)
        write("Movies/clip.mp4", oddities.video(), "videos", when)
        write("Documents/notes.txt", b"Remember the tide tables.\n", "other", when)
        for number, hostile in enumerate(oddities.HOSTILE_NAMES):
            try:
                small = edits.resize(by_scene["dunes", 0], 0.3 + 0.05 * number)
                camera = by_scene["dunes", 0].camera
                write(b"Strange/" + hostile, small, "hostile names", when, Truth(CAPTURE, camera))
            except OSError:  # this file system takes no such name
                continue
        outside = Tree(self._folder / "outside")
        outside.write("private.jpg", edits.resize(source, 0.3), "outside", when)
        link = self._tree.root / "Pictures" / "private.jpg"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("..", "..", "outside", "private.jpg"))
        moment = int(when.timestamp())
        os.utime(link, (moment, moment), follow_symlinks=False)
        self._tree.counts["links"] += 1

    def _write_lists(
        self,
        illegal: Photograph,
        benign: Photograph,
        graphic: bytes,
        generated: bytes,
        hidden: Photograph,
    ) -> None:
        """Write a hash list of every kind."""
        md5 = hashlib.md5(illegal.data, usedforsecurity=False).hexdigest()
        self._list(
            "demo-illegal-is-a-benign-landscape", ListKind.ILLEGAL, "csv",
            [("md5", "category", "comment"), (md5, "1", "demonstration: a benign landscape")],
        )  # fmt: skip
        digests = [
            hashlib.sha1(data, usedforsecurity=False).hexdigest() for data in (benign.data, graphic)
        ]
        self._list("demo-benign", ListKind.BENIGN, "txt", [(digest,) for digest in digests])
        sha256 = hashlib.sha256(generated).hexdigest()
        self._list("demo-generated", ListKind.GENERATED, "csv", [("sha256",), (sha256,)])
        content = decode(hidden.data, sniff(hidden.data), max_pixels=100_000_000)
        value = Pdq().compute(content)
        rows = [(value.variants[0].hex(), str(value.quality), "demo-1")] if value else []
        self._list("demo-protected", ListKind.PROTECTED, "csv", [("pdq", "quality", "id"), *rows])

    def _list(self, name: str, kind: ListKind, ending: str, rows: list[tuple[str, ...]]) -> None:
        path = self._folder / "lists" / f"{name}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        path.write_text(text.getvalue(), encoding="utf-8")
        self._lists.append(DemoList(name, kind, path))
