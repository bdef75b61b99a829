"""`python -m tamis.training`: from the corpus to the weights that ship, and their figures.

`cross` holds out each part in turn and scores it; `report` prints the figures; `ship` fits on
everything and writes the model and its card; `assess` has the networks of the parts look at whole
files and fits what the assessment makes of it; `all` does the four. What is done already under
`--work` is kept, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from tamis.errors import TamisError

COMMANDS = ("cross", "report", "ship", "assess")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    options = _parser().parse_args(arguments)
    if find_spec("torch") is None:
        print("training needs the extra: uv run --extra training …", file=sys.stderr)
        return 2
    try:
        _run(options)
    except TamisError as error:
        print(f"tamis.training: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tamis.training", description=__doc__)
    parser.add_argument("command", choices=(*COMMANDS, "all"))
    parser.add_argument("--corpus", type=Path, required=True, help="folder with real/ and ai/")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is kept")
    parser.add_argument("--to", type=Path, help="folder for model and card; else under --work")
    parser.add_argument("--network", default="efficientnet", choices=("efficientnet", "residual"))
    parser.add_argument("--steps", type=int, default=1000, help="batches of each fit")
    parser.add_argument("--paired", type=float, default=0.5, help="weight of members of pairs")
    parser.add_argument("--ranking", type=float, default=0.5, help="weight of order in pairs")
    parser.add_argument(
        "--seeds", type=int, default=1, help="of each of the fits that are averaged"
    )
    parser.add_argument("--upscalers", action="store_true", help="make pairs with upscalers too")
    parser.add_argument("--jobs", type=int, default=2, help="fits side by side")
    today = datetime.now(UTC).date().isoformat()
    parser.add_argument("--date", default=today, help="of the calibration, on the card")
    parser.add_argument("--device", default="cpu", help="of PyTorch: cpu or cuda")
    return parser


def _run(options: argparse.Namespace) -> None:
    from tamis.training import assessing, cross, report, ship, tables, whole
    from tamis.training.fit import Recipe

    recipe = Recipe(
        network=options.network,
        steps=options.steps,
        paired=options.paired,
        ranking=options.ranking,
    )
    options.work.mkdir(parents=True, exist_ok=True)
    setting = cross.Setting(
        options.corpus, options.work, recipe, options.seeds, options.device, options.upscalers
    )
    if options.command in ("cross", "all"):
        cross.run(setting, jobs=options.jobs)
    if options.command in ("report", "all"):
        rows = cross.read(options.work / "scores.csv")
        found = report.figures(rows) | {"forms": report.forms(rows)}
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (options.work / "figures.json").write_text(text + "\n", encoding="utf-8")
        print(tables.all_of(found))
    if options.command in ("ship", "all"):
        folder = options.to or options.work / "model"
        ship.ship(setting, folder, options.jobs, options.date)
    if options.command in ("assess", "all"):
        seen = whole.read(whole.run(setting, options.jobs))
        print(assessing.strata(seen))
        assessing.write(seen, options.work / "pixels.json", options.date)


if __name__ == "__main__":
    raise SystemExit(main())
