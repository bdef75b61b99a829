"""ONNX models run in confined workers, on one thread, and nothing leaves the machine."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import confined_tasks
import pytest
from models import mean_gradient

from conftest import ROOT
from tamis.config import Settings
from tamis.detectors.runtime import Network
from tamis.errors import DetectorError
from tamis.isolate import SafePool, Status

MEMORY = Settings().worker_memory_mib << 20


def test_a_model_runs():
    network = Network(mean_gradient(gain=2.0, bias=1.0), "gradient")
    assert network.run(confined_tasks.stripes(0.5), "logit").tolist() == [2.0]
    assert [name for name, _, _ in network.inputs] == ["picture"]
    assert network.outputs[0][0] == "logit"


def test_what_is_no_model_is_refused_by_name():
    with pytest.raises(DetectorError, match=r"^mean\.onnx: ONNX Runtime refuses it: "):
        Network(b"not a model", "mean.onnx")


def test_a_tensor_it_does_not_take_is_refused_by_name():
    network = Network(mean_gradient(64), "gradient")
    with pytest.raises(DetectorError, match=r"^gradient: ONNX Runtime refuses it: "):
        network.run(confined_tasks.stripes(0.5)[:, :, :32], "logit")


def test_it_runs_confined_when_made_before(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(mean_gradient(gain=2.0, bias=1.0))
    pool = SafePool(
        confined_tasks.score,
        workers=1,
        timeout=60.0,
        memory=MEMORY,
        preload=("tamis.pipeline.warm",),
        initialiser=partial(confined_tasks.prepare, str(path)),
    )
    (outcome,) = pool.map([0.25])
    assert outcome.status is Status.OK, outcome.detail
    assert outcome.value[0] == 1.5
    if sys.platform == "linux":
        assert outcome.value[1] == "1"  # threads: one would be outside of Landlock


def test_it_can_be_made_confined():
    pool = SafePool(
        confined_tasks.build_and_score,
        workers=1,
        timeout=60.0,
        memory=MEMORY,
        preload=("tamis.pipeline.warm",),
        initialiser=confined_tasks.load_library,
    )
    (outcome,) = pool.map([mean_gradient(gain=2.0, bias=1.0)])
    assert outcome.status is Status.OK, outcome.detail
    assert outcome.value[0] == 2.0


def test_loading_it_starts_no_thread_and_leaves_nothing_in_the_home_folder(tmp_path):
    script = (
        "import tamis.isolate.single_thread, os; from tamis.detectors.runtime import load; load();"
        "print(len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 1)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env={"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_the_library_holds_no_uploader():
    import onnxruntime

    folder = Path(onnxruntime.__file__).parent / "capi"
    for library in folder.glob("*pybind11_state*"):
        assert b"Applications6Events" not in library.read_bytes()


def test_nothing_else_loads_the_library():
    users = [
        path.name
        for path in sorted((ROOT / "src").rglob("*.py"))
        if re.search(r"^\s*(import|from) onnxruntime", path.read_text(), re.MULTILINE)
    ]
    assert users == ["runtime.py"]
