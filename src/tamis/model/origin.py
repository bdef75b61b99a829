"""Origin: how a picture came to be, in the words of the IPTC digital source type vocabulary."""

from __future__ import annotations

from enum import StrEnum

IPTC_BASE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class Origin(StrEnum):
    """Terms of https://cv.iptc.org/newscodes/digitalsourcetype/ (current ones, then retired)."""

    DIGITAL_CAPTURE = "digitalCapture"
    COMPUTATIONAL_CAPTURE = "computationalCapture"
    NEGATIVE_FILM = "negativeFilm"
    POSITIVE_FILM = "positiveFilm"
    PRINT = "print"
    HUMAN_EDITS = "humanEdits"
    COMPOSITE_WITH_TRAINED = "compositeWithTrainedAlgorithmicMedia"
    ALGORITHMICALLY_ENHANCED = "algorithmicallyEnhanced"
    DIGITAL_CREATION = "digitalCreation"
    DATA_DRIVEN_MEDIA = "dataDrivenMedia"
    TRAINED_ALGORITHMIC_MEDIA = "trainedAlgorithmicMedia"
    ALGORITHMIC_MEDIA = "algorithmicMedia"
    SCREEN_CAPTURE = "screenCapture"
    VIRTUAL_RECORDING = "virtualRecording"
    COMPOSITE = "composite"
    COMPOSITE_CAPTURE = "compositeCapture"
    COMPOSITE_SYNTHETIC = "compositeSynthetic"
    MINOR_HUMAN_EDITS = "minorHumanEdits"
    DIGITAL_ART = "digitalArt"
    SOFTWARE_IMAGE = "softwareImage"


CAPTURES = frozenset(
    {
        Origin.DIGITAL_CAPTURE,
        Origin.COMPUTATIONAL_CAPTURE,
        Origin.NEGATIVE_FILM,
        Origin.POSITIVE_FILM,
        Origin.PRINT,
        Origin.COMPOSITE_CAPTURE,
    }
)
HYBRIDS = frozenset({Origin.COMPOSITE_WITH_TRAINED, Origin.COMPOSITE_SYNTHETIC})
SYNTHETICS = frozenset({Origin.TRAINED_ALGORITHMIC_MEDIA})
