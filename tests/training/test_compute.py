import pytest
import torch

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.training.compute import PLAIN, Compute, full_float32, mixed_precision
from mobileseg.training.device import CPU


@pytest.mark.parametrize(
    ("capability", "found"), [((9, 0), torch.bfloat16), ((8, 6), torch.bfloat16), ((7, 5), torch.float16), ((6, 1), None)]
)  # fmt: skip
def test_mixed_precision_is_what_the_device_is_fast_in(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], found: torch.dtype | None
) -> None:
    device = torch.device("cuda:0")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert mixed_precision(device, None) is found
    assert mixed_precision(device, False) is mixed_precision(device, None, int8=True) is None
    if found is None:
        with pytest.raises(RequestError, match="a device with mixed precision for --amp"):
            mixed_precision(device, True)
    else:
        assert mixed_precision(device, True) is found


@pytest.mark.parametrize(("macos", "found"), [(14, torch.bfloat16), (13, None)])
def test_mixed_precision_of_mps(monkeypatch: pytest.MonkeyPatch, macos: int, found: torch.dtype | None) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_macos_or_newer", lambda major, minor: (major, minor) <= (macos, 9))
    assert mixed_precision(torch.device("mps"), None) is found


def test_a_cpu_has_mixed_precision_where_it_is_asked_for() -> None:
    assert mixed_precision(CPU, None) is mixed_precision(CPU, False) is None
    assert mixed_precision(CPU, True) is torch.bfloat16


def test_what_is_said_of_it() -> None:
    assert PLAIN.title == "the CPU, float32"
    assert Compute(CPU, torch.bfloat16).precision == "bfloat16"
    assert not PLAIN.scaler().is_enabled()
    assert Compute(CPU, torch.float16).scaler().is_enabled()


def test_too_little_memory_is_said() -> None:
    with pytest.raises(EnvironmentLackError, match=r"more memory on the CPU.*lower --batch-size"), PLAIN.room():
        torch.empty(1 << 58)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), PLAIN.room():
        torch.ones(2, 3) @ torch.ones(2, 3)


def test_evaluation_rounds_to_no_tf32() -> None:
    assert torch.backends.cudnn.allow_tf32  # torch's default
    assert not torch.backends.cuda.matmul.allow_tf32
    with full_float32():
        assert not torch.backends.cudnn.allow_tf32
        assert torch.backends.cudnn.conv.fp32_precision != "tf32"
    assert torch.backends.cudnn.allow_tf32
