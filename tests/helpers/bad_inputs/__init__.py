"""Inputs that are refused: a file of cases for each kind."""

from bad_inputs import (
    artifacts,
    checkpoints,
    class_lists,
    devices,
    evaluation,
    folders,
    lists,
    options,
    parquet_files,
    public_layouts,
    results,
    safetensors_files,
    sequences,
    training,
)
from bad_inputs.case import Case

KINDS = (
    checkpoints, safetensors_files, folders, class_lists, public_layouts, parquet_files, artifacts, lists, results, sequences, devices,
    evaluation, options, training,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(case for kind in KINDS for case in kind.CASES)
