"""PDQ, the perceptual hash of photographs that the field exchanges lists of.

Method: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (Facebook, 2019)
and its reference implementation in facebook/ThreatExchange, ``pdq/cpp``, of which the Python
package ``pdqhash`` is a binding. On the same full-size RGB pixels the bits and the quality are
those of the reference.

A picture turned or mirrored has another hash. All eight come from one discrete cosine transform by
changing signs and swapping rows with columns; that is how the reference makes its dihedral hashes,
and ours are identical to them. Hashing a picture that really was turned may differ by some bits,
because the reference does not sample symmetrically. Where EXIF turns a picture, it is therefore
hashed both ways: as displayed, and as stored, which is what other tools hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tamis.errors import DecodeError
from tamis.fingerprint import Fingerprint
from tamis.fingerprints import downsample, loops
from tamis.media.decode import decode
from tamis.media.luma import MAX_FLOAT_PIXELS, of_rgbx
from tamis.media.orientation import UPRIGHT
from tamis.media.sniff import Sniffed
from tamis.model import FingerprintValue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.model import Content

    Samples = NDArray[np.float32]

TURNS = (
    "upright",
    "rotated 90° counterclockwise",
    "rotated 180°",
    "rotated 90° clockwise",
    "upside down (top and bottom swapped)",
    "mirrored (left and right swapped)",
    "transposed",
    "transposed along the other diagonal",
)
"""What was done to the displayed picture to get each of the variants, in their order."""

# Which turn displays a picture of EXIF orientation 1 to 8, and which one undoes each turn.
_TURN_OF_ORIENTATION = {1: 0, 2: 5, 3: 2, 4: 4, 5: 6, 6: 3, 7: 7, 8: 1}
# Each orientation as flips of the stored rows and columns, from 5 on then transposed (TIFF 6.0).
_FLIPS = {
    1: (False, False),
    2: (False, True),
    3: (True, True),
    4: (True, False),
    5: (False, False),
    6: (True, False),
    7: (True, True),
    8: (False, True),
}
_TRANSPOSED = 5
_INVERSE = (0, 3, 2, 1, 4, 5, 6, 7)

_COEFFICIENTS = 16
_LOWER_MEDIAN = _COEFFICIENTS * _COEFFICIENTS // 2 - 1
_LEAST_SIDE = 5
_BITS = _COEFFICIENTS * _COEFFICIENTS

# A JPEG decoded approximately is decoded again in full where more than 8 bits hang on half a unit.
# Chosen on the pictures of the corpus; docs/fingerprints.md has the figures.
_ERROR = 0.5
_TOLERATED = 8


def _cosines() -> NDArray[np.float32]:
    i = np.arange(1, _COEFFICIENTS + 1)[:, None]
    j = np.arange(downsample.SIDE)[None, :]
    size = float(downsample.SIDE)
    waves = np.float32(np.sqrt(2 / size)) * np.cos(np.pi / 2 / size * i * (2 * j + 1))
    return np.asarray(waves, np.float32)


def _turns() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each turn which coefficient goes where, and with which sign; both shape (8, 256)."""
    places = np.arange(_BITS).reshape(_COEFFICIENTS, _COEFFICIENTS)
    i, j = np.indices(places.shape)
    plus = np.ones(places.shape)
    along_i, along_j = np.where(i % 2, 1, -1), np.where(j % 2, 1, -1)
    signs = (plus, along_j, along_i * along_j, along_i, along_i, along_j, plus, along_i * along_j)
    swapped = (False, True, False, True, False, False, True, True)
    return (
        np.stack([(places.T if swap else places).ravel() for swap in swapped]),
        np.stack(
            [(sign.T if swap else sign).ravel() for sign, swap in zip(signs, swapped, strict=True)]
        ).astype(np.float32),
    )


_DCT = _cosines()
_DCT_TRANSPOSED = np.ascontiguousarray(_DCT.T)
_PLACES, _SIGNS = _turns()


def stored_index(orientation: int) -> int:
    """Return which of the variants is the hash of the stored pixels.

    Other tools hash the pixels as stored, without turning them as EXIF says.

    Args:
        orientation: EXIF, 1 to 8, as `Content.orientation`.
    """
    return _INVERSE[_TURN_OF_ORIENTATION[orientation]]


