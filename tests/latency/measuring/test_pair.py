"""Two files timed against each other without their manifests."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from mobileseg.export import export_module
from mobileseg.export.artifact import Artifact
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.measuring.pair import time_pair


def test_the_larger_model_takes_longer_and_no_manifest_is_read(small_onnx: Artifact, tmp_path: Path) -> None:
    height, width = small_onnx.size
    base = shutil.copy(small_onnx.path, tmp_path / "base.onnx")
    large = nn.Sequential(nn.Conv2d(3, 128, 3, padding=1), nn.ReLU(), nn.Conv2d(128, 11, 3, padding=1))
    made = export_module(large, "onnx", size=small_onnx.size, output=tmp_path / "large.onnx")
    found = time_pair(made.path, base, np.zeros((1, 3, height, width), np.float32))
    assert found.interval is not None and 1 < found.interval[0] <= found.value <= found.interval[1]
    assert found.device.startswith("host (") and "1 thread, protocol quick" in found.device


def test_a_file_that_does_not_load_is_an_error_of_the_device(small_onnx: Artifact, tmp_path: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"nothing")
    with pytest.raises(DeviceError, match="bad"):
        time_pair(bad, small_onnx.path, np.zeros((1, 3, *small_onnx.size), np.float32))
