"""Whether new figures are faster or slower than old ones, or whether that cannot be said."""

from __future__ import annotations

from typing import Literal

from mobileseg.errors import RequestError
from mobileseg.export.manifest import Document, Part
from mobileseg.latency.protocol import Protocol
from mobileseg.latency.results import summary
from mobileseg.latency.results.result import Result, Series

Verdict = Literal["faster", "slower", "undecided", "fewer", "more", "equal"]
DIFFERENCES = ("protocol", "device", "complete", "refused")


class Change(Part):
    """One file in one setting. ``ratio``: new over old; ``interval``: 95 %, None for counts, which repeat exactly."""

    file: str
    threads: int
    cores: str
    figure: str
    old: float
    new: float
    ratio: float
    interval: tuple[float, float] | None
    verdict: Verdict


class Diff(Document):
    """``margin``: what two measurements of one file may differ by. ``despite``: differences that were allowed, with what was found.
    ``only_old``, ``only_new``: files without a partner."""

    schema_version: Literal[1] = 1
    margin: float
    changes: tuple[Change, ...]
    despite: tuple[str, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]


def compare(old: Result, new: Result, margin: float | None = None, allow: tuple[str, ...] = ()) -> Diff:
    """Pair the files of two results by model, target, precision, size, kind of output, threads and cores.

    ``margin`` as a share, default: the larger ``within`` of the two protocols. A file is faster where the whole interval of its ratio
    is below ``1 - margin``: an interval alone knows nothing of what differs from one measurement to the next.
    ``allow``: of ``DIFFERENCES``. Raises ``RequestError`` where the two cannot be compared.
    """
    for name in allow:
        if name not in DIFFERENCES:
            raise RequestError(
                expected=f"--allow with {', '.join(DIFFERENCES)}", found=repr(name), fix="choose one of them"
            )
    found = differences(old, new)
    refused = {name: text for name, text in found.items() if name not in allow}
    if refused:
        raise RequestError(
            expected="two results that compare",
            found="; ".join(refused.values()),
            fix=f"measure again alike, or {' '.join(f'--allow {name}' for name in refused)}",
        )
    olds, news = _pool(old), _pool(new)
    common = [key for key in news if key in olds]
    if not common:
        raise RequestError(
            expected="a file of the same model, target, precision, size, output, threads and cores in both",
            found=f"{', '.join(sorted(s[0].file for s in olds.values()))} and {', '.join(sorted(s[0].file for s in news.values()))}",
            fix="compare results of the same files; logits and mask are two kinds",
        )
    within = max(old.protocol.within, new.protocol.within) if margin is None else margin
    figure = new.protocol.figure
    return Diff(
        margin=within,
        changes=tuple(_change(key, olds[key], news[key], figure, within) for key in common),
        despite=tuple(found.values()),
        only_old=tuple(olds[key][0].file for key in olds if key not in news),
        only_new=tuple(news[key][0].file for key in news if key not in olds),
    )


def differences(old: Result, new: Result) -> dict[str, str]:
    """Why the two do not compare, each in words."""
    found = {}
    if _essence(old.protocol) != _essence(new.protocol):
        found["protocol"] = f"protocol: {old.protocol.name} and {new.protocol.name}"
        if old.protocol.name == new.protocol.name:
            found["protocol"] += ", whose numbers differ"
    before, after = (f"{r.device} ({r.properties.summary})" for r in (old, new))
    if before != after or old.gives != new.gives or old.compute_units != new.compute_units:
        found["device"] = f"device: {before} and {after}"
    if not (old.complete and new.complete):
        reasons = [f"{which}: {r.reason}" for which, r in (("old", old), ("new", new)) if not r.complete]
        found["complete"] = f"not complete: {'; '.join(reasons)}"
    bad = [f"{which}: {d.gate}" for which, r in (("old", old), ("new", new)) for d in r.refused]
    if bad:
        found["refused"] = f"refused by its protocol: {', '.join(dict.fromkeys(bad))}"
    return found


def _essence(protocol: Protocol) -> dict[str, object]:
    return protocol.model_dump(exclude={"title"})


def _pool(result: Result) -> dict[tuple[object, ...], list[Series]]:
    """The series of one file in one setting, over all repetitions. Series without figures are left out."""
    found: dict[tuple[object, ...], list[Series]] = {}
    for series in result.series:
        if series.samples_ms or series.counts:
            session = result.sessions[series.session]
            found.setdefault((*series.key, session.threads, session.cores_asked), []).append(series)
    return found


def _change(key: tuple[object, ...], old: list[Series], new: list[Series], figure: str, margin: float) -> Change:
    if old[0].counts and new[0].counts:
        was, now = (float(pool[0].counts.instructions) for pool in (old, new) if pool[0].counts)
        figure, ratio, interval = "instructions", now / was, None
        said: Verdict = "equal" if was == now else "fewer" if now < was else "more"
    else:
        olds, news = ([turn for series in pool for turn in series.turns] for pool in (old, new))
        was, now = (summary.figure_of(turns, figure) for turns in (olds, news))
        ratio, interval = summary.ratio(news, olds, figure)
        said = verdict(interval, margin)
    return Change(
        file=new[0].file,
        threads=int(str(key[-2])),
        cores=str(key[-1]),
        figure=figure,
        old=was,
        new=now,
        ratio=ratio,
        interval=interval,
        verdict=said,
    )


def verdict(interval: tuple[float, float] | None, margin: float) -> Verdict:
    """Faster or slower only where the whole interval is on one side, beyond the margin."""
    if interval is None:
        return "undecided"
    low, high = interval
    return "faster" if high < 1 - margin else "slower" if low > 1 + margin else "undecided"
