"""Whether the law of noise tells camera files from generated pictures: it does not.

The variance of noise grows with intensity (A. Foi et al., Practical Poissonian-Gaussian noise
modeling and fitting for single-image raw-data, IEEE TIP 17(10), 2008), in files after gamma,
denoising and compression. Measured here are its slope, intercept and goodness of fit on flat
blocks, and the correlation of noise between the colours. Both classes are cut to 320 × 320 pixels,
halved and saved at quality 90. A classifier is trained on all sources but one and all generators
but one, each with equal weight, and judged on those left out.

The controls show what it goes by: noise of the same strength is added to all pictures, or the noise
is taken out of all by a median of 5 × 5 pixels before they are halved. What still separates them
then is no law of noise.
"""

from __future__ import annotations

import csv
import io

import numpy as np
from PIL import Image, ImageFilter
from traces import CORPUS, auc, cut, generated, jpeg, resized

BLOCK = 8
BINS = 8
LEAST_BLOCKS = 60
LEAST_OF_GENERATOR = 15
FEATURES = {
    "slope and intercept": (0, 1),
    "slope, intercept and goodness of fit": (0, 1, 2),
    "correlation between colours": (3, 4, 5),
    "all": (0, 1, 2, 3, 4, 5),
}


def grain(image: Image.Image) -> Image.Image:
    chance = np.random.default_rng(image.width)
    pixels = np.asarray(image) + chance.normal(0, 3, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


CHAINS = {
    "halved, quality 90": lambda image: resized(cut(image), 0.5),
    "control: same noise added to all": lambda image: grain(resized(cut(image), 0.5)),
    "control: noise taken out of all": lambda image: resized(
        cut(image).filter(ImageFilter.MedianFilter(5)), 0.5
    ),
}


def residual(plane: np.ndarray) -> np.ndarray:
    """Against the four neighbours and the four beyond: zero for every quadratic surface."""
    cross = plane[:-2, 1:-1] + plane[2:, 1:-1] + plane[1:-1, :-2] + plane[1:-1, 2:]
    corners = plane[:-2, :-2] + plane[:-2, 2:] + plane[2:, :-2] + plane[2:, 2:]
    return (4 * plane[1:-1, 1:-1] - 2 * cross + corners) / 6


def blocks(plane: np.ndarray) -> np.ndarray:
    rows, columns = (side // BLOCK for side in plane.shape)
    whole = plane[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return whole.swapaxes(1, 2).reshape(-1, BLOCK * BLOCK)


def flat_blocks(luma: np.ndarray) -> list[np.ndarray]:
    """Numbers of the flattest quarter of the blocks in each of eight ranges of intensity."""
    tiles = blocks(luma[1:-1, 1:-1])
    mean, spread = tiles.mean(1), tiles.std(1)
    usable = np.flatnonzero((mean > 16) & (mean < 239))
    if len(usable) < LEAST_BLOCKS:
        return []
    ranges = np.array_split(usable[np.argsort(mean[usable])], BINS)
    return [each[np.argsort(spread[each])][: max(4, len(each) // 4)] for each in ranges]


def features(pixels: np.ndarray) -> list[float] | None:
    """Slope, intercept and misfit of log variance over intensity, and three correlations."""
    colours = pixels.astype(np.float32)
    luma = colours @ np.float32([0.299, 0.587, 0.114])
    flat = flat_blocks(luma)
    if not flat:
        return None
    noise, tiles = blocks(residual(luma)), blocks(luma[1:-1, 1:-1])
    at = np.array([tiles[each].mean() / 255 for each in flat])
    logs = np.log([np.median((noise[each] ** 2).mean(1)) + 0.02 for each in flat])
    slope, intercept = np.polyfit(at, logs, 1)
    misfit = np.sqrt(np.mean((logs - slope * at - intercept) ** 2))
    chosen = np.concatenate(flat)
    planes = [blocks(residual(colours[:, :, place]))[chosen].ravel() for place in range(3)]
    sizes = [np.sqrt((plane**2).mean()) + 1e-3 for plane in planes]
    pairs = ((0, 1), (1, 2), (0, 2))
    correlations = [(planes[a] * planes[b]).mean() / (sizes[a] * sizes[b]) for a, b in pairs]
    return [slope, intercept, misfit, *correlations]


def trained(inputs: np.ndarray, classes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Logistic regression with a small penalty, by Newton's method."""
    inputs = np.c_[inputs, np.ones(len(inputs))]
    found = np.zeros(inputs.shape[1])
    for _ in range(30):
        chances = 1 / (1 + np.exp(-inputs @ found))
        slope = inputs.T @ (weights * (chances - classes)) + found
        curve = (inputs.T * (weights * chances * (1 - chances))) @ inputs + np.eye(len(found))
        found -= np.linalg.solve(curve, slope)
    return found


def equal(groups: np.ndarray) -> np.ndarray:
    """Weights that give each group the same, in all 100."""
    names, places = np.unique(groups, return_inverse=True)
    return 100 / len(names) / np.bincount(places)[places]


def held_out(ours, others, columns: tuple[int, ...]) -> np.ndarray:
    """Area under the curve of each source and each generator left out, shape (sources, folds)."""
    (sources, real), (generators, made) = ours, others
    real, made = real[:, columns], made[:, columns]
    areas = []
    for source in np.unique(sources):
        seen = sources != source
        areas.append([])
        for generator in np.unique(generators):
            known = generators != generator
            inputs = np.r_[real[seen], made[known]]
            classes = np.r_[np.ones(seen.sum()), np.zeros(known.sum())]
            weights = np.r_[equal(sources[seen]), equal(generators[known])]
            mean, spread = inputs.mean(0), inputs.std(0) + 1e-6
            model = trained((inputs - mean) / spread, classes, weights)
            scores = [(part - mean) / spread @ model[:-1] for part in (real[~seen], made[~known])]
            areas[-1].append(auc(*scores))
    return np.array(areas)


def collected(pictures: list[tuple[str, Image.Image]], chain):
    names, found = [], []
    for name, picture in pictures:
        saved = Image.open(io.BytesIO(jpeg(chain(picture), quality=90)))
        values = features(np.asarray(saved.convert("RGB")))
        if values is not None:
            names.append(name)
            found.append(values)
    return np.array(names), np.array(found)


def camera_files() -> list[tuple[str, Image.Image]]:
    with (CORPUS / "real" / "manifest.csv").open(encoding="utf-8") as lines:
        return [
            (
                row["path"].partition("/")[0],
                Image.open(CORPUS / "real" / row["path"]).convert("RGB"),
            )
            for row in csv.DictReader(lines)
            if row["kind"] == "camera-original"
        ]


def by_family() -> list[tuple[str, Image.Image]]:
    """Generators with few pictures together are one."""
    names = [name for name, _ in generated()]
    return [
        (name if names.count(name) >= LEAST_OF_GENERATOR else "others", image)
        for name, image in generated()
    ]


def measured() -> list[dict[str, object]]:
    chance = np.random.default_rng(5)
    cameras, made, rows = camera_files(), by_family(), []
    for chain, change in CHAINS.items():
        ours, others = collected(cameras, change), collected(made, change)
        for name, columns in FEATURES.items():
            areas = held_out(ours, others, columns)
            sources, folds = areas.shape
            drawn = [
                areas[chance.integers(0, sources, sources)][
                    :, chance.integers(0, folds, folds)
                ].mean()
                for _ in range(500)
            ]
            low, high = np.quantile(drawn, (0.025, 0.975))
            row = {"what": chain, "features": name, "auc": round(areas.mean(), 3)}
            row |= {"low": round(low, 3), "high": round(high, 3)}
            row |= {"worst_source": round(areas.mean(1).min(), 3)}
            row |= {"worst_generator": round(areas.mean(0).min(), 3)}
            row |= {"n": f"{len(ours[0])}/{len(others[0])}", "groups": f"{sources}/{folds}"}
            rows.append(row)
    return rows
