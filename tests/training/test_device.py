import pytest
import torch

from mobileseg.errors import EnvironmentLackError, UnknownNameError
from mobileseg.training.device import CPU, choose_device, title_of

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
without_mps = pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is an MPS device")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CUDA", "cpu:0", "", "mps:1"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="auto, cpu, cuda, cuda:N or mps"):
        choose_device(name)


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == CPU
    assert title_of(CPU) == "the CPU"


@without_cuda
@without_mps
def test_auto_is_the_cpu_where_there_is_nothing_else() -> None:
    assert choose_device() == choose_device("auto") == CPU


@without_cuda
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_a_cuda_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(EnvironmentLackError, match=rf"{name} for --device {name}; found .*; fix: --device auto"):
        choose_device(name)


@without_mps
def test_an_mps_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(EnvironmentLackError, match=r"mps for --device mps; found .*built without MPS"):
        choose_device("mps")


def test_a_number_beyond_the_last_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "GPU-X")
    monkeypatch.setattr(torch.version, "cuda", "13.2")
    with pytest.raises(EnvironmentLackError, match=r"cuda:3 for --device cuda:3; found cuda:0 \(GPU-X\) alone"):
        choose_device("cuda:3")


@without_cuda
def test_a_device_that_torch_cannot_compute_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch says that there is one; the first operator fails."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", "13.2")
    with pytest.raises(EnvironmentLackError, match=r"a cuda that torch .* can compute on; found .*; fix: --device cpu"):
        choose_device("cuda")
