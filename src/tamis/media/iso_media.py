"""ISO base media files (ISO/IEC 14496-12), told apart by their brands: HEIF, AVIF, MP4, MOV."""

from __future__ import annotations

_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1",
                   b"mif2", b"msf1", b"miaf", b"MiHE", b"MiPr"})  # fmt: skip
_AVIF = frozenset({b"avif", b"avis"})
_AUDIO = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A "})
_M4V = frozenset({b"M4V ", b"M4VH", b"M4VP"})
# Boxes a QuickTime file from before ``ftyp`` may begin with.
_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


def format_of(head: bytes) -> str | None:
    """Return the format of an ISO base media file, None where `head` is none."""
    size, kind = int.from_bytes(head[:4], "big"), head[4:8]
    if kind == b"ftyp" and (size >= 16 or size in (0, 1)):
        end = min(size, 512) if size >= 16 else 16
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(end, len(head)), 4))]
        return _by_brand(brands)
    if kind in _QUICKTIME and (size >= 8 or size == 1):
        return "mov"
    return None


def _by_brand(brands: list[bytes]) -> str:
    major = brands[0]
    if major == b"crx ":
        return "cr3"
    if major in _AVIF:
        return "avif"
    if major in _HEIF:
        # mif1 and msf1 say only "an image"; the compatible brands say which codec
        return "avif" if _AVIF.intersection(brands) and not _codec(brands) else "heif"
    for names, name in ((_M4V, "m4v"), (_AUDIO, "m4a"), (frozenset({b"qt  "}), "mov")):
        if major in names:
            return name
    if major.startswith((b"3gp", b"3g2", b"3ge", b"3gg")):
        return "3gp"
    if _AVIF.intersection(brands):
        return "avif"
    return "heif" if _HEIF.intersection(brands) and b"mp42" not in brands else "mp4"


def _codec(brands: list[bytes]) -> bool:
    return any(brand.startswith((b"hei", b"hev")) for brand in brands)
