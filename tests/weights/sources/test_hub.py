from __future__ import annotations

import pytest

from mobileseg.errors import CheckpointError
from mobileseg.weights.sources.hub import hub_url

VAN = "https://huggingface.co/Visual-Attention-Network/van-base"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("hf://Visual-Attention-Network/van-base/model.safetensors", f"{VAN}/resolve/main/model.safetensors"),
        ("hf://Visual-Attention-Network/van-base/pytorch_model.bin@v1.0", f"{VAN}/resolve/v1.0/pytorch_model.bin"),
        ("hf://Visual-Attention-Network/van-base@v1.0/pytorch_model.bin", f"{VAN}/resolve/v1.0/pytorch_model.bin"),
        ("hf://Visual-Attention-Network/van-base/a/b c.pth@refs/pr/1", f"{VAN}/resolve/refs%2Fpr%2F1/a/b%20c.pth"),
        (
            "hf://a/b/model.safetensors.index.json@0123abc",
            "https://huggingface.co/a/b/resolve/0123abc/model.safetensors.index.json",
        ),
    ],
)
def test_the_address_of_a_file(address: str, url: str) -> None:
    assert hub_url(address) == url


@pytest.mark.parametrize(
    "address",
    [
        "hf://",
        "hf://a",
        "hf://a/b",
        "hf://a/b/",
        "hf://a/b/../c",
        "hf://a/b//c",
        "hf://a/b@1/c@2",
        "hf://../b/c",
        "hf://a/b/c@",
        "hf://a /b/c",
    ],
)
def test_another_form_is_refused(address: str) -> None:
    with pytest.raises(CheckpointError, match="hf://owner/repo/file@revision"):
        hub_url(address)


def test_another_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert hub_url("hf://a/b/c.pth") == "https://mirror.example/a/b/resolve/main/c.pth"
