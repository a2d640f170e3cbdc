from itertools import islice

import pytest
import torch
from reference_weights import fill
from thorough import thorough_but
from torch.fx import GraphModule

import mobileseg
from mobileseg.models.rewrites.deploying import deploy
from mobileseg.models.rewrites.tracing import tensors_of

SIZES = [((64, 64), False), ((96, 160), True), ((64, 288), True)]
INSIDE = {"conv2d", "relu", "hardtanh", "relu6", "add", "mul", "cat", "slice", "reshape", "permute", "bmm", "softmax", "avg_pool2d",
          "clamp", "mean", "upsample_bilinear2d"}  # fmt: skip


@pytest.mark.parametrize(("size", "matrices"), thorough_but(SIZES, SIZES[:1]))
def test_the_deploy_model_is_made_by_rewrites_alone(size: tuple[int, int], matrices: bool) -> None:
    """Of operators that are inside the delegate; constant matrices only where the bins of the pyramid's pools overlap."""
    model = fill(mobileseg.create_model("topformer-tiny", num_classes=3), salt=1)
    graph = mobileseg.deploy(model, *size).network
    assert isinstance(graph, GraphModule)
    left = {str(node.target).split(".")[1] for node in graph.graph.nodes if node.op == "call_function"}
    assert left - INSIDE == ({"linear"} if matrices else set())


def test_it_is_traced_once_for_each_size_and_the_mode_stays() -> None:
    model = mobileseg.create_model("topformer-tiny", num_classes=3).train()
    with torch.no_grad():
        first, again = (deploy(model, 64, 64, (1.0, 1.0, 1.0)) for _ in range(2))
    assert all(part.training for part in model.modules())
    assert [*tensors_of(first)] == [*tensors_of(again)]
    one, other = (next(islice(made.parameters(), 1)) for made in (first, again))
    assert torch.equal(one, other) and one is not other


def test_the_transformer_starts_as_the_identity() -> None:
    blocks = mobileseg.create_model("topformer-tiny", num_classes=2).get_submodule("backbone.trans.transformer_blocks")
    x = torch.randn(1, 208, 2, 3)
    with torch.no_grad():
        assert all(torch.count_nonzero(block.get_submodule("attn")(x)) == 0 for block in blocks.children())
