"""What the examination of detectors says, and that it costs nothing where there is none."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from examined import content

from tamis.config import detectors_folder, settings
from tamis.errors import SettingsError
from tamis.examinations.provenance.c2pa import C2paManifests
from tamis.examinations.signal import applicable, scenes
from tamis.examinations.signal.detectors import Detectors
from tamis.model import InstalledDetector, Resources

sys.path.append(str(Path(__file__).resolve().parents[1] / "detectors"))
from cards import card, changed
from models import mean_gradient
from test_card import CALIBRATION

MODEL = mean_gradient()


def installed(folder: Path, name="gradient", **changes) -> InstalledDetector:
    """A detector in a folder of its own."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "model.onnx").write_bytes(MODEL)
    text = json.dumps(changed(id=name, sha256=hashlib.sha256(MODEL).hexdigest(), **changes))
    (place / "card.json").write_text(text)
    return InstalledDetector(str(place), text)


def examination(*detectors: InstalledDetector) -> Detectors:
    return Detectors.equipped(Resources(detectors=detectors))


def test_each_detector_speaks_for_itself(tmp_path):
    both = (
        installed(tmp_path, "one"),
        installed(tmp_path, "two", calibration=CALIBRATION, min_side=100_000),
        installed(tmp_path, "six", calibration=CALIBRATION),
    )
    shown = content(scenes.untouched())
    one, two, six = examination(*both).examine(shown)
    assert (one.name, one.value["detector"]) == ("detector.score", "one")
    assert one.value["calibrated"] is False
    assert "log10_lr" not in one.value
    assert (two.name, two.value["reasons"]) == ("detector.not_applicable", ["too_small"])
    assert six.value["state"] == "calibrated"
    ratio = card(calibration=CALIBRATION).calibration.log10_lr(six.value["logit"])
    assert six.value["log10_lr"] == pytest.approx(ratio, abs=1e-3)


@pytest.mark.parametrize(("build", "reason"), [(scenes.tiny, "tiny"), (scenes.chart, "graphic")])
def test_where_pixels_are_not_to_be_read(tmp_path, build, reason):
    (said,) = examination(installed(tmp_path)).examine(content(build()))
    assert said.name == "detector.not_applicable"
    assert reason in said.value["reasons"]


def test_a_detector_that_fails_hides_no_other(tmp_path):
    failing = installed(tmp_path, "bad", output__index=7)
    good = installed(tmp_path, "good")
    one, two = examination(failing, good).examine(content(scenes.untouched()))
    assert one.value["reasons"] == ["failed"]
    assert "its output" in one.value["detail"]
    assert two.name == "detector.score"


def test_the_first_look_is_taken_once(tmp_path, monkeypatch):
    shown = content(scenes.untouched())
    first = applicable.look(shown)
    monkeypatch.setattr(applicable, "_look", None)
    assert applicable.look(shown) is first
    examination(installed(tmp_path)).examine(shown)


def test_the_version_follows_detectors_and_calibrations(tmp_path):
    plain = installed(tmp_path / "a")
    fitted = installed(tmp_path / "b", calibration=CALIBRATION)
    elsewhere = InstalledDetector("elsewhere", plain.card)
    versions = [examination(*each).stored_version for each in ((), (plain,), (fitted,))]
    assert len(set(versions)) == 3
    assert versions[0] == Detectors.version
    assert examination(elsewhere).stored_version == versions[1]
    # other examinations are not concerned
    assert C2paManifests.equipped(Resources(detectors=(plain,))).stored_version == "2"


def test_the_site_names_its_detectors(tmp_path):
    installed(detectors_folder(), "b")
    installed(detectors_folder(), "a")
    installed(detectors_folder(), ".c")  # being added
    found = settings().resources().detectors
    assert [Path(each.folder).name for each in found] == ["a", "b"]
    (detectors_folder() / "a" / "card.json").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match=r"a/card\.json"):
        settings().resources()


def test_without_detectors_nothing_is_said_and_no_runtime_loaded():
    script = (
        "import sys, tamis.cli\n"
        "from tamis.examinations.signal.detectors import Detectors\n"
        "from tamis.model import Content, MediaKind\n"
        "made = Detectors()\nmade.prepare()\n"
        "assert made.examine(Content(b'', 'png', 'image/png', MediaKind.IMAGE)) == []\n"
        "print([name for name in ('onnxruntime', 'torch') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
