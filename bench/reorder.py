"""How long the queue takes to follow a decision in a case of many stacks.

A few pictures made in code are scanned; what is stored of them is then copied, each copy a media
with a fingerprint and a logit of its own, until the case has as many stacks as are wanted. Then it
is decided, as a reviewer does, and the seconds are stated until the queue is in order again and
the audit log signed.

    uv run python bench/reorder.py --stacks 100000
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
os.environ.setdefault("TAMIS_CONFIG", os.devnull)

from pictures import camera_jpeg, jpeg
from tamis.config import Settings
from tamis.model import Locator
from tamis.pipeline.deciding import record
from tamis.pipeline.scan import Scan
from tamis.pipeline.stages import refresh
from tamis.store.database import Store, insert_new, open_store
from tamis.store.schema import examination_run, fingerprint, media, media_file, observation

MODELS = 8
"""Pictures that are scanned; half of them carry the metadata of a camera."""
FOLDER = 500
"""Files to a folder."""


def scanned(store: Store, settings: Settings, folder: Path) -> None:
    """Scan the pictures of which the rest are copies."""
    folder.mkdir()
    for number in range(MODELS):
        made = camera_jpeg(number) if number % 2 else jpeg(number, size=(400, 300))
        (folder / f"{number}.jpg").write_bytes(made)
    Scan(store, settings, engine="inline").run([folder])


def copied(store: Store, stacks: int) -> None:
    """Store copies of what was scanned."""
    rng = np.random.default_rng(0)
    with store.write() as connection:
        models = {table: _rows(connection, table) for table in (media, media_file)}
        many = {
            table: _by_media(connection, table)
            for table in (fingerprint, examination_run, observation)
        }
        copies: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in (*models, *many)}
        for number in range(MODELS + 1, stacks + 1):
            of = models[media][number % MODELS]
            digest = hashlib.sha256(b"%d" % number).digest()
            copies[media].append(of | {"id": number, "sha256": digest})
            locator = Locator((f"{number // FOLDER}/{number}.jpg".encode(),)).key
            copies[media_file].append(
                models[media_file][0] | {"id": number, "media_id": number, "locator": locator}
            )
            for table, rows in many.items():
                for row in rows[of["id"]]:
                    copies[table].append(_varied(table, row, number, rng))
        for table, rows in copies.items():
            insert_new(connection, table, rows)


def _rows(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(sa.select(table))]


def _by_media(connection: sa.Connection, table: sa.Table) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in _rows(connection, table):
        found.setdefault(row["media_id"], []).append(row)
    return found


def _varied(
    table: sa.Table, row: dict[str, Any], number: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the row as that of another media, of which another fingerprint and logit are found."""
    changed = row | {"media_id": number}
    if table is fingerprint:
        changed["variants"] = rng.bytes(len(row["variants"]))
    elif row.get("name") == "network.score":
        logit = round(float(rng.normal(0, 3)), 4)
        changed["score"] = logit
        changed["value"] = json.dumps(json.loads(row["value"]) | {"logit": logit})
    return changed


def main() -> None:
    """Fill a case, decide, and print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stacks", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = Settings()
    with (
        tempfile.TemporaryDirectory() as name,
        open_store(Path(name) / "case", create=True) as store,
        store.only_writer(),
    ):
        scanned(store, settings, Path(name) / "evidence")
        copied(store, options.stacks)
        clock = time.perf_counter()
        refresh(store, settings, None)
        first = time.perf_counter() - clock
        seconds = decided(store, settings, options.decisions)
    row = {
        "stacks": options.stacks,
        "first order, s": first,
        "decisions": len(seconds),
        "a decision, s: median": statistics.median(seconds),
        "worst": max(seconds),
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps([row]) if options.json else "\n".join(f"{k}: {v}" for k, v in row.items()))


def decided(store: Store, settings: Settings, decisions: int) -> list[float]:
    """Decide on media all over the queue; return the seconds of each."""
    with store.read() as connection:
        digests = list(connection.scalars(sa.select(media.c.sha256).order_by(media.c.id)))
    seconds = []
    for number in range(decisions):
        digest = digests[(number * 7919) % len(digests)].hex()
        origin = ("capture", "synthetic")[number % 2]
        clock = time.perf_counter()
        record(store, settings, None, digest, None, origin, None)
        seconds.append(time.perf_counter() - clock)
    return seconds


if __name__ == "__main__":
    main()
