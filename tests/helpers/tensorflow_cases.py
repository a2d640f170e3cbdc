"""deeplab2's variables: their names, the values that the golden output was made with, and checkpoints of them.

As a program, ``python tensorflow_cases.py NAME PREFIX ...``, it writes one for each pair: TensorFlow does not fit into the tests'
process.
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent.parent / "golden" / "tensorflow"


def variables(name: str) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape, and path through the objects of every variable, in deeplab2's order."""
    rows = (line.split() for line in (FOLDER / f"{name}.txt").read_text().splitlines())
    return [(variable, tuple(map(int, shape.split(","))), path) for variable, shape, path in rows]


def draw(variable: str, shape: tuple[int, ...], salt: int = 0) -> np.ndarray:
    """The float32 value of a variable: it depends on its name, its shape and the salt alone."""
    g = np.random.default_rng(zlib.crc32(variable.encode()) + salt)
    last = variable.rpartition("/")[2]
    if last in ("moving_mean", "beta", "bias"):
        value = 0.1 * g.standard_normal(shape)
    elif last == "moving_variance":
        value = 0.5 + g.random(shape)
    elif last == "gamma":
        value = (0.25 if "batch_norm_similarity" in variable else 1.0) * (0.5 + g.random(shape))
    elif last == "embeddings":
        value = 0.5 * g.standard_normal(shape)
    elif last == "qkv_kernel":
        value = 0.5 * g.standard_normal(shape) / np.sqrt(shape[0])
    elif last == "depthwise_kernel":
        value = g.standard_normal(shape) / np.sqrt(shape[0] * shape[1])
    elif last == "kernel":
        gain = 0.5 if variable.endswith(("conv3_bn/conv/kernel", "conv2_bn/conv/kernel")) else 1.0
        value = gain * g.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))
    else:
        raise ValueError(f"no rule for {variable}")
    return np.asarray(value).astype(np.float32)


def write(name: str, prefix: str) -> None:
    """What deeplab2's trainer writes: the network's objects, the optimizer with its slots, the step."""
    import tensorflow as tf

    root = tf.train.Checkpoint()
    weights = {}
    for variable, shape, path in variables(name):
        *scopes, last = path.split("/")
        node = root
        for scope in scopes:
            if not hasattr(node, scope):
                setattr(node, scope, tf.Module())
            node = getattr(node, scope)
        weights[path] = tf.Variable(draw(variable, shape))
        setattr(node, last, weights[path])
    kernel = weights["semantic_last_layer/kernel"]
    root.global_step = tf.Variable(60000, dtype=tf.int64)
    root.optimizer = tf.compat.v1.train.AdamOptimizer(0.0)
    root.optimizer.apply_gradients([(tf.zeros_like(kernel), kernel)])
    root.save(prefix)


if __name__ == "__main__":
    write(*sys.argv[1:])
