"""Whether a file gives what its manifest says."""

from __future__ import annotations

from mobileseg.data.images import Batch
from mobileseg.errors import ArtifactError
from mobileseg.export.backends.contract import Runtime
from mobileseg.export.manifest import OutputPart
from mobileseg.postprocess.class_map import Outputs


class FittingRuntime:
    """Implements ``Runtime``: that of a file called ``name``, whose outputs have the shapes of the manifest before anything is computed
    from them."""

    def __init__(self, runtime: Runtime, output: OutputPart, name: str) -> None:
        self._runtime, self._output, self._name = runtime, output, name

    def run(self, batch: Batch) -> Outputs:
        """See ``Runtime``. Raises ``ArtifactError``."""
        outputs = self._runtime.run(batch)
        check_shapes(outputs, self._output, self._name)
        return outputs


def check_shapes(outputs: Outputs, said: OutputPart, name: str) -> None:
    """Raise ``ArtifactError`` unless ``outputs`` have the shapes of the manifest. Older manifests know that of the first alone."""
    wanted = [tensor.shape for tensor in said.tensors] or [said.shape]
    found = [output.shape for output in (outputs if said.tensors else outputs[:1])]
    if found != wanted:
        raise ArtifactError(
            expected=f"outputs of {name} of the shapes {_listed(wanted)}, as its manifest says",
            found=_listed(found),
            fix="export it again",
        )


def _listed(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join("x".join(map(str, shape)) or "a number" for shape in shapes) or "none"
