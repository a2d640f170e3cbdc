"""The process that reads a TensorFlow checkpoint: ``python tensorflow_reader.py PREFIX OUT``, started by ``tensorflow.py``.

If it exits with ``UNREADABLE``, the last line on stdout is the reason. It imports nothing from mobileseg.
"""

from __future__ import annotations

import sys

UNREADABLE = 65  # EX_DATAERR
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
SLOT = "/.OPTIMIZER_SLOT/"
BOOKKEEPING = (
    "optimizer",
    "save_counter",
    "global_step",
    "step",
    "iteration",
)  # saved by trainers, not part of the network


def is_weight(key: str) -> bool:
    """Whether a key of a checkpoint is a variable of the network, not of the trainer."""
    return key.endswith(VALUE) and SLOT not in key and key.partition("/")[0] not in BOOKKEEPING


def main(prefix: str, out: str) -> int:
    """Write the network's variables by object path into the safetensors file ``out``; returns the exit code."""
    import numpy as np
    import tensorflow as tf
    from safetensors.numpy import save_file

    try:
        reader = tf.train.load_checkpoint(prefix)
        keys = sorted(reader.get_variable_to_shape_map())
        arrays = {key.removesuffix(VALUE): np.asarray(reader.get_tensor(key)) for key in keys if is_weight(key)}
    except Exception as error:  # the reader raises nearly any exception on a damaged file
        sys.stdout.write(f"{type(error).__name__}: {error}".partition("\n")[0][:200])
        return UNREADABLE
    if not arrays:
        sys.stdout.write(f"no variables of an object graph among {len(keys)} entries ({', '.join(keys[:3])})")
        return UNREADABLE
    wide = {key: a if a.dtype.kind in "iuf" else a.astype(np.float32) for key, a in arrays.items()}  # bfloat16 is none
    save_file({key: np.ascontiguousarray(array) for key, array in wide.items()}, out)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
