"""Every operation of the table against its formula in coremltools' reference, written down again in NumPy."""

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from mil_programs import Array, evaluate, operations

from mobileseg.export.backends.coreml.interpreter.operations import OPERATIONS

pytestmark = pytest.mark.slow

X = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype(np.float32)
Y = np.random.default_rng(2).normal(size=(3, 1, 5)).astype(np.float32)
P = np.abs(X) + np.float32(0.1)
ELSEWHERE = {  # have files of their own
    *(
        "conv",
        "conv_transpose",
        "avg_pool",
        "max_pool",
        "quantize",
        "dequantize",
        "constexpr_affine_dequantize",
        "constexpr_cast",
    ),
    "constexpr_blockwise_shift_scale",
    "constexpr_lut_to_dense",
    *("resize", "resize_bilinear", "upsample_bilinear", "upsample_nearest_neighbor"),
}


class Case(NamedTuple):
    operation: str
    build: Callable[[Any, Any], Any]
    expected: Callable[[Array], Any]
    x: Array = X


def one(name: str, expected: Callable[[Array], Any], x: Array = X, **parameters: Any) -> Case:
    return Case(name, lambda mb, v: getattr(mb, name)(x=v, **parameters), expected, x)


def two(name: str, expected: Callable[[Array, Array], Any], x: Array = X, y: Array = Y) -> Case:
    return Case(name, lambda mb, v: getattr(mb, name)(x=v, y=y), lambda v: expected(v, y), x)


def truth(name: str, expected: Callable[[Array, Array], Any]) -> Case:
    def build(mb: Any, v: Any) -> Any:
        return getattr(mb, name)(x=mb.greater(x=v, y=0.0), y=mb.less(x=v, y=1.0))

    return Case(name, build, lambda v: expected(v > 0, v < 1))


def erf(v: Array) -> Array:
    return np.vectorize(math.erf)(v)


def softmax(v: Array, axis: int) -> Array:
    powers = np.exp(v.astype(np.float64))
    return powers / powers.sum(axis, keepdims=True)


