from pathlib import Path

import pytest
import torch
from reference_weights import fill

import mobileseg
from mobileseg.export import export_model

pytestmark = pytest.mark.thorough  # test_zoo.py has others


def test_one_delegate_where_the_pools_bins_overlap(tmp_path: Path) -> None:
    torch.save(fill(mobileseg.create_model("topformer-tiny", num_classes=19), salt=5).state_dict(), tmp_path / "w.pth")
    options = {"precision": "int8", "size": (96, 160), "weights": str(tmp_path / "w.pth"), "require_delegation": 100.0}
    made = export_model("topformer-tiny", "executorch", output=tmp_path / "model.pte", **options)
    delegation, sqnr = made.manifest.delegation, made.manifest.verification.sqnr_db
    assert delegation is not None
    assert sqnr is not None
    assert (delegation.partitions, delegation.operators_outside) == (1, 0)
    assert sqnr > 15
