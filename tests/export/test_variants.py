from pathlib import Path

import pytest
import torch
from reference_weights import fill

import mobileseg
from mobileseg.export import export_model

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("variant", ["small", "base", "large"])
def test_every_variant_is_one_delegate(variant: str, tmp_path: Path) -> None:
    name = f"seaformer-{variant}"
    torch.save(fill(mobileseg.create_model(name, num_classes=150), salt=5).state_dict(), tmp_path / "w.pth")
    options = {"precision": "int8", "size": (96, 160), "weights": str(tmp_path / "w.pth"), "require_delegation": 100.0}
    made = export_model(name, "executorch", output=tmp_path / "model.pte", **options)
    delegation = made.manifest.delegation
    assert delegation is not None
    assert (delegation.partitions, delegation.operators_outside) == (1, 0)
