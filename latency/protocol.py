"""How a measurement is made. The protocol is stamped on its result: figures of different protocols do not compare."""

from __future__ import annotations

from collections.abc import Mapping

from mobileseg.export.manifest import Part


class Protocol(Part):
    """``rounds`` turns over all files; in each turn a file runs ``runs`` times, timed one by one. ``warmup`` untimed runs first."""

    name: str
    threads: int
    warmup: int
    rounds: int
    runs: int


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(name="quick", threads=1, warmup=3, rounds=6, runs=5),
        Protocol(name="thorough", threads=1, warmup=10, rounds=25, runs=10),
    )
}
