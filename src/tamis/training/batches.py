"""Batches: what is drawn, so that no source, generator or repository outweighs the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tamis.training.degrade import CONTENT, REGION, Chain, cut, jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tamis.training.corpus import Picture
    from tamis.training.reconstructions import Pair

TILE = 128
"""Side of a tile in training, in pixels."""
_MEMORY = 0.97


@dataclass(frozen=True, slots=True)
class Batch:
    """Tiles for one step.

    Args:
        tiles: uint8, shape (n, TILE, TILE, 3).
        synthetic: bool, shape (n,).
        blank: bool, shape (n,): no traces are left in it.
        groups: index of the group of each, shape (n,); -1 for pairs and blanks.
        pairs: the first `pairs` are photographs, the next as many the same after a decoder.
    """

    tiles: NDArray[np.uint8]
    synthetic: NDArray[np.bool_]
    blank: NDArray[np.bool_]
    groups: NDArray[np.int64]
    pairs: int


class Batches:
    """Draws batches, half photographs and half generated.

    Args:
        pictures: to train on.
        pairs: photographs of these with the same after a decoder; may be empty.
        size: tiles of single pictures in a batch.
        paired: pairs in a batch.
        blanks: pictures without traces in a batch.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        pairs: Sequence[Pair] = (),
        *,
        size: int = 24,
        paired: int = 4,
        blanks: int = 2,
    ) -> None:
        self._chain = Chain(pictures)
        self._pairs = list(pairs)
        self._size, self._paired, self._blanks = size, paired if pairs else 0, blanks
        groups: dict[tuple[bool, str], list[Picture]] = defaultdict(list)
        for picture in pictures:
            groups[not picture.capture, picture.group].append(picture)
        self._groups = sorted(groups.items())
        self._loss = np.full(len(self._groups), np.log(2.0))
        self._fake = np.array([synthetic for (synthetic, _), _ in self._groups])
        # Between equal shares of groups and of pictures.
        self._share = np.sqrt([len(members) for _, members in self._groups])

    def batch(self, rng: np.random.Generator, worst: float) -> Batch:
        """Draw one; groups with a high loss of late come more often, by the power `worst`."""
        pairs = self._paired
        drawn = [
            (self._pairs[int(rng.integers(len(self._pairs)))], int(rng.integers(2**32)))
            for _ in range(pairs)
        ]
        tiles = [
            self._view(pair.decoded if decoded else pair.photograph, np.random.default_rng(seed))
            for decoded in (False, True)
            for pair, seed in drawn
        ]
        chosen: list[int] = []
        for synthetic in (False, True):
            weight = np.where(self._fake == synthetic, self._share * self._loss**worst, 0.0)
            chosen += list(rng.choice(len(weight), self._size // 2, p=weight / weight.sum()))
        for group in chosen:
            members = self._groups[group][1]
            picture = members[int(rng.integers(len(members)))]
            tiles.append(self._view(picture, rng))
        for _ in range(self._blanks):
            members = self._groups[int(rng.integers(len(self._groups)))][1]
            picture = members[int(rng.integers(len(members)))]
            tiles.append(self._blank(picture, rng))
        fake, groups, blank = self._marked(len(tiles), chosen)
        return Batch(np.stack(tiles), fake, blank, groups, pairs)

    def _marked(
        self, count: int, chosen: list[int]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]:
        """Return of each tile whether it is synthetic, its group, and whether it is blank."""
        pairs = self._paired
        singles = slice(2 * pairs, 2 * pairs + self._size)
        synthetic, blank = np.zeros(count, bool), np.zeros(count, bool)
        synthetic[pairs : 2 * pairs] = True
        synthetic[singles] = self._fake[chosen]
        groups = np.full(count, -1)
        groups[singles] = chosen
        blank[count - self._blanks :] = self._blanks > 0
        return synthetic, groups, blank

    def _view(self, picture: Picture, rng: np.random.Generator) -> NDArray[np.uint8]:
        return np.asarray(self._chain.view(picture, rng, TILE))

    def _blank(self, picture: Picture, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return a tile of a picture of which content alone is left."""
        image = Image.fromarray(picture.pixels).resize((CONTENT, CONTENT), Image.Resampling.BOX)
        side = int(rng.integers(TILE, 2 * REGION))
        image = image.resize((side, side), Image.Resampling.BICUBIC)
        left, top = (int(value) for value in rng.integers(0, side - TILE + 1, 2))
        image = cut(image, TILE, left, top)
        return np.asarray(jpeg(image, rng, int(rng.integers(60, 99))))

    def learn(self, batch: Batch, losses: NDArray[np.float32]) -> None:
        """Remember how well each group is learnt."""
        for group, loss in zip(batch.groups, losses, strict=True):
            if group >= 0:
                kept = _MEMORY * self._loss[group]
                self._loss[group] = kept + (1 - _MEMORY) * min(float(loss), 3.0)