def standard(v: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    return (v - v.mean(axes, keepdims=True)) / np.sqrt(v.var(axes, keepdims=True) + epsilon)


def channel(*values: float) -> Array:
    return np.array(values, np.float32)


MEAN, VARIANCE, GAMMA, BETA = channel(0.1, -0.2, 0.3), channel(0.5, 1, 2), channel(1, 2, 3), channel(-1, 0, 1)
FACTOR = np.array([[1, 2, 3], [-1, 0, 2]], np.float32)
MASKS = {
    "begin_mask": [True, False, False, True],
    "end_mask": [True, False, True, False],
    "squeeze_mask": [False, True, False, False],
}
EQUAL = np.where(np.arange(60).reshape(3, 4, 5) % 2, X[0], Y)


def moved(v: Array, gamma: Array, beta: Array) -> Array:
    return v * gamma.reshape(-1, 1, 1) + beta.reshape(-1, 1, 1)


def batch_norm(v: Array) -> Array:
    return moved((v - MEAN.reshape(-1, 1, 1)) / np.sqrt(VARIANCE.reshape(-1, 1, 1) + 0.01), GAMMA, BETA)


def shuffled(v: Array) -> Array:
    return v.reshape(1, 3, 2, 2, 2, 5).transpose(0, 1, 4, 2, 5, 3).reshape(1, 3, 4, 10)


def interleaved(mb: Any, v: Any) -> Any:
    return mb.concat(values=(v, mb.abs(x=v)), axis=1, interleave=True)


CASES = [
    two("add", np.add),
    two("sub", np.subtract),
    two("mul", np.multiply),
    two("real_div", np.divide),
    two("floor_div", np.floor_divide),
    two("mod", np.mod),
    two("pow", np.power, P),
    two("maximum", np.maximum),
    two("minimum", np.minimum),
    two("equal", np.equal, EQUAL),
    two("not_equal", np.not_equal, EQUAL),
    two("greater", np.greater, EQUAL),
    two("greater_equal", np.greater_equal, EQUAL),
    two("less", np.less, EQUAL),
    two("less_equal", np.less_equal, EQUAL),
    truth("logical_and", np.logical_and),
    truth("logical_or", np.logical_or),
    Case("logical_not", lambda mb, v: mb.logical_not(x=mb.greater(x=v, y=0.0)), lambda v: ~(v > 0)),
    Case("select", lambda mb, v: mb.select(cond=mb.greater(x=v, y=0.0), a=v, b=Y), lambda v: np.where(v > 0, v, Y)),
    one("abs", np.abs),
    one("ceil", np.ceil),
    one("cos", np.cos),
    one("erf", erf),
    one("exp", np.exp),
    one("floor", np.floor),
    one("sign", np.sign),
    one("sin", np.sin),
    one("sqrt", np.sqrt, P),
    one("square", np.square),
    one("tanh", np.tanh),
    one("cast", lambda v: v.astype(np.int32), X * 9, dtype="int32"),
    one("clip", lambda v: np.clip(v, -0.5, 0.75), alpha=-0.5, beta=0.75),
    one("inverse", lambda v: 1 / (v + 0.25), P, epsilon=0.25),
    one("inverse", lambda v: 1 / (v + 1e-4), P * 1e-3),
    one("log", lambda v: np.log(v + 0.25), P, epsilon=0.25),
    one("log", np.log, P),
    one("rsqrt", lambda v: 1 / np.sqrt(v + 0.25), P, epsilon=0.25),
    one("relu", lambda v: np.maximum(v, 0)),
    one("relu6", lambda v: np.minimum(np.maximum(v, 0), 6), X * 9),
    one("sigmoid", lambda v: 1 / (1 + np.exp(-v))),
    one("silu", lambda v: v / (1 + np.exp(-v))),
    one("softplus", lambda v: np.log(1 + np.exp(v))),
    one("gelu", lambda v: 0.5 * v * (1 + erf(v / math.sqrt(2)))),
    one("gelu", lambda v: 0.5 * v * (1 + np.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))), mode="TANH_APPROXIMATION"),
    one("gelu", lambda v: v / (1 + np.exp(-1.702 * v)), mode="SIGMOID_APPROXIMATION"),
    one("leaky_relu", lambda v: np.where(v >= 0, v, 0.1 * v), alpha=0.1),
    one("clamped_relu", lambda v: np.minimum(0.5, np.where(v >= 0, v, 0.1 * v)), alpha=0.1, beta=0.5),
    one("thresholded_relu", lambda v: np.where(v >= -0.3, v, 0), alpha=-0.3),
    one("threshold", lambda v: np.maximum(v, 0.3), alpha=0.3),
    one("elu", lambda v: np.where(v > 0, v, 0.5 * (np.exp(v) - 1)), alpha=0.5),
    one("prelu", lambda v: np.where(v > 0, v, channel(0.1, 0.2, -0.3).reshape(3, 1, 1) * v), alpha=channel(0.1, 0.2, -0.3)),
    one("softsign", lambda v: v / (1 + np.abs(v))),
    one("scaled_tanh", lambda v: 2 * np.tanh(0.5 * v), alpha=2.0, beta=0.5),
    one("atan", np.arctan),
    one("sigmoid_hard", lambda v: np.clip(0.2 * v + 0.5, 0, 1), X * 3, alpha=0.2, beta=0.5),
    one("linear_activation", lambda v: 2 * v - 3, alpha=2.0, beta=-3.0),
    one("softmax", lambda v: softmax(v, -1)),
    one("softmax", lambda v: softmax(v, 1), axis=1),
    one("linear", lambda v: v @ FACTOR.T + BETA[:2], X[0, :, :, :3], weight=FACTOR, bias=BETA[:2]),
    two("matmul", np.matmul, y=X.reshape(2, 3, 5, 4)),
    two("matmul", np.matmul, y=X[0, 0].T.copy()),
    Case("matmul", lambda mb, v: mb.matmul(x=v, y=v, transpose_x=True), lambda v: v.swapaxes(-1, -2) @ v),
    Case("matmul", lambda mb, v: mb.matmul(x=v, y=v, transpose_y=True), lambda v: v @ v.swapaxes(-1, -2)),
    one("batch_norm", batch_norm, mean=MEAN, variance=VARIANCE, gamma=GAMMA, beta=BETA, epsilon=0.01),
    one("instance_norm", lambda v: moved(standard(v, (2, 3), 0.01), GAMMA, BETA), gamma=GAMMA, beta=BETA, epsilon=0.01),
    one("layer_norm", lambda v: moved(standard(v, (1,), 1e-5), GAMMA, BETA), axes=[1], gamma=GAMMA, beta=BETA),
    one("layer_norm", lambda v: standard(v, (2, 3), 0.01) * X[0, 0], axes=[-1, -2], gamma=X[0, 0], epsilon=0.01),
    one("l2_norm", lambda v: v / np.sqrt((v * v).sum((1, 2, 3), keepdims=True) + 0.01), epsilon=0.01),
    one("reduce_sum", lambda v: v.sum((1, 3)), axes=[1, -1]),
    one("reduce_sum", lambda v: v.sum(keepdims=True), keep_dims=True),
    one("reduce_mean", lambda v: v.mean((2, 3), keepdims=True), axes=[2, 3], keep_dims=True),
    one("reduce_max", lambda v: v.max(1), axes=[1]),
    one("reduce_min", lambda v: v.min(1), axes=[1]),
    one("reduce_sum_square", lambda v: (v * v).sum(2), axes=[2]),
    one("reduce_l2_norm", lambda v: np.sqrt((v * v).sum(2)), axes=[2]),
    one("reduce_argmax", lambda v: v.argmax(1), axis=1),
    one("reduce_argmin", lambda v: v.argmin(-1)[..., None], keep_dims=True),
    one("reduce_log_sum_exp", lambda v: np.log(np.exp(v).sum((2, 3))), axes=[2, 3]),
    one("pixel_shuffle", shuffled, X.reshape(1, 12, 2, 5), upscale_factor=2),
    one("identity", lambda v: v),
    one("reshape", lambda v: v.reshape(6, 20), shape=[-1, 20]),
    one("reshape", lambda v: v.reshape(1, 1, 12, 10), X.reshape(12, 10), shape=[1, 0, -1, 0]),
    one("reshape", lambda v: v.reshape(2, 3, 20), shape=[2, 3, -1]),
    one("transpose", lambda v: v.transpose(2, 0, 3, 1), perm=[2, 0, 3, 1]),
    one("expand_dims", lambda v: v[None, ..., None, :], X[0], axes=[0, -2]),
    one("squeeze", lambda v: v[:, 0], X[:, :1], axes=[1]),
    Case("concat", lambda mb, v: mb.concat(values=(v, v, X[:, :1]), axis=-3), lambda v: np.concatenate((v, v, X[:, :1]), 1)),
    Case("concat", interleaved, lambda v: np.stack((v, np.abs(v)), 2).reshape(2, 6, 4, 5)),
    Case("stack", lambda mb, v: mb.stack(values=(v, mb.abs(x=v)), axis=1), lambda v: np.stack((v, np.abs(v)), 1)),
    one("split", lambda v: (v[:, :, :1], v[:, :, 1:]), split_sizes=[1, 3], axis=2),
    one("split", lambda v: (v[:, :, :2], v[:, :, 2:]), num_splits=2, axis=-2),
    one("tile", lambda v: np.tile(v, (1, 2, 1, 3)), reps=[1, 2, 1, 3]),
    one("slice_by_index", lambda v: v[0:2, 1:3, -3:-1, ::2], begin=[0, 1, -3, 0], end=[2, 3, -1, 5], stride=[1, 1, 1, 2]),
    one("slice_by_index", lambda v: v[:, 2, 1:, :3], begin=[1, 2, 1, 2], end=[2, 0, 2, 3], **MASKS),
    one("slice_by_index", lambda v: v[..., 3:0:-2], begin=[0, 0, 0, 3], end=[2, 3, 4, 0], stride=[1, 1, 1, -2]),
    one("slice_by_size", lambda v: v[:, 1:3, 2:, :], begin=[0, 1, 2, 0], size=[2, 2, -1, 5]),
    one("pad", lambda v: np.pad(v, ((0, 0), (0, 0), (1, 2), (0, 3)), constant_values=7), pad=[1, 2, 0, 3], constant_val=7.0),
    one("pad", lambda v: np.pad(v, ((0, 0), (1, 1), (3, 0), (2, 4)), "reflect"), pad=[0, 0, 1, 1, 3, 0, 2, 4], mode="reflect"),
    one("pad", lambda v: np.pad(v, ((0, 0), (0, 0), (0, 0), (2, 3)), "edge"), pad=[2, 3], mode="replicate"),
]  # fmt: skip


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Array, ...]]:
    """By a case's id, its results: of one program for all cases with the same input, since each takes a second to write."""
    found: dict[int, tuple[Array, ...]] = {}
    for x in {id(case.x): case.x for case in CASES}.values():
        cases, folder = [case for case in CASES if case.x is x], tmp_path_factory.mktemp("program")
        lengths: list[int] = []

        def build(mb: Any, v: Any, cases: list[Case] = cases, lengths: list[int] = lengths) -> Any:
            made = [case.build(mb, v) for case in cases]
            lists = [one if isinstance(one, tuple | list) else (one,) for one in made]
            lengths[:] = map(len, lists)
            return tuple(one for each in lists for one in each)

        outputs = iter(evaluate(build, x, folder))
        found |= {
            id(case): tuple(itertools.islice(outputs, length)) for case, length in zip(cases, lengths, strict=True)
        }
        assert {case.operation for case in cases} <= set(operations(folder / "one.mlpackage"))
    return found


@pytest.mark.parametrize("case", CASES, ids=[f"{case.operation}-{i}" for i, case in enumerate(CASES)])
def test_an_operation_is_what_its_reference_says(case: Case, evaluated: dict[int, tuple[Array, ...]]) -> None:
    found = evaluated[id(case)]
    expected = case.expected(case.x)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for value, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, np.asarray(wanted), rtol=2e-5, atol=2e-6)


def test_every_operation_has_a_test() -> None:
    assert set(OPERATIONS) == {case.operation for case in CASES} | ELSEWHERE
