"""Which file is the fastest on which device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mobileseg.latency.report.tracks import Measured, Place, Track
from mobileseg.latency.results import summary
from mobileseg.latency.results.diff import verdict

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison

Kind = tuple[
    tuple[int, int], str, str
]  # input size, output, protocol with its numbers: what else two files must share to be compared


@dataclass(frozen=True)
class Win:
    """``first``: the fastest file, and those that cannot be told apart from it; ``next_``: the fastest of the others; ``passing``: the
    fastest that passes its accuracy gates, where the fastest of all fails them; ``files``: how many were compared."""

    place: Place
    kind: Kind
    first: tuple[Track, ...]
    next_: Track | None
    passing: Track | None
    files: int

    @property
    def best(self) -> Track:
        """The one with the least median."""
        return self.first[0]


def wins(every: Sequence[Track], compared: Mapping[str, Comparison]) -> list[Win]:
    """For every device and number of threads with two files or more of one input size and output. ``compared``: by sha256 of the file."""
    groups: dict[tuple[Place, Kind], list[Track]] = {}
    for track in every:
        one = track.latest
        if one.good and one.result.quantity == "time":
            series = one.series[0]
            groups.setdefault((one.place, (series.size, series.emit, one.result.protocol.definition)), []).append(track)
    return [_win(place, kind, rows, compared) for (place, kind), rows in groups.items() if len(rows) > 1]


def _win(place: Place, kind: Kind, rows: Sequence[Track], compared: Mapping[str, Comparison]) -> Win:
    ranked = sorted(rows, key=lambda track: track.latest.value or 0.0)
    best = ranked[0]
    ties = 1
    while ties < len(ranked) and not is_slower(ranked[ties].latest, best.latest):
        ties += 1
    passing = None
    if _state(best, compared) == "FAIL":
        passing = next((track for track in ranked[1:] if _state(track, compared) == "PASS"), None)
    return Win(place, kind, tuple(ranked[:ties]), ranked[ties] if ties < len(ranked) else None, passing, len(ranked))


def _state(track: Track, compared: Mapping[str, Comparison]) -> str:
    found = compared.get(track.latest.series[0].sha256)
    return found.verdict if found else "UNKNOWN"


def is_slower(one: Measured, best: Measured) -> bool:
    """Whether the whole interval of the ratio says so: within one measurement, where files took turns, beyond 1; of different
    measurements beyond what the protocol takes for no change."""
    together = one.result is best.result
    paired = together and len(one.series) == len(best.series) == 1 and one.series[0].session == best.series[0].session
    found = summary.ratio(one.turns, best.turns, best.result.protocol.figure, paired=paired)
    return verdict(found.interval, 0.0 if together else best.result.protocol.within) == "slower"
