"""How well traces of a camera's making tell camera files from others: rates on the corpus.

Camera files are JPEG originals of a quality of 90 and more (`TAMIS_CORPUS`, else beside the
checkout). Whatever is compared with them goes through the same tables, and is cut to the same size
where areas under the curve are given. Intervals are 95 %, from drawing whole sources and whole
generators again. `python bench/traces.py --json`; `--noise` measures the noise law instead, which
is not in the product.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import random
import time
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from tamis.examinations.signal import lattice
from tamis.examinations.signal.traces import CameraTraces
from tamis.examinations.signal.windows import textured
from tamis.media.decode import decode
from tamis.media.sniff import sniff

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TAMIS_CORPUS") or ROOT.parent / "shared" / "corpus")
SIDE = 320
LARGE = 1_000_000
MEAN_STEP = 11.6
KERNELS = {
    "nearest": Image.NEAREST,
    "bilinear": Image.BILINEAR,
    "bicubic": Image.BICUBIC,
    "Lanczos": Image.LANCZOS,
}

Measured = list[tuple[str, float]]


@cache
def rows(folder: str) -> list[dict[str, str]]:
    with (CORPUS / folder / "manifest.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def fine_jpeg(path: Path) -> bool:
    with Image.open(path) as image:
        return image.format in ("JPEG", "MPO") and sum(image.quantization[0]) / 64 <= MEAN_STEP


def photographs(kinds: tuple[str, ...], *, large: bool | None = None) -> list[tuple[str, Path]]:
    """Source and path; `large` by the megapixels of the frame before it was cut."""
    found = []
    for row in rows("real"):
        path = CORPUS / "real" / row["path"]
        size = int(row["width"]) * int(row["height"])
        if row["kind"] in kinds and large in (None, size > LARGE) and fine_jpeg(path):
            found.append((row["path"].partition("/")[0], path))
    return found


@cache
def generated() -> list[tuple[str, Image.Image]]:
    """Generator and picture, of those that were never compressed with loss."""
    return [
        (row["generator"], Image.open(CORPUS / "ai" / row["path"]).convert("RGB"))
        for row in rows("ai")
        if row["processing"] == "native" and row["original_format"] == "PNG"
    ]


def jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def resized(image: Image.Image, factor: float, kernel: int = Image.LANCZOS) -> Image.Image:
    return image.resize((int(image.width * factor), int(image.height * factor)), kernel)


def corner_aligned(image: Image.Image) -> Image.Image:
    """Twice the size, every other pixel kept, the others the mean of those beside them."""
    pixels = np.asarray(image).astype(float)
    for axis in (0, 1):
        between = (pixels + np.roll(pixels, -1, axis)) / 2
        pixels = np.stack((pixels, between), axis + 1).reshape(
            *(side * (1 + (place == axis)) for place, side in enumerate(pixels.shape))
        )
    return Image.fromarray(np.rint(pixels).astype(np.uint8))


def cut(image: Image.Image) -> Image.Image:
    """The middle, on the grid of 16 pixels."""
    left, top = (max(0, (side - SIDE) // 2) // 16 * 16 for side in image.size)
    return image.crop((left, top, min(left + SIDE, image.width), min(top + SIDE, image.height)))


def content(data: bytes):
    return decode(data, sniff(data[:65536]), max_pixels=1 << 28)


def luminance(data: bytes) -> np.ndarray:
    if data[:2] == b"\xff\xd8":
        return simplejpeg.decode_jpeg(data, "GRAY", strict=False)[:, :, 0]
    return content(data).luma


def score(data: bytes) -> float:
    """The score whatever the quality; 0 where there is no texture."""
    found = lattice.measure(textured(luminance(data)))
    return 0.0 if found is None else found.score


def observed(data: bytes):
    return CameraTraces().examine(content(data))[0]


def auc(ours: np.ndarray, others: np.ndarray) -> float:
    above = ours[:, None] > others
    return float((above + 0.5 * (ours[:, None] == others)).mean())


def interval(ours: Measured, others: Measured, times: int = 500) -> dict[str, object]:
    """Area under the curve; its interval from drawing whole groups of both again."""
    chance = np.random.default_rng(4)
    sides = []
    for side in (ours, others):
        groups = defaultdict(list)
        for group, value in side:
            groups[group].append(value)
        sides.append([np.array(values) for values in groups.values()])
    drawn = [
        auc(*(np.concatenate([g[i] for i in chance.integers(0, len(g), len(g))]) for g in sides))
        for _ in range(times)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {
        "auc": round(auc(*(np.concatenate(groups) for groups in sides)), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "n": f"{len(ours)}/{len(others)}",
        "groups": f"{len(sides[0])}/{len(sides[1])}",
    }


def areas() -> list[dict[str, object]]:
    """Cut to the same size, brought through the same tables: how well the score separates."""
    chance = random.Random(1)
    sets: defaultdict[str, Measured] = defaultdict(list)
    for source, path in photographs(("camera-original",), large=True):
        data = path.read_bytes()
        image = Image.open(io.BytesIO(data))
        tables, picture = image.quantization, image.convert("RGB")
        sets["native"].append((source, score(jpeg(cut(picture), qtables=tables))))
        sets["stored"].append((source, score(png(cut(picture)))))
        smaller = resized(picture, 0.7)
        sets["resized"].append((source, score(jpeg(cut(smaller), qtables=tables))))
        generator, other = chance.choice(generated())
        sets["generated"].append((generator, score(jpeg(cut(other), qtables=tables))))
        for quality in (95, 90, 85):
            for name, each, group in (
                ("native", picture, source),
                ("resized", smaller, source),
                ("generated", other, generator),
            ):
                value = score(jpeg(cut(each), quality=quality))
                sets[f"{name} {quality}"].append((group, value))
    sets["generated, lossless"] = [(name, score(png(cut(image)))) for name, image in generated()]
    pairs = [("native", "resized"), ("native", "generated"), ("stored", "generated, lossless")]
    for quality in (95, 90, 85):
        pairs += [(f"native {quality}", f"{other} {quality}") for other in ("resized", "generated")]
    return [{"what": " / ".join(pair)} | interval(*(sets[name] for name in pair)) for pair in pairs]


def rate(what: str, files: list[tuple[str, bytes]], *, by_group: bool = False) -> dict[str, object]:
    """How many the examination calls a lattice, of those it looks at."""
    looked, found, phases = Counter(), Counter(), Counter()
    other = 0
    for group, data in files:
        item = observed(data)
        if item.value["finding"] != "not_applicable":
            looked[group] += 1
            if item.value["finding"] == "lattice":
                found[group] += 1
                phases[item.value["phase"]] += 1
            other += item.value["finding"] == "other_lattice"
    row = {"what": what, "files": len(files), "looked_at": looked.total(), "found": found.total()}
    row |= {"other_lattice": other, "phase_0": phases[0], "phase_1": phases[1]}
    groups = sorted(looked if by_group else found)
    return row | {"groups": {name: f"{found[name]}/{looked[name]}" for name in groups}}


def rates() -> list[dict[str, object]]:
    """Whole files, by the examination itself."""
    whole = [(s, p.read_bytes()) for s, p in photographs(("camera-original",), large=True)]
    pictures = [(s, Image.open(io.BytesIO(data))) for s, data in whole]
    chance = random.Random(2)
    files = {
        "camera originals, 1 megapixel and more": whole,
        "camera originals, smaller": [
            (s, p.read_bytes()) for s, p in photographs(("camera-original",), large=False)
        ],
        "photographs resized": [(s, p.read_bytes()) for s, p in photographs(("camera-resized",))],
        "photographs of the web": [(s, p.read_bytes()) for s, p in photographs(("web",))],
        "originals resized by 0.7, same tables": [
            (s, jpeg(resized(p.convert("RGB"), 0.7), qtables=p.quantization)) for s, p in pictures
        ],
        "generated, lossless": [(name, png(image)) for name, image in generated()],
        "generated, tables of the originals": [
            (name, jpeg(image, qtables=p.quantization))
            for name, image in generated()
            for _, p in chance.sample(pictures, 3)
        ],
        "generated, JPEG as found": [
            (row["generator"], (CORPUS / "ai" / row["path"]).read_bytes())
            for row in rows("ai")
            if row["original_format"] == "JPEG" and fine_jpeg(CORPUS / "ai" / row["path"])
        ],
    }
    for quality in (95, 90):
        files[f"originals saved again at {quality}"] = [
            (s, jpeg(p.convert("RGB"), quality=quality)) for s, p in pictures
        ]
    halves = [(s, resized(p.convert("RGB"), 0.5)) for s, p in pictures[::2]]
    for name, kernel in KERNELS.items():
        files[f"halved, then doubled, {name}"] = [
            (s, png(resized(p, 2, kernel))) for s, p in halves
        ]
    files["halved, then doubled from the corner"] = [(s, png(corner_aligned(p))) for s, p in halves]
    for what in [what for what in files if "doubled" in what]:
        files[f"{what}, JPEG 93"] = [
            (s, jpeg(Image.open(io.BytesIO(data)), quality=93)) for s, data in files[what]
        ]
    return [rate(what, each, by_group="camera" in what) for what, each in files.items()]


def phases_kept() -> dict[str, object]:
    """Of the lattices found in copies saved again, how many have the phase of the original."""
    kept = found = 0
    for _, path in photographs(("camera-original",), large=True):
        data = path.read_bytes()
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        before = observed(data).value.get("phase")
        for quality in (95, 90):
            after = observed(jpeg(picture, quality=quality)).value
            if after["finding"] == "lattice":
                found += 1
                kept += after["phase"] == before
    return {"what": "phase of copies saved again", "found": found, "same_phase": kept}


def milliseconds(data: bytes) -> float:
    media, spent = content(data), []
    for _ in range(5):
        began = time.perf_counter()
        CameraTraces().examine(media)
        spent.append(1e3 * (time.perf_counter() - began))
    return min(spent)


def cost() -> dict[str, object]:
    """Milliseconds of the examination of a decoded photograph, best of five; large ones too."""
    spent = []
    for _, path in photographs(("camera-original",)):
        spent.append(milliseconds(path.read_bytes()))
    row = {"what": "ms of a camera file", "mean": float(np.mean(spent)), "greatest": max(spent)}
    base = Image.open(photographs(("camera-original",), large=True)[0][1]).convert("RGB")
    noise = np.random.default_rng(0)
    for size in ((4000, 3000), (6000, 4000)):
        pixels = np.asarray(base.resize(size)) + noise.normal(0, 4, (size[1], size[0], 1))
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        for kind, data in (("JPEG", jpeg(image, quality=95)), ("PNG", png(image))):
            row[f"{size[0]}x{size[1]} {kind}"] = milliseconds(data)
    return {key: round(v, 2) if isinstance(v, float) else v for key, v in row.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--noise", action="store_true")
    if parser.parse_args().noise:
        from noise_law import measured

        found = measured()
    else:
        found = [*areas(), *rates(), phases_kept(), cost()]
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
