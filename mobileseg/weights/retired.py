"""Weights that an earlier mobileseg bundled: what became of them, for whoever holds an artifact that was made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RetiredWeights:
    """``name``: with its version; the first were bundled under the name alone. ``replaced_by``: the bundled name that came instead.
    ``revision``, ``path``: where the file is in the project's history."""

    name: str
    model: str
    sha256: str
    replaced_by: str
    revision: str
    path: str

    @property
    def found(self) -> str:
        """Why they are not here, in words."""
        return f"{self.name} of {self.model} is no longer bundled: {self.replaced_by} came in its place"

    @property
    def fix(self) -> str:
        """How to get them back, in words."""
        return (
            f"take them from the project's history (git show {self.revision}:{self.path} > {self.name}.safetensors) and give that "
            f"file with --weights, or export again with {self.replaced_by}"
        )


ROWS = (
    RetiredWeights(
        name="camvid11-v0",
        model="seaformer-tiny",
        sha256="6ee9768ec81cf8fe473f010a5fd4457eaa304498caee3c6556589c61bd4624bb",
        replaced_by="camvid11-v1",
        revision="bde93b2",
        path="mobileseg/weights/bundled/seaformer-tiny_camvid11.safetensors",
    ),
)
RETIRED: Mapping[str, RetiredWeights] = {row.sha256: row for row in ROWS}  # by digest


def retired(model: str, name: str) -> RetiredWeights | None:
    """The weights that a model once had under ``name``, with its version."""
    return next((row for row in ROWS if (row.model, row.name) == (model, name)), None)
