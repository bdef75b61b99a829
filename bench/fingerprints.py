"""Fingerprinting JPEG files: Tamis, the field's libraries and the floor, side by side on one core.

Every route reads a file and makes MD5, SHA-1, SHA-256, PDQ and its quality of it:

- ``tamis``: the functions the product uses: `digest`, `sniff`, `decode`, `Pdq.compute`;
- ``threatexchange``: its ``pdq_from_bytes``, with the same digests;
- ``perception``: its ``PDQHash``, with the same digests;
- ``floor``: the digests and a reduced grey decode, no hash: what cannot be avoided.

CPU time of one thread, the least of some rounds, the routes taking turns of some calls. Peers that
are not installed are left out. Scenes are generated landscapes with texture and sensor noise, of
two kinds: ``typical`` takes 2.3 to 2.5 bits a pixel, as does the middle of all camera files,
``calm`` takes 1 to 1.3, like a well-lit photo of a plain subject. The more bits, the more of the
time is decoding and digesting, which no route can avoid: ``floor_limit`` is how often the floor
itself fits into the time of ``threatexchange``.

    python bench/fingerprints.py [--json] [--rounds 24] [--sizes 0.3 2 12 24]
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import io
import json
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import simplejpeg
from PIL import Image

from tamis.fingerprints.cryptographic import digest
from tamis.fingerprints.pdq import Pdq, warm
from tamis.media.decode import LEAST_SIDE, decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = {"0.3": (640, 480), "2": (1632, 1224), "12": (4000, 3000), "24": (6000, 4000)}
NOISE = {"typical": 0.6, "calm": 0.22}
SCENES = 3
# A turn: so many calls in a row, and for so long at least. A worker goes on with the same route for
# hours; after one call of another, each would find the caches full of the other's data.
CALLS, TURN_S = 3, 0.03
QUALITY = 90


def scene(width: int, height: int, seed: int, noisiness: float = 0.6) -> bytes:
    """A JPEG of a generated landscape: hills, sky, texture at all scales, sensor noise."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for octave in range(9):
        cells = 3 * 2**octave
        if cells > min(width, height) // 2:
            break
        grid = rng.normal(0, 1, (cells, cells, 3)).astype(np.float32)
        grid = 0.75 * grid.mean(axis=2, keepdims=True) + 0.25 * grid
        for channel in range(3):
            plane = Image.fromarray(grid[:, :, channel]).resize(
                (width, height), Image.Resampling.BICUBIC
            )
            picture[:, :, channel] += np.asarray(plane) * (60 / 1.7**octave)
    horizon = int(height * rng.uniform(0.3, 0.6))
    picture[:horizon] = 0.4 * picture[:horizon] + np.array([30, 45, 80], np.float32)
    picture[horizon:] -= np.array([20, 5, 35], np.float32)
    picture += 120
    noise = rng.normal(0, 1, (height, width, 1)).astype(np.float32)
    picture += noise * np.sqrt(np.clip(picture, 1, 255)) * noisiness
    out = io.BytesIO()
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    image.save(out, "JPEG", quality=QUALITY, subsampling=2)
    return out.getvalue()


def tamis(path: Path) -> str:
    """The product's own functions."""
    with path.open("rb") as stream:
        _, data = digest(stream, keep=1 << 29)
    assert data is not None
    content = decode(data, sniff(data[:65536]), max_pixels=220_000_000)
    value = Pdq().compute(content)
    assert value is not None
    return value.variants[0].hex()


def _digests(data: bytes) -> None:
    for name in ("md5", "sha1", "sha256"):
        hashlib.new(name, data, usedforsecurity=False).digest()


def threatexchange(path: Path) -> str:
    """ThreatExchange's PDQ from bytes, and the digests."""
    from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

    data = path.read_bytes()
    _digests(data)
    return str(pdq_from_bytes(data)[0])


def perception(path: Path) -> str:
    """Thorn's perception, and the digests."""
    from perception.hashers import PDQHash

    data = path.read_bytes()
    _digests(data)
    return str(PDQHash().compute(io.BytesIO(data), hash_format="hex"))


def floor(path: Path) -> str:
    """The digests and a grey decode reduced by the product's rule: no route can do less."""
    data = path.read_bytes()
    _digests(data)
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    scale = next((s for s in (8, 4, 2) if min(height, width) // s >= LEAST_SIDE), 1)
    least = {"min_height": -(-height // scale), "min_width": -(-width // scale)}
    simplejpeg.decode_jpeg(data, "GRAY", **(least if scale > 1 else {}))
    return ""


ROUTES: dict[str, Callable[[Path], str]] = {"tamis": tamis, "floor": floor}
if find_spec("threatexchange"):
    ROUTES["threatexchange"] = threatexchange
if find_spec("perception"):
    ROUTES["perception"] = perception


def measure(paths: list[Path], rounds: int) -> dict[str, float]:
    """CPU seconds per file and route: the least of `rounds`, averaged over `paths`."""
    total = dict.fromkeys(ROUTES, 0.0)
    for path in paths:
        best = dict.fromkeys(ROUTES, float("inf"))
        for _ in range(rounds):
            for name, route in ROUTES.items():
                calls, begun = 0, time.process_time()
                while calls < CALLS or time.process_time() - begun < TURN_S:
                    start = time.process_time()
                    route(path)
                    best[name] = min(best[name], time.process_time() - start)
                    calls += 1
        for name in ROUTES:
            total[name] += best[name] / len(paths)
    return total


def bits(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def row(kind: str, size: str, rounds: int, folder: Path) -> dict[str, float | int | str]:
    """Measure one size of one kind of scene."""
    paths = [folder / f"{kind}-{size}-{seed}.jpg" for seed in range(SCENES)]
    for seed, path in enumerate(paths):
        path.write_bytes(scene(*SIZES[size], seed, NOISE[kind]))
    megapixels = SIZES[size][0] * SIZES[size][1] / 1e6
    seconds = measure(paths, max(3, round(rounds / max(1.0, megapixels))))
    size_of = sum(path.stat().st_size for path in paths) / len(paths)
    found: dict[str, float | int | str] = {
        "scene": kind,
        "megapixels": size,
        "kilobytes": round(size_of / 1000),
        "bits_per_pixel": round(8 * size_of / megapixels / 1e6, 2),
    }
    found |= {f"{name}_ms": round(1000 * value, 3) for name, value in seconds.items()}
    found["times_floor"] = round(seconds["tamis"] / seconds["floor"], 3)
    for peer in ("threatexchange", "perception"):
        if peer in ROUTES:
            found[f"faster_than_{peer}"] = round(seconds[peer] / seconds["tamis"], 2)
    if "threatexchange" in ROUTES:
        found["floor_limit"] = round(seconds["threatexchange"] / seconds["floor"], 2)
        found["most_bits_off"] = max(bits(tamis(p), threatexchange(p)) for p in paths)
    return found


def rows(sizes: list[str], rounds: int) -> Iterator[dict[str, float | int | str]]:
    """Measure; one row per kind of scene and size."""
    warm()
    for kind in NOISE:
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                yield row(kind, size, rounds, Path(folder))


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="all rows as one JSON list")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=list(SIZES))
    arguments = parser.parse_args()
    found = list(rows(arguments.sizes, arguments.rounds))
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        for row in found:
            print("  ".join(f"{key} {value}" for key, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
