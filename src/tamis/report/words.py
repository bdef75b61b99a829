"""What the figures of a validation are called, and what each means, for an examiner and a court.

Functions, not tables: the language is chosen when a report is drawn.
"""

from __future__ import annotations

from tamis.i18n import _


def figure(name: str) -> tuple[str, str]:
    """Return what a figure is called, and what it means."""
    at = _(
        "The share of captures above a threshold that lets this part of the synthetic pictures "
        "through. The other captures come later in the order of work; none is dropped."
    )
    return {
        "cllr": (
            "Cllr",
            _(
                "The mean cost, in bits, of relying on the ratios: 0 is perfect, 1 is what saying "
                "nothing costs. Ratios that are strong and wrong cost most; above 1 they do more "
                "harm than good."
            ),
        ),
        "cllr_min": (
            "Cllr_min",
            _(
                "What would remain of this cost if the same order of pictures had the best "
                "possible ratios. It says how well the two kinds are told apart, whatever the "
                "numbers."
            ),
        ),
        "calibration_loss": (
            _("Calibration loss"),
            _(
                "Cllr less Cllr_min: what ratios cost that are too bold, too timid or shifted to "
                "one side. A large one can be mended by fitting on local data; it cannot be seen "
                "in any single picture."
            ),
        ),
        "auc": (
            "AUC",
            _(
                "How often a capture drawn at random has a higher ratio than a synthetic picture "
                "drawn at random; 0.5 is chance. It says nothing of whether the numbers are right."
            ),
        ),
        "recall_at_1": (_("Captures found at 1 % let through"), at),
        "recall_at_5": (_("Captures found at 5 % let through"), at),
    }[name]


def misleading() -> str:
    """Return what rates of misleading evidence mean."""
    return _(
        "How many pictures have evidence for the wrong proposition, and how strong it is. Even a "
        "perfect system has ratios beyond 10 in the wrong direction for up to one picture in 10, "
        "and beyond 100 for up to one in 100; more is a fault."
    )


def plot(name: str) -> tuple[str, str]:
    """Return what a plot is called, and what it means."""
    return {
        "distribution": (
            _("Where the ratios lie"),
            _(
                "How the ratios of captures and of synthetic pictures are spread; right of 0 they "
                "support a capture. Where the two overlap the evidence is weak or misleading, and "
                "a peak at an end is the bound beyond which the calibration data support nothing."
            ),
        ),
        "tippett": (
            _("Tippett plot"),
            _(
                "For each value, the share of pictures with a ratio above it. At 0, what the "
                "captures lack of 1 and what the synthetic pictures have above 0 are the rates of "
                "misleading evidence; the farther the lines lie apart, the better."
            ),
        ),
        "cross_entropy": (
            _("Empirical cross-entropy"),
            _(
                "What deciding with the ratios costs at every prior; at 0 (even odds) it is Cllr. "
                "Where the full line lies above the dotted one, the evidence is worse than none at "
                "that prior; its distance from the broken line is the loss of calibration."
            ),
        ),
        "reliability": (
            _("Reliability"),
            _(
                "Of the pictures with a stated probability of capture, how many are captures; the "
                "prior is their share in the truth file, not that of any case. Points off the "
                "diagonal by more than their bars show ratios that are too bold or too timid; the "
                "bars below say how many pictures each point stands on."
            ),
        ),
    }[name]


def absent(code: str, least: int) -> str:
    """Return why a figure is absent."""
    return {
        "one_class": _("pictures of one class only"),
        "too_few": _("fewer than {least} pictures of a class", least=least),
        "too_few_synthetic": _("too few synthetic pictures for so small a share"),
        "no_pictures": _("no pictures"),
    }.get(code, code)


def reason(code: str) -> str:
    """Return why a picture has no likelihood ratio of its pixels, or could not be read."""
    return {
        "tiny": _("too small"),
        "flat": _("flat: nothing to be seen"),
        "graphic": _("a graphic"),
        "over_exposed": _("over-exposed"),
        "panorama": _("a panorama, or very long"),
        "animation": _("an animation"),
        "palette": _("a palette of few colours"),
        "cmyk": _("colours of a printer (CMYK)"),
        "not_8_bits": _("not eight bits to a sample"),
        "raw": _("camera raw"),
        "transparent": _("partly transparent"),
        "scanned": _("scanned, as its metadata say"),
        "samples": _("no pixels of eight bits in colour, or too many"),
        "too_small": _("below the least side of the network"),
        "failed": _("the network failed"),
        "truncated": _("cut off"),
        "nothing_decoded": _("could not be decoded"),
        "no_calibration": _("scored by a network for which no fit is in force"),
        "not_examined": _("its examination failed"),
    }.get(code, code)


def origin(name: str) -> str:
    """Return what pictures of an origin are called."""
    return {
        "capture": _("captures"),
        "synthetic": _("synthetic pictures"),
        "hybrid": _("hybrids"),
        "graphic": _("graphics"),
    }[name]


def system(name: str) -> str:
    """Return what was measured."""
    return _("Pixels alone") if name == "pixels" else _("Whole assessment")


def dimension(name: str) -> str:
    """Return by what error rates are told apart."""
    return {
        "condition": _("condition"),
        "format": _("format"),
        "compression": _("compression"),
        "size": _("longer side"),
        "resampling": _("resampling"),
        "stratum": _("stratum"),
    }[name]
