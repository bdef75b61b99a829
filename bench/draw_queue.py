"""Draws `docs/queue.png`: the first places of the demonstration case, as the README shows them.

uv run python bench/draw_queue.py
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFile, ImageFont, ImageOps

ImageFile.LOAD_TRUNCATED_IMAGES = True
COLUMNS, ROWS = 6, 3
CELL, PICTURE, MARGIN = 240, 160, 12
INK, DIM, GROUND, PLATE = "#e8e8e8", "#9a9a9a", "#3a3a3a", "#2c2c2c"


def demo(folder: Path) -> list[dict[str, object]]:
    """Make and scan the demonstration case; return its queue."""
    tamis = [sys.executable, "-m", "tamis", "--lang", "en"]
    subprocess.run([*tamis, "demo", "--folder", str(folder)], check=True, capture_output=True)
    queue = [*tamis, "queue", str(folder / "case"), "--format", "jsonl"]
    done = subprocess.run(queue, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_digest(evidence: Path) -> dict[str, Path]:
    """Every file of the evidence by its SHA-256: some have names that cannot be written."""
    files = (path for path in evidence.rglob("*") if path.is_file() and not path.is_symlink())
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files}


def picture(path: Path | None) -> Image.Image:
    """The picture at `path`, as far as it can be shown, on a plate."""
    plate = Image.new("RGB", (CELL - 2 * MARGIN, PICTURE), PLATE)
    try:
        shown = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    except Exception:
        where = (plate.width // 2, PICTURE // 2)
        ImageDraw.Draw(plate).text(where, "cannot be shown", DIM, anchor="mm")
    else:
        shown = ImageOps.contain(shown, plate.size)
        plate.paste(shown, ((plate.width - shown.width) // 2, (PICTURE - shown.height) // 2))
    return plate


def main() -> None:
    """Draw the sheet."""
    with tempfile.TemporaryDirectory() as name:
        rows = demo(Path(name))[: COLUMNS * ROWS]
        files = by_digest(Path(name) / "evidence")
        height = PICTURE + 84
        sheet = Image.new("RGB", (COLUMNS * CELL, ROWS * height + MARGIN), GROUND)
        draw = ImageDraw.Draw(sheet)
        bold, plain = ImageFont.load_default(17), ImageFont.load_default(12)
        for number, row in enumerate(rows):
            left = number % COLUMNS * CELL + MARGIN
            top = number // COLUMNS * height + MARGIN
            sheet.paste(picture(files.get(str(row["sha256"]))), (left, top))
            below = top + PICTURE + 6
            draw.text((left, below), str(row["rank"]), INK, font=bold)
            number_of = f"{row['files']} files" if row["files"] != 1 else "1 file"
            note = f"{row['priority']:.2f}   {number_of}"
            draw.text((left + 30, below + 3), note, DIM, font=plain)
            why = "; ".join(str(row[key]) for key in ("known", "declared", "reasons") if row[key])
            lines = textwrap.wrap(why, 36)[:3]
            draw.multiline_text((left, below + 22), "\n".join(lines), INK, font=plain, spacing=3)
        sheet.quantize(192, dither=Image.Dither.NONE).save(
            Path(__file__).parent.parent / "docs" / "queue.png", optimize=True
        )


if __name__ == "__main__":
    main()
