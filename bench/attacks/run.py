"""How far attacks on real photographs move them in the queue, and a flood the others (JSON).

Photographs and synthetic pictures of the corpus (`TAMIS_CORPUS`, else beside the checkout), no two
of them near duplicates: 40 photographs that nobody touches, 40 synthetic pictures, and 20
photographs that are attacked, half of them with the metadata of a camera. Every case holds the 80,
which are scanned once, and the 20: as they were, or attacked, never both. Each case is scanned and
ordered by the real commands. For the flood 20 further synthetic pictures get the EXIF of
photographs; beside it stands the same case without that EXIF.

Ranks are of stacks; equal priorities share the mean of their ranks, so that the draw by lot between
them is no part of the shift. `below_median`: attacked photographs that stood not below the median
of the untouched photographs before, and do after. The shipped network was fitted on the corpus: how
well it tells these pictures apart is not measured here, only what an attack changes.

    python bench/attacks/run.py FOLDER      a table, and FOLDER/attacks.json; 4 to 10 minutes

It exits 1 where a declaration lowered a real picture.

With the extra `training` (PyTorch) there is a generative touch-up as well, by the autoencoder of
the corpus; without, that row says why it is missing.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import attacks

CORPUS = Path(os.environ.get("TAMIS_CORPUS") or attacks.ROOT.parent / "shared" / "corpus")
UNTOUCHED, SYNTHETIC, ATTACKED = 40, 40, 20
SEED = 11
NO_SCENES = ("digicam", "prnu_nikon", "exif_samples", "stitching", "focusstack")
SIDES = ("target", "real", "made")
SPARE = 6
"""Further candidates to each side, for those that turn out to be near duplicates."""


class Site:
    """A site of its own, with cases that share what was scanned before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "TAMIS_HOME": str(folder / "home"),
            "PYTHONPATH": str(attacks.ROOT / "src"),
            "OMP_NUM_THREADS": "1",
        }

    def tamis(self, *arguments: object) -> str:
        """What a command prints."""
        command = [sys.executable, "-m", "tamis", "--lang", "en", *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self.environment, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout

    def scanned(self, name: str, files: dict[str, bytes], base: str = "") -> dict[str, dict]:
        """The queue, by name of file, of a case of these files and those of `base`."""
        evidence, case = self.folder / f"{name}-files", self.folder / f"{name}-case"
        evidence.mkdir()
        for file, data in files.items():
            (evidence / file).write_bytes(data)
        if base:
            shutil.copytree(self.folder / f"{base}-case", case)
        self.tamis("scan", evidence, "--case", case, *(() if base else ("--seed", "5eed")))
        rows = csv.DictReader(io.StringIO(self.tamis("queue", case, "--format", "csv")))
        return shared_ranks(list(rows))


def shared_ranks(rows: list[dict]) -> dict[str, dict]:
    """The rows by path, with the mean rank of those of equal standing."""
    equal: dict[str, list[int]] = {}
    for row in rows:  # one band: no lists, no decisions
        equal.setdefault(row["priority"], []).append(int(row["rank"]))
    return {row["path"]: row | {"mean_rank": np.mean(equal[row["priority"]])} for row in rows}


def candidates(kind: str) -> list[Path]:
    """Files of the corpus, one of each source or generator in turn."""
    rng = random.Random(SEED)
    by_group: dict[str, list[Path]] = {}
    with (CORPUS / kind / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            group = row["path"].partition("/")[0]
            if group not in NO_SCENES:
                by_group.setdefault(group, []).append(CORPUS / kind / row["path"])
    for paths in by_group.values():
        rng.shuffle(paths)
    turns = max(map(len, by_group.values()))
    return [
        paths[turn] for turn in range(turns) for paths in by_group.values() if turn < len(paths)
    ]


def chosen(site: Site) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    """What nobody touches, the photographs to be attacked, and synthetic pictures for the flood."""
    photographs = candidates("real")
    camera = [path for path in photographs if jpeg_with(path, exif=True)]
    bare = [path for path in photographs if jpeg_with(path, exif=False)]
    half = ATTACKED // 2 + SPARE
    targets = [*camera[:half], *bare[:half]]
    others = [path for path in photographs if path not in targets][: UNTOUCHED + SPARE]
    made = candidates("ai")[: SYNTHETIC + ATTACKED + SPARE]
    named = {
        f"{side}-{number:02d}{path.suffix.lower()}": path
        for side, paths in (("target", targets), ("real", others), ("made", made))
        for number, path in enumerate(paths)
    }
    files = {name: path.read_bytes() for name, path in named.items()}
    alone = {name for name, row in site.scanned("all", files).items() if row["stack"] == "1"}
    kept = {side: [n for n in files if n.startswith(side) and n in alone] for side in SIDES}
    targets = [name for name in kept["target"] if int(name[7:9]) < half][: ATTACKED // 2]
    targets += [name for name in kept["target"] if int(name[7:9]) >= half][: ATTACKED // 2]
    untouched = kept["real"][:UNTOUCHED] + kept["made"][:SYNTHETIC]
    flood = kept["made"][SYNTHETIC : SYNTHETIC + ATTACKED]
    return tuple({name: files[name] for name in names} for names in (untouched, targets, flood))


def jpeg_with(path: Path, *, exif: bool) -> bool:
    """Whether a file is a JPEG file with the EXIF of a camera, or without any."""
    if path.suffix.lower() not in (".jpg", ".jpeg"):
        return False
    segment = attacks.exif_segment(path.read_bytes())
    return len(segment) > 500 if exif else not segment


def measured(before: dict[str, dict], after: dict[str, dict], pairs: dict[str, str]) -> dict:
    """What became of files, by their names before and after.

    A file that is no longer shown in its own name lies in another's stack; that must not be.
    """
    lost = [name for name in pairs.values() if name not in after]
    if lost:
        raise SystemExit(f"near duplicates, to be chosen otherwise: {lost}")
    was = np.array([before[name]["mean_rank"] for name in pairs])
    now = np.array([after[name]["mean_rank"] for name in pairs.values()])
    priorities = np.array(
        [
            (float(before[one]["priority"]), float(after[other]["priority"]))
            for one, other in pairs.items()
        ]
    )
    median_was, median_now = (
        float(np.median([row["mean_rank"] for name, row in rows.items() if name[:4] == "real"]))
        for rows in (before, after)
    )
    shift = now - was
    return {
        "files": len(pairs),
        "stacks": len(after),
        "shift_median": float(np.median(shift)),
        "shift_worst": float(shift.max()),
        "shift_best": float(shift.min()),
        "lowered": int((priorities[:, 1] < priorities[:, 0] - 1e-6).sum()),
        "median_real_before": median_was,
        "median_real": median_now,
        "below_median": int(((was <= median_was) & (now > median_now)).sum()),
        "below_median_before": int((was > median_was).sum()),
        "conflicts": sum(after[name]["conflict"] == "1" for name in pairs.values()),
        "rank_median": float(np.median(now)),
        "rows": [
            {
                "file": one,
                "rank": [before[one]["mean_rank"], after[other]["mean_rank"]],
                "log10_lr": [before[one]["log10_lr"], after[other]["log10_lr"]],
                "priority": priorities[number].tolist(),
                "reasons": [before[one]["reasons"], after[other]["reasons"]],
            }
            for number, (one, other) in enumerate(pairs.items())
        ],
    }


def attacked(
    site: Site, name: str, targets: dict[str, bytes], attack: attacks.Attack
) -> tuple[dict[str, dict], dict[str, str]]:
    """The queue after an attack, and the names of the files before and after."""
    made, pairs = {}, {}
    for file, data in targets.items():
        changed, ending = attack(data)
        pairs[file] = Path(file).with_suffix(ending).name
        made[pairs[file]] = changed
    slug = "".join(letter if letter.isalnum() else "-" for letter in name)
    return site.scanned(slug, made, base="base"), pairs


def all_attacks() -> dict[str, tuple[str, dict[str, attacks.Attack]]]:
    """The attacks by kind, and why those that cannot be made are missing."""
    found = {
        "declaration": attacks.DECLARATIONS,
        "replaced": attacks.REPLACED,
        "control": attacks.CONTROL,
        "pixels": dict(attacks.PIXELS),
    }
    try:
        import torch  # noqa: F401
    except ImportError:
        print("no generative touch-up: PyTorch is not installed", file=sys.stderr)
    else:
        weights = CORPUS / "taesd"
        touch = partial(attacks.touched_up, weights=weights)
        found["pixels"]["touched up by an autoencoder"] = lambda data: (touch(data), ".jpg")
    return found


def run(folder: Path) -> list[dict]:
    site = Site(folder)
    untouched, targets, made = chosen(site)
    site.scanned("base", untouched)
    before = site.scanned("before", targets, base="base")
    if len({row["log10_lr"] for row in before.values()}) < len(before) // 4:
        raise SystemExit("the pixels were hardly read: is `signal.network` installed?")
    rows = []
    for kind, each in all_attacks().items():
        for name, attack in each.items():
            after, pairs = attacked(site, name, targets, attack)
            rows.append({"attack": name, "kind": kind} | measured(before, after, pairs))
            print(line(rows[-1]), flush=True)
    return [*rows, *flooded(site, targets, made)]


def flooded(site: Site, targets: dict[str, bytes], made: dict[str, bytes]) -> list[dict]:
    """Synthetic pictures with the EXIF of cameras, and what that does to the photographs."""
    exifs = [found for data in targets.values() if (found := attacks.exif_segment(data))]
    stamped = {
        name: attacks.camera(data, exifs[number % len(exifs)])
        for number, (name, data) in enumerate(made.items())
    }
    named = {name: Path(name).with_suffix(".jpg").name for name in made}
    plain = {named[name]: attacks.plain(data) for name, data in made.items()}
    before = site.scanned("plain", plain, base="before")
    after = site.scanned("flood", {named[name]: stamped[name] for name in made}, base="before")
    real = [name for name in before if name.startswith(("real", "target"))]
    flood = measured(before, after, {name: name for name in named.values()})
    others = measured(before, after, {name: name for name in real})
    rows = [
        {"attack": "camera's EXIF on 20 synthetic pictures: these", "kind": "flood"} | flood,
        {"attack": "camera's EXIF on 20 synthetic pictures: all 60 real", "kind": "flood"} | others,
    ]
    for row in rows:
        print(line(row), flush=True)
    return rows


def line(row: dict) -> str:
    """A row of the table of the document."""
    return (
        f"| {row['attack']} | {row['shift_median']:+.1f} | {row['shift_worst']:+.1f} "
        f"| {row['lowered']} of {row['files']} | {row['below_median']} | {row['conflicts']} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="new; gets the cases and the results")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True)
    print("| attack | shift, median | worst | lowered | below the median | conflicts |")
    print("| --- | --- | --- | --- | --- | --- |")
    rows = run(folder)
    (folder / "attacks.json").write_text(json.dumps(rows, indent=2))
    broken = [
        row["attack"]
        for row in rows
        if row["kind"] == "declaration" and (row["lowered"] or row["below_median"])
    ]
    if broken:
        raise SystemExit(f"declarations lowered real pictures: {', '.join(broken)}")
    print("No declaration lowered a real picture.")


if __name__ == "__main__":
    main()
