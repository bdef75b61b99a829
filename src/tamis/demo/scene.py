"""Scenes: benign pictures painted from nothing but code and chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamis.demo.scenes import air, city, flowers, ground, landscape, sea, still_life
from tamis.demo.scenes import light as hours
from tamis.demo.scenes.field import Array, Generator, stream

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of scene.

    Args:
        name: short and stable.
        title: what it shows, in the words of a prompt.
        draw: paints it in linear light, given chance, width and height.
    """

    name: str
    title: str
    draw: Callable[[Generator, int, int], Array]

    def render(self, seed: int, width: int, height: int, *, variant: int = 0) -> Array:
        """Return the scene in linear light, sRGB primaries, float32 (height, width, 3), 0 to 1.

        Highlights such as the sun go beyond 1. The same arguments give the same picture; another
        `variant` gives another picture of the same kind.
        """
        return self.draw(stream(seed, self.name, str(variant)), width, height)


def _alpine_dusk(rng: Generator, width: int, height: int) -> Array:
    return landscape.alpine_lake(rng, width, height, hours.DUSK, snow=0.5)


def _winter_lake(rng: Generator, width: int, height: int) -> Array:
    return landscape.alpine_lake(rng, width, height, hours.WINTER, snow=0.33)


def _lighthouse_day(rng: Generator, width: int, height: int) -> Array:
    return sea.lighthouse(rng, width, height, hours.NOON)


def _autumn_hills(rng: Generator, width: int, height: int) -> Array:
    return landscape.rolling_hills(rng, width, height, hours.DUSK, leaves=("4a1c08", "d8782a"))


SCENES: dict[str, Scene] = {
    scene.name: scene
    for scene in (
        Scene("alpine-lake", "a mountain lake with spruces, snowy peaks", landscape.alpine_lake),
        Scene("alpine-dusk", "a mountain lake at dusk, glowing clouds", _alpine_dusk),
        Scene("winter-lake", "a lake in winter below snow-covered mountains", _winter_lake),
        Scene("dunes", "desert dunes in low sunlight", landscape.dunes),
        Scene("hills", "rolling green hills, a single tree", landscape.rolling_hills),
        Scene("autumn-hills", "an autumn tree on a hill at sunset", _autumn_hills),
        Scene("lighthouse", "a lighthouse at dusk, sailing boats, calm sea", sea.lighthouse),
        Scene("lighthouse-day", "a lighthouse on a rocky cape at noon", _lighthouse_day),
        Scene("beach", "a sandy beach with palm trees and waves", sea.beach),
        Scene("reef", "colourful fish over a coral reef, rays of light", sea.reef),
        Scene("skyline", "a city skyline at nightfall, lit windows, a bridge", city.skyline),
        Scene("street", "a street of old town houses in the sun", city.street),
        Scene("house-front", "a brick house front with flower boxes", city.house_front),
        Scene("fruit", "a still life with fruit and glazed vases", still_life.fruit_table),
        Scene("books", "a shelf of old books and a globe", still_life.books),
        Scene("daisies", "daisies close up, blurred meadow", flowers.daisies),
        Scene("sunflower", "a single sunflower, blurred background", flowers.sunflower),
        Scene("tulips", "a field of tulips with a windmill", flowers.tulips),
        Scene("pebbles", "wet pebbles on a shore", ground.pebbles),
        Scene("farmland", "farmland from the air, fields and a river", ground.farmland),
        Scene("balloons", "hot-air balloons over misty hills at dawn", air.balloons),
        Scene("aurora", "northern lights above a lake", air.aurora),
        Scene("misty-wood", "spruces in the morning mist", air.misty_wood),
    )
}
"""Every kind of scene by its name."""
