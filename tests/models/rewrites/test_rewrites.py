"""Every rewrite alone, on tiny tensors: the same numbers to float rounding, and the operators that it is there to take out are gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from mobileseg.models.card import ModelCard
from mobileseg.models.foreign.network import ForeignNetwork
from mobileseg.models.foreign.skeleton import network_at
from mobileseg.models.rewrites import apply as applying
from mobileseg.models.rewrites.program import Formula, Program
from mobileseg.models.rewrites.table import REWRITES
from mobileseg.registry import load

SIDE = st.sampled_from([2, 4, 6])
Function = Callable[[Tensor], Tensor]


class Calls(nn.Module):
    def __init__(self, function: Function, *parts: nn.Module) -> None:
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def program_of(module: nn.Module, x: Tensor) -> Program:
    """The exported graph of a module, every constant its own formula."""
    graph = torch.export.export(module.eval(), (x,), strict=False).module()
    for node in list(graph.graph.nodes):
        if node.op == "call_module":
            graph.graph.erase_node(node)
    graph.graph.set_codegen(torch.fx.graph.CodeGen())
    output = next(node for node in graph.graph.nodes if node.op == "output")
    output.args = tuple(output.all_input_nodes)
    graph.graph.eliminate_dead_code()
    tensors = {
        **dict(graph.named_parameters(remove_duplicate=False)),
        **dict(graph.named_buffers(remove_duplicate=False)),
    }
    formulas = {}
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            formulas[str(node.target)] = (
                Formula(key=str(node.target)) if node.target in tensors else Formula(value=getattr(graph, node.target))
            )
    program = Program(graph.graph, formulas, tensors).copy()
    program.run(x)
    return program


def check(name: str, module: nn.Module, x: Tensor, gone: tuple[str, ...], there: tuple[str, ...] = ()) -> Program:
    """The rewrite ``name`` on ``module`` leaves no operator of ``gone``, and changes no number."""
    torch.manual_seed(0)
    program = program_of(module, x)
    with torch.no_grad():
        wanted = module(x.clone())
    row = next(row for row in REWRITES if row.name == name)
    assert load(row.apply)(program)
    program.clean()
    found = program.run(x)
    spread = float(wanted.max() - wanted.min()) or 1.0
    assert found.shape == wanted.shape
    assert float((found - wanted).abs().max()) <= 1e-5 * max(spread, 1.0)
    operators = {
        str(node.target).split(".")[1]
        for node in program.graph.nodes
        if node.op == "call_function" and "." in str(node.target)
    }
    assert not operators & set(gone), operators
    assert set(there) <= operators, operators
    return program


def maps(channels: int = 4, height: int = 4, width: int = 6) -> Tensor:
    return torch.randn(1, channels, height, width, generator=torch.Generator().manual_seed(1))


FEW = settings(max_examples=3, deadline=None)


@FEW
@given(height=SIDE, width=SIDE, tall=st.integers(1, 3), wide=st.integers(1, 3))
def test_nearest(height: int, width: int, tall: int, wide: int) -> None:
    size = (height * tall, width * wide)
    check("nearest", Calls(lambda x: F.interpolate(x, size=size)), maps(3, height, width), ("upsample_nearest2d",))


@FEW
@given(axes=st.sampled_from([(1,), (2,), (3,), (2, 3)]), keep=st.booleans())
def test_sums(axes: tuple[int, ...], keep: bool) -> None:
    check("sums", Calls(lambda x: x.sum(axes, keepdim=keep)), maps(), ("sum",))


def test_a_sum_of_a_stack() -> None:
    check("sums", Calls(lambda x: torch.stack([x, x * 2, x + 1]).sum(0)), maps(), ("sum", "stack"), ("add",))


@FEW
@given(axes=st.sampled_from([(2,), (3,), (-1,), (2, 3)]), keep=st.booleans())
def test_means(axes: tuple[int, ...], keep: bool) -> None:
    if axes == (2, 3):
        keep = False
    check("means", Calls(lambda x: x.mean(axes, keepdim=keep)), maps(), () if axes == (2, 3) else ("mean",))


@FEW
@given(groups=st.sampled_from([1, 2, 4]), affine=st.booleans(), height=SIDE)
def test_group_norm(groups: int, affine: bool, height: int) -> None:
    norm = nn.GroupNorm(groups, 4, affine=affine)
    check("norms", Calls(norm, norm), maps(4, height), ("group_norm",), ("rsqrt",))


@FEW
@given(size=st.sampled_from([4, 6]), affine=st.booleans())
def test_layer_norm(size: int, affine: bool) -> None:
    norm = nn.LayerNorm(size, elementwise_affine=affine)
    program = check("norms", Calls(norm, norm), maps(2, 3, size), ("layer_norm",), ("linear", "rsqrt"))
    assert list(program.reasons) == ["function.norm"]  # stays float in int8, and under its module's name


@FEW
@given(bias=st.booleans(), groups=st.sampled_from([1, 4]), affine=st.booleans())
def test_batch_norm(bias: bool, groups: int, affine: bool) -> None:
    norms = [nn.BatchNorm2d(4, affine=affine), nn.BatchNorm2d(8, affine=affine), nn.BatchNorm2d(4, affine=affine)]
    for norm in norms:
        nn.init.uniform_(norm.running_mean, -1, 1)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    conv, up = nn.Conv2d(4, 8, 3, groups=groups, bias=bias), nn.ConvTranspose2d(8, 4, 2, 2, bias=bias)
    chain = nn.Sequential(norms[0], conv, norms[1], up, norms[2])
    program = check("batchnorm", chain, maps(4, 6, 6), ("batch_norm",))
    assert len(program.calls(torch.ops.aten.conv2d.default)) == 2  # the first norm, and the one convolution


@FEW
@given(cells=st.tuples(st.integers(1, 4), st.integers(1, 6)))
def test_adaptive_pooling(cells: tuple[int, int]) -> None:
    check("pooling", Calls(lambda x: F.adaptive_avg_pool2d(x, cells) * 2), maps(2, 4, 6), ("adaptive_avg_pool2d",))


@pytest.mark.parametrize(
    ("pool", "gone"),
    [
        (nn.AvgPool2d(3, 1, 1), ("avg_pool2d",)),
        (nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False), ()),
        (nn.MaxPool2d(2, 2, ceil_mode=True), ()),
    ],
)
def test_pools(pool: nn.Module, gone: tuple[str, ...]) -> None:
    program = check("pooling", pool, maps(), gone)
    assert not any(True in node.args[4:6] for node in program.graph.nodes if node.op == "call_function")


@FEW
@given(heads=st.integers(1, 3), masked=st.booleans())
def test_attention(heads: int, masked: bool) -> None:
    mask = torch.randn(1, 1, 4, 4) if masked else None

    def attend(x: Tensor) -> Tensor:
        one = x.reshape(1, heads, 4, 6)
        return F.scaled_dot_product_attention(one, one * 0.5, one + 1, attn_mask=mask)

    check("attention", Calls(attend), maps(heads, 4, 6), ("scaled_dot_product_attention",), ("bmm", "softmax"))


def test_products() -> None:
    check("attention", Calls(lambda x: x @ (x * 2).transpose(-1, -2)), maps(), ("matmul",), ("bmm",))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.cat(torch.chunk(x, 2, 1)[::-1], 1),
        lambda x: torch.cat(x.split([1, 3], 1)[::-1], 1),
        lambda x: x.unbind(2)[1] + x[:, :, 0],
        lambda x: x.reshape(1, 2, 2, 4, 6)[:, 1] * 2,
    ],
)
def test_splits(function: Function) -> None:
    check("splits", Calls(function), maps(), ("chunk", "split", "split_with_sizes", "unbind", "select"), ("slice",))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.transpose(1, 2).flatten(2) * 2,
        lambda x: x.unsqueeze(0).squeeze(1) + 1,
        lambda x: F.pixel_shuffle(x, 2) * 3,
        lambda x: x.flatten(2).transpose(-1, -2).unflatten(1, (4, 6)) * 2,
    ],
)
def test_shapes(function: Function) -> None:
    check(
        "shapes",
        Calls(function),
        maps(),
        ("transpose", "flatten", "unsqueeze", "squeeze", "pixel_shuffle", "unflatten"),
    )


@pytest.mark.parametrize(
    "function", [lambda x: x + 3, lambda x: (2 - x) / 4, lambda x: 2 * x - 1, lambda x: torch.sub(x, 3, alpha=2)]
)
def test_scalars(function: Function) -> None:
    program = check("scalars", Calls(function), maps(), ("rsub", "div", "sub"))
    assert not any(
        isinstance(value, int) for node in program.graph.nodes if node.op == "call_function" for value in node.args
    )


@pytest.mark.parametrize("activation", [nn.Hardsigmoid(), nn.SiLU(), nn.Sequential(nn.Identity(), nn.Hardsigmoid())])
def test_activations(activation: nn.Module) -> None:
    check("activations", activation, 4 * maps(), ("hardsigmoid", "silu"))


def test_what_is_done_in_place() -> None:
    def function(x: Tensor) -> Tensor:
        x = x * 2
        return F.silu(F.relu(F.hardswish(x + 1, inplace=True), inplace=True), inplace=True)

    check("activations", Calls(function), maps(), ("silu", "silu_", "relu_", "hardswish_"))


@FEW
@given(kernel=st.integers(1, 4), dilation=st.integers(1, 2), groups=st.sampled_from([1, 4]))
def test_same_padding(kernel: int, dilation: int, groups: int) -> None:
    conv = nn.Conv2d(4, 4, kernel, padding="same", dilation=dilation, groups=groups)
    program = check("padding", conv, maps(), ())
    assert not program.calls(torch.ops.aten.conv2d.padding)


@FEW
@given(
    kernel=st.sampled_from([6, 7, (5, 9)]),
    dilation=st.integers(1, 2),
    stride=st.integers(1, 2),
    multiple=st.integers(1, 2),
)
def test_depthwise(kernel: int | tuple[int, int], dilation: int, stride: int, multiple: int) -> None:
    conv = nn.Conv2d(4, 4 * multiple, kernel, stride, padding=8, dilation=dilation, groups=4)
    program = check("depthwise", conv, maps(4, 8, 9), (), ("add",))
    parts = program.calls(torch.ops.aten.conv2d.default)
    assert all(program.value(part.args[1])[0, 0].numel() <= 25 for part in parts)  # type: ignore[arg-type]
    assert sum(part.args[2] is not None for part in parts) == 1  # the bias is added once


@pytest.mark.parametrize(
    "conv",
    [nn.Conv2d(4, 4, 7, groups=4), nn.Conv2d(4, 4, 5, padding=2, groups=4), nn.Conv2d(4, 4, 7, padding=3, groups=2)],
)
def test_convolutions_that_are_not_split(conv: nn.Module) -> None:
    """Parts of the first would have to crop their input; the second is small, the third not depthwise."""
    program = program_of(conv, maps(4, 8, 9))
    assert not load(next(row for row in REWRITES if row.name == "depthwise").apply)(program)


@pytest.mark.parametrize("others", [0, 1])
def test_concatenations_of_nothing(others: int) -> None:
    def function(x: Tensor) -> Tensor:
        return torch.cat([x[:, :0], x, *[x * 2] * others], 1) + 1

    program = check("cats", Calls(function), maps(), () if others else ("cat",))
    assert all(len(node.args[0]) == 2 for node in program.calls(torch.ops.aten.cat.default))  # type: ignore[arg-type]


def test_softmax_of_maps() -> None:
    program = check("softmaxes", Calls(lambda x: x.softmax(-1)), maps(), (), ("reshape",))
    assert all(node.meta["val"].dim() == 3 for node in program.calls(torch.ops.aten.softmax.int))
    for axis in (1, 2):  # which the delegate refuses by itself
        other = program_of(Calls(lambda x: x.softmax(axis)), maps())  # noqa: B023  # it is called at once
        assert not load(next(row for row in REWRITES if row.name == "softmaxes").apply)(other)


@FEW
@given(sides=st.integers(0, 2), down=st.integers(0, 2))
def test_pads_before_convolutions(sides: int, down: int) -> None:
    chain = nn.Sequential(nn.ZeroPad2d((sides, sides, down, down)), nn.Conv2d(4, 2, 3, padding=1))
    check("padding", chain, maps(), ("pad", "constant_pad_nd"))


@FEW
@given(factor=st.sampled_from([2, 1.5, 1]), aligned=st.booleans())
def test_resizes(factor: float, aligned: bool) -> None:
    check(
        "resizes",
        Calls(lambda x: F.interpolate(x + 1, scale_factor=factor, mode="bilinear", align_corners=aligned)),
        maps(),
        (),
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + x.mean((2, 3), keepdim=True).expand(1, 4, 4, 6),
        lambda x: torch.cat([x, x[:, :1].expand(1, 4, 4, 6)], 1),
    ],
)
def test_expands(function: Function) -> None:
    check("expands", Calls(function), maps(), ("expand",))


def test_copies() -> None:
    chain = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(4, 2, 1), nn.Dropout2d(0.5, inplace=True))
    check(
        "copies",
        Calls(lambda x: chain(x).clone().contiguous().reshape(1, 2, 4, 6) * 2, chain),
        maps(),
        ("dropout", "clone", "feature_dropout", "feature_dropout_"),
    )


def test_a_view_of_what_was_made_contiguous() -> None:
    check(
        "copies", Calls(lambda x: x.permute(0, 2, 3, 1).contiguous().view(1, 24, 4) * 2), maps(), ("contiguous", "view")
    )


def test_the_table_is_whole() -> None:
    assert len({row.name for row in REWRITES}) == len(REWRITES)
    assert all(callable(load(row.apply)) and row.algebra for row in REWRITES)


def wrong(program: Program) -> bool:
    for node in program.calls(torch.ops.aten.conv2d.default):
        program.replace(
            node,
            program.call(torch.ops.aten.mul.Tensor, (program.call(node.target, node.args, like=node), 1.01), like=node),
        )  # type: ignore[arg-type]
    return True


def broken(program: Program) -> bool:
    for node in program.calls(torch.ops.aten.conv2d.default):
        program.replace(node, program.call(torch.ops.aten.reshape.default, (node.args[0], [1, -1]), like=node))
    return True


@pytest.mark.parametrize(("name", "words"), [("wrong", "the output would change by"), ("broken", "not applied")])
def test_a_rewrite_that_does_not_hold_is_not_applied_and_says_so(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from mobileseg.models.rewrites.table import Rewrite

    monkeypatch.setattr(applying, "REWRITES", (Rewrite(name, "nothing holds", name), *REWRITES))
    monkeypatch.setattr(applying, "load", lambda path: globals()[path] if path in globals() else load(path))
    network = ForeignNetwork(nn.Conv2d(3, 2, 3, padding=1), ModelCard(name="x")).eval()
    with torch.no_grad():
        graph = network_at(network, 8, 8, (1.0, 1.0, 1.0))
        x = torch.randn(1, 3, 8, 8)
        assert torch.allclose(graph(x), network(x), atol=1e-6)
    assert f"rewrite {name} not applied" in caplog.text and words in caplog.text
