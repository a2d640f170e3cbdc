"""What one inference executes on an emulated core, in counts, not time."""

from __future__ import annotations

from collections.abc import Mapping

from mobileseg.document import Part
from mobileseg.latency.emulation.cores import LINE, EmulatedCore

CLASSES: Mapping[str, str] = {
    "dot": "sdot, udot: four 8-bit products per lane",
    "matrix": "smmla: 8-bit matrix products",
    "fused": "fmla: fused multiply-add on vectors",
    "widening": "smull, smlal: 8 and 16-bit products with results of twice the width",
    "simd": "other vector instructions",
    "scalar_float": "scalar floating point",
    "vector_load": "loads into vector registers",
    "vector_store": "stores from vector registers",
    "load": "other loads",
    "store": "other stores",
    "branch": "branches and system instructions",
    "integer": "integer arithmetic and prefetches",
}


class Counts(Part):
    """Counts of one inference on one thread, after two warm-up runs.

    Every instruction is in exactly one class (see ``CLASSES``), so the classes add up to ``instructions``. Bytes are those that the
    program loads and stores. Misses are of modelled data caches (LRU, no prefetcher, no instruction fetches).
    """

    instructions: int
    dot: int
    matrix: int
    fused: int
    widening: int
    simd: int
    scalar_float: int
    vector_load: int
    vector_store: int
    load: int
    store: int
    branch: int
    integer: int
    loaded_bytes: int
    stored_bytes: int
    l1_misses: int
    l2_misses: int

    @property
    def vector(self) -> int:
        """Vector arithmetic of all kinds."""
        return self.dot + self.matrix + self.fused + self.widening + self.simd

    @property
    def loads(self) -> int:
        """Instructions that load."""
        return self.load + self.vector_load

    @property
    def stores(self) -> int:
        """Instructions that store."""
        return self.store + self.vector_store


class CachePart(Part):
    """A modelled data cache."""

    size_bytes: int
    ways: int
    line_bytes: int


class CorePart(Part):
    """The emulated core. ``modelled_on``: the product with these cache sizes; ``source``: the manual that lists them."""

    name: str
    title: str
    l1: CachePart
    l2: CachePart
    modelled_on: str
    source: str

    @classmethod
    def of(cls, core: EmulatedCore) -> CorePart:
        """From a row of ``CORES``."""
        l1, l2 = (CachePart(size_bytes=c.size_bytes, ways=c.ways, line_bytes=LINE) for c in (core.l1, core.l2))
        return cls(name=core.name, title=core.title, l1=l1, l2=l2, modelled_on=core.modelled_on, source=core.source)