class Pdq(Fingerprint):
    """PDQ of the picture as displayed and of its seven rotations and reflections (`TURNS`).

    Full-size float luminance takes the reference's own arithmetic. Reduced or 8-bit luminance takes
    the filter as a linear operator; where that leaves too many bits in doubt, because they hang on
    coefficients close to the median, a JPEG is decoded once more, as the reference would.

    As in the reference, a side under 5 pixels gives a hash of zeros of quality 0, and a picture
    smaller than 64 × 64 is hashed all the same.
    """

    name: ClassVar[str] = "pdq"
    version: ClassVar[str] = "1"
    reference: ClassVar[str] = (
        "Facebook, The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm, 2019"
    )

    def compute(self, content: Content) -> FingerprintValue | None:
        """Return eight variants of 32 bytes, the first the picture as displayed; None undecoded."""
        if content.luma is None:
            return None
        if min(content.height, content.width) < _LEAST_SIDE:
            return FingerprintValue(self.name, self.version, (bytes(_BITS // 8),) * 8, 0)
        looks = _looks(content)
        samples, displayed = looks[content.orientation]
        variants = list(hashes(displayed[_PLACES] * _SIGNS))
        if content.orientation != UPRIGHT:
            stored = looks[UPRIGHT][1]
            (variants[stored_index(content.orientation)],) = hashes(stored[None])
        return FingerprintValue(self.name, self.version, tuple(variants), quality(samples))


def _looks(content: Content) -> dict[int, tuple[Samples, Samples]]:
    """Return the 64 × 64 samples and their 256 coefficients, as stored (1) and as displayed.

    By the reference's route, on a picture decoded again, where the other leaves too much in doubt.
    """
    turns = {UPRIGHT, content.orientation}
    looks = {turn: _transformed(content, turn) for turn in turns}
    doubtful = any(_in_doubt(values) for _, values in looks.values())
    if content.format != "jpeg" or _is_exact(content) or not doubtful:
        return looks
    sniffed = Sniffed(content.format, content.mime, content.kind)
    try:
        full = decode(content.data, sniffed, max_pixels=MAX_FLOAT_PIXELS, strict=True)
    except DecodeError:  # too large for that
        return looks
    return {turn: _transformed(full, turn) for turn in turns}


def _is_exact(content: Content) -> bool:
    """Say that there is what the reference takes: all pixels, in float."""
    return content.luma is not None and content.scale == 1 and content.luma.dtype == np.float32


def _transformed(content: Content, orientation: int) -> tuple[Samples, Samples]:
    """Return samples and coefficients of the picture turned as this EXIF orientation says."""
    luma = np.asarray(content.luma)
    flip, transposed = _FLIPS[orientation], orientation >= _TRANSPOSED
    if _is_exact(content):
        turned = luma[:: -1 if flip[0] else 1, :: -1 if flip[1] else 1]
        samples = downsample.exact(turned.T if transposed else turned)
    else:
        samples = downsample.projected(
            luma, content.height, content.width, content.scale, flip=flip
        )
        samples = np.ascontiguousarray(samples.T) if transposed else samples
    return samples, coefficients(samples)


def _in_doubt(values: Samples) -> bool:
    """Say that many coefficients lie so close to the median that an approximation may flip them."""
    median = np.partition(values, _LOWER_MEDIAN)[_LOWER_MEDIAN]
    return int(np.count_nonzero(np.abs(values - median) < _ERROR)) - 1 > _TOLERATED


def coefficients(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the 256 cosine coefficients, 1 to 16 both ways, row by row, of 64 × 64 samples."""
    return loops.multiply(loops.multiply(_DCT, samples), _DCT_TRANSPOSED).ravel()


def hashes(values: NDArray[np.float32]) -> tuple[bytes, ...]:
    """Return for each row of 256 coefficients which of them exceed their lower median.

    The last coefficient comes first, as in the hexadecimal form that is exchanged.
    """
    median = np.partition(values, _LOWER_MEDIAN, axis=1)[:, _LOWER_MEDIAN, None]
    packed = np.packbits((values > median)[:, ::-1], axis=1)
    return tuple(row.tobytes() for row in packed)


def quality(samples: Samples) -> int:
    """Return 0 to 100 by the sum of the gradients of 64 × 64 samples; under 50 do not match."""
    total = 0
    for axis in (0, 1):
        steps = np.abs(np.diff(samples, axis=axis) * np.float32(100) / np.float32(255))
        total += int(steps.astype(np.int32).sum())
    return min(100, total // 90)


def warm() -> None:
    """Compile or load the inner loops, so that workers forked from here need not."""
    luma = of_rgbx(np.zeros((70, 70, 4), np.uint8))
    for samples in (luma, luma.astype(np.uint8)):
        downsample.projected(samples, 140, 140, 2)
    coefficients(downsample.exact(luma))
