"""``--weights`` with an address: what is behind it becomes a model."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from https_site import Site
from safetensors.torch import save
from torch import Tensor

import mobileseg
from mobileseg.errors import CheckpointError
from mobileseg.files import cache_folder
from mobileseg.models import registry
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import OfficialWeights
from mobileseg.weights.resolve import resolve
from mobileseg.weights.sources.remote import bring

Tensors = dict[str, Tensor]
TINY = MODELS["seaformer-tiny"]


def holds(model: torch.nn.Module, tensors: Tensors) -> bool:
    return all(torch.equal(value, tensors[key]) for key, value in model.state_dict().items())


def test_an_index_brings_its_shards(site: Site, tiny: Tensors) -> None:
    where = {key: f"part {number % 2}.safetensors" for number, key in enumerate(tiny)}
    index = json.dumps({"weight_map": where}).encode()
    site.files = {"/repo/model.safetensors.index.json": index}
    for name in set(where.values()):
        part = save({key: tiny[key] for key in tiny if where[key] == name})
        site.files[f"/repo/{name.replace(' ', '%20')}"] = part
    address = f"{site.base}/repo/model.safetensors.index.json#sha256={hashlib.sha256(index).hexdigest()}"
    assert holds(mobileseg.create_model("seaformer-tiny", weights=address), tiny)
    assert len(site.requests) == 3
    assert holds(mobileseg.create_model("seaformer-tiny", weights=address), tiny)
    assert len(site.requests) == 3
    mobileseg.create_model("seaformer-tiny", weights=address, refresh=True)
    assert len(site.requests) == 6


def test_an_index_that_names_another_host_is_refused(site: Site) -> None:
    site.content = json.dumps({"weight_map": {"a": "//elsewhere/x"}}).encode()
    with pytest.raises(CheckpointError, match="in its own folder"):
        bring(f"{site.base}/w.index.json")


@pytest.mark.parametrize("content", [b'{"error": "gone"}', b"<html><title>Sign in</title></html>"])
def test_what_is_no_index_does_not_stay(site: Site, content: bytes) -> None:
    site.content = content
    with pytest.raises(CheckpointError, match=r"index of shards|an HTML page"):
        bring(f"{site.base}/w.index.json")
    assert not [path for path in cache_folder("weights").rglob("*") if path.is_file()]


def test_a_hub_s_file(site: Site, tiny: Tensors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", site.base)
    site.files = {"/me/net/resolve/v1/w.safetensors": save(tiny)}
    found = resolve("hf://me/net/w.safetensors@v1", TINY)
    assert (found.kind, found.name) == ("url", f"{site.base}/me/net/resolve/v1/w.safetensors")
    assert holds(mobileseg.create_model("seaformer-tiny", weights="hf://me/net/w.safetensors@v1"), tiny)


@pytest.fixture
def official(site: Site, tiny: Tensors, monkeypatch: pytest.MonkeyPatch) -> Callable[[OfficialWeights], None]:
    """Gives the tiny model an official file."""
    site.content = save(tiny)

    def give(file: OfficialWeights) -> None:
        table = {**MODELS, "seaformer-tiny": dataclasses.replace(TINY, official=file)}
        monkeypatch.setattr(registry, "MODELS", table)
        monkeypatch.setattr("mobileseg.models.lookup.MODELS", table)

    return give


def test_the_authors_file(site: Site, tiny: Tensors, official: Callable[[OfficialWeights], None]) -> None:
    digest = hashlib.sha256(site.content).hexdigest()
    official(OfficialWeights("ADE20K", "MIT", url=site.url, sha256=digest))
    model = mobileseg.create_model("seaformer-tiny", weights="official")
    assert holds(model, tiny)
    report = mobileseg.load_weights(model, "official")
    assert (report.weights.licence, report.weights.name, report.weights.sha256) == ("MIT", site.url, digest)


def test_another_file_than_the_authors_is_refused(site: Site, official: Callable[[OfficialWeights], None]) -> None:
    official(OfficialWeights("ADE20K", "MIT", url=site.url, sha256="0" * 64))
    with pytest.raises(CheckpointError, match="sha256 0000"):
        mobileseg.create_model("seaformer-tiny", weights="official")


@pytest.mark.parametrize(
    ("name", "found", "fix"),
    [
        ("axial-resnet26-s", r"plain http.*http://www\.cs\.jhu\.edu", "by hand"),
        ("seaformer-tiny", "Google Drive", "by hand"),
        ("sasa-resnet26", "none released", "train them"),
    ],
)
def test_a_model_without_an_address_says_what_there_is(name: str, found: str, fix: str) -> None:
    with pytest.raises(CheckpointError, match=found) as caught:
        resolve("official", MODELS[name])
    assert fix in caught.value.fix


def test_official_weights_are_data() -> None:
    released = {spec.name: spec.official for spec in MODELS.values() if spec.official}
    fetched = {name for name, found in released.items() if found.fetched}
    assert {"van-b0", "van-b1", "van-b2", "van-b3", "axial-swidernet-1-1-1"} <= fetched
    for name, found in released.items():
        assert found.licence and found.trained_on and (found.url or found.where)
        # What is not fetched is not offered as an address.
        assert ("://" in MODELS[name].official_weights) == (name in fetched)


def test_refresh_of_a_file_on_this_disk_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.pth").touch()
    for name in (str(tmp_path / "w.pth"), "camvid11"):
        with pytest.raises(CheckpointError, match="--refresh with weights that are downloaded"):
            resolve(name, TINY, refresh=True)


def test_an_unreadable_download_may_be_refreshed(site: Site) -> None:
    with pytest.raises(CheckpointError, match="--refresh"):
        mobileseg.create_model("seaformer-tiny", weights=site.url)
