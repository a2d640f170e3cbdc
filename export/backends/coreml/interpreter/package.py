"""Reader of a saved .mlpackage: its protobuf and its weight file. Of coremltools it uses only the schema.

``import coremltools`` imports every framework that it can convert from, which takes tens of seconds; here only its generated
protobuf modules are loaded.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import struct
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobileseg.errors import ArtifactError

SCHEMA = "_mobileseg_coreml_schema"
MODEL_FOLDER = "@model_path"
# The header of an entry of a weight file, as coremltools' MILBlob writes it: magic number, type, size in bytes, offset; then padding.
ENTRY = struct.Struct("<IIQQ")
MARK = 0xDEADBEEF


@functools.cache
def schema(name: str) -> ModuleType:
    """coremltools' generated module ``name`` (such as ``Model_pb2``) without the rest of coremltools."""
    if SCHEMA not in sys.modules:
        found = importlib.util.find_spec("coremltools")
        assert found is not None and found.submodule_search_locations
        folder = Path(found.submodule_search_locations[0]) / "proto"
        spec = importlib.util.spec_from_file_location(
            SCHEMA, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None and spec.loader is not None
        sys.modules[SCHEMA] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[SCHEMA])
    return importlib.import_module(f"{SCHEMA}.{name}")


class Package:
    """An opened package: ``function``, the ML Program's ``main``, its ``block`` of operations, ``pictures``, the inputs that are given as
    pictures, and access to its weight file.

    Raises ``ArtifactError`` for anything but a package with an ML Program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[str, bytes] = {}
        try:
            manifest = json.loads((path / "Manifest.json").read_text(encoding="utf-8"))
            entry = manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]
            self._model = path / "Data" / entry["path"]
            model = schema("Model_pb2").Model()
            model.ParseFromString(self._model.read_bytes())
            self.pictures = {
                item.name for item in model.description.input if item.type.WhichOneof("Type") == "imageType"
            }
            self.function = model.mlProgram.functions["main"]
            self.block = self.function.block_specializations[self.function.opset]
        except Exception as error:  # protobuf's own errors have no common base with the rest
            raise self._unusable(str(error)) from error
        if not self.block.outputs:
            raise self._unusable("no ML Program in it")

    def numbers(self, file: str, offset: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """The flat array of ``dtype`` at ``offset`` bytes of ``file``, both as in the program. Raises ``ArtifactError``."""
        data = self._file(file)
        try:
            mark, _, size, begin = ENTRY.unpack_from(data, offset)
        except struct.error as error:
            raise self._unusable(f"{file} ends before {offset}") from error
        if mark != MARK or begin + size > len(data):
            raise self._unusable(f"no numbers at {offset} of {file}")
        return np.frombuffer(data, dtype, size // dtype.itemsize, begin)

    def _file(self, file: str) -> bytes:
        if file not in self._files:
            place = self._model.parent / file.removeprefix(MODEL_FOLDER).lstrip("/")
            try:
                self._files[file] = place.read_bytes()
            except OSError as error:
                raise self._unusable(str(error)) from error
        return self._files[file]

    def _unusable(self, found: str) -> ArtifactError:
        return ArtifactError(
            expected="a .mlpackage with an ML Program", found=f"{self.path}: {found}", fix="export it again"
        )
