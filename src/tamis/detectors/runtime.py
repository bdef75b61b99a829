"""Runs ONNX models on the processor. Nothing else in Tamis loads ONNX Runtime.

One thread, no other provider, no profile and no log of its own. Versions from 1.29 on hold an
uploader of usage data that is on unless the environment says otherwise before the library is
loaded: Tamis asks for earlier ones, and says otherwise all the same.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from tamis.errors import DetectorError
from tamis.i18n import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"
_FATAL = 4
_LONGEST_REASON = 300
DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}
"""Types of samples that an input may have, as ONNX Runtime and numpy name them."""


def load() -> Any:  # noqa: ANN401 - a module without types
    """Load the library and return it; a confined process no longer can.

    Raises:
        DetectorError: it is not installed, or cannot be loaded.
    """
    os.environ[_NO_TELEMETRY] = "1"
    try:
        import onnxruntime  # noqa: PLC0415 - 25 MB that only detectors need
    except ImportError as error:
        raise DetectorError(
            _("detectors need the package onnxruntime: {reason}", reason=error)
        ) from error
    onnxruntime.set_default_logger_severity(_FATAL)
    return onnxruntime


class Network:
    """An ONNX model, ready to run.

    Args:
        model: the whole file; `tamis.detectors.model_file` has looked at it.
        name: of the file, for messages.

    Attributes:
        inputs: name, shape and type of each input, as ONNX Runtime has them. A side that is not
            fixed is a text or None.
        outputs: the same of the outputs.

    Raises:
        DetectorError: ONNX Runtime does not accept the model.
    """

    def __init__(self, model: bytes, name: str) -> None:
        runtime = load()
        self._name = name
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
        options.enable_profiling = False
        options.log_severity_level = _FATAL
        # Without an arena the memory of one picture is given back before the next.
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        try:
            self._session = runtime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"]
            )
        except MemoryError:
            raise
        except Exception as error:  # its errors have no class of their own in common
            raise self._error(error) from error
        self.inputs = [(each.name, each.shape, each.type) for each in self._session.get_inputs()]
        self.outputs = [(each.name, each.shape, each.type) for each in self._session.get_outputs()]

    def run(self, tensor: NDArray[Any], output: str) -> NDArray[np.float64]:
        """Return one output for one input, flattened.

        Args:
            tensor: the only input, of the shape and type the model takes.
            output: which output.

        Raises:
            DetectorError: the model cannot be run on it.
        """
        try:
            (answer,) = self._session.run([output], {self.inputs[0][0]: tensor})
        except MemoryError:
            raise
        except Exception as error:
            raise self._error(error) from error
        return np.asarray(answer, np.float64).ravel()

    def _error(self, error: Exception) -> DetectorError:
        reason = " ".join(str(error).split())[:_LONGEST_REASON]
        return DetectorError(
            _("{file}: ONNX Runtime refuses it: {reason}", file=self._name, reason=reason)
        )
