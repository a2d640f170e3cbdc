"""Compares two results: faster, slower, or undecided."""

from __future__ import annotations

from typing import Literal

from mobileseg.document import Document, Part
from mobileseg.errors import RequestError
from mobileseg.latency.conditions.identity import kind_of
from mobileseg.latency.results import summary
from mobileseg.latency.results.result import Result, Series

Verdict = Literal["faster", "slower", "undecided", "fewer", "more", "equal"]
DIFFERENCES = ("protocol", "device", "complete", "refused", "files")


class Change(Part):
    """The change of one file in one setting. ``figure``: median, p90 or instructions; ``old``, ``new``: its values, in ms for times;
    ``ratio``: new over old; ``interval``: 95 % interval of the ratio, None for counts, which repeat exactly."""

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
    """The comparison of two results. ``margin``: share by which two measurements of one file may differ; ``allowed``: differences in
    protocol, device and so on that ``--allow`` accepted; ``said``: what else differs and explains a change, such as the runtime's version
    or the unit; ``only_old``, ``only_new``: files that only one result has."""

    schema_version: Literal[2, 3] = 3
    margin: float
    changes: tuple[Change, ...]
    allowed: tuple[str, ...]
    said: tuple[str, ...] = ()
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]


def compare(old: Result, new: Result, margin: float | None = None, allow: tuple[str, ...] = ()) -> Diff:
    """Compare files of the same model, target, precision, size, kind of output, threads and cores.

    ``margin``: a share; default: the larger ``within`` of the two protocols. A file is faster if the whole interval of its ratio is
    below ``1 - margin``: the interval alone does not cover what changes from one measurement to the next. ``allow``: names in
    ``DIFFERENCES`` that are accepted. Raises ``RequestError`` if the two cannot be compared.
    """
    for name in allow:
        if name not in DIFFERENCES:
            raise RequestError(
                expected=f"--allow with {', '.join(DIFFERENCES)}", found=repr(name), fix="choose one of these"
            )
    found = differences(old, new)
    refused = {name: text for name, text in found.items() if name not in allow}
    if refused:
        raise RequestError(
            expected="two comparable results",
            found="; ".join(refused.values()),
            fix=f"measure again under the same conditions, or use {' '.join(f'--allow {name}' for name in refused)}",
        )
    olds, news = _pool(old), _pool(new)
    common = [key for key in news if key in olds]
    if not common:
        raise RequestError(
            expected="a file of the same model, target, precision, size, output, threads and cores in both",
            found=f"{', '.join(sorted(s[0].file for s in olds.values()))} and {', '.join(sorted(s[0].file for s in news.values()))}",
            fix="compare results of the same files; logits and mask are different outputs",
        )
    within = max(old.protocol.within, new.protocol.within) if margin is None else margin
    figure = new.protocol.figure
    return Diff(
        margin=within,
        changes=tuple(_change(key, olds[key], news[key], figure, within) for key in common),
        allowed=tuple(found.values()),
        said=tuple(told_apart(old, new)),
        only_old=tuple(olds[key][0].file for key in olds if key not in news),
        only_new=tuple(news[key][0].file for key in news if key not in olds),
    )


def differences(old: Result, new: Result) -> dict[str, str]:
    """The differences that make two results incomparable: a description for each name in ``DIFFERENCES``."""
    found = {}
    if old.protocol.definition != new.protocol.definition:
        found["protocol"] = f"protocol: {old.protocol.name} and {new.protocol.name}"
        if old.protocol.name == new.protocol.name:
            found["protocol"] += " with different parameters"
    before, after = (f"{kind_of(r.device)} ({r.properties.summary})" for r in (old, new))
    if before != after or old.quantity != new.quantity or old.compute_units != new.compute_units:
        found["device"] = f"device: {before} and {after}"
    if not (old.complete and new.complete):
        reasons = [f"{which}: {r.reason}" for which, r in (("old", old), ("new", new)) if not r.complete]
        found["complete"] = f"incomplete: {'; '.join(reasons)}"
    sets = [sorted({series.key for series in result.series}, key=str) for result in (old, new)]
    if sets[0] != sets[1] and set(sets[0]) & set(sets[1]) and new.quantity == "time":
        lone = [
            f"only in {which}: {', '.join(names)}"
            for which, names in zip(("old", "new"), _lone(old, new), strict=True)
            if names
        ]
        found["files"] = f"files that took turns: {'; '.join(lone)}"
    bad = [f"{which}: {d.gate}" for which, r in (("old", old), ("new", new)) for d in r.refused]
    if bad:
        found["refused"] = f"refused by its protocol: {', '.join(dict.fromkeys(bad))}"
    return found


def told_apart(old: Result, new: Result) -> list[str]:
    """What differs, is no reason to refuse, and must be said: it may be all that a change comes from."""
    units = (old.properties.unit, new.properties.unit)
    other = old.device != new.device if units == (None, None) else None not in units and units[0] != units[1]
    pairs = {
        "unit": (other, f"{old.device} and {new.device} are two units"),
        "runtime": _pair(*({s.versions for s in r.sessions} for r in (old, new))),
        "runner": _pair(*({s.runner for s in r.sessions} for r in (old, new))),
        "build": _pair(*({r.properties.fingerprint} for r in (old, new))),
        "kernel": _pair(*({r.properties.kernel} for r in (old, new))),
        "memory page": _pair(*({r.properties.page_kb} for r in (old, new))),
        "mobileseg": _pair(*({r.versions.get("mobileseg")} for r in (old, new))),
    }
    return [f"{name}: {text}" for name, (differs, text) in pairs.items() if differs]


def _pair(
    old: set[str | None] | set[int | None] | set[str], new: set[str | None] | set[int | None] | set[str]
) -> tuple[bool, str]:
    """Whether they differ, and how; what an older result does not say cannot differ."""
    one, other = ({str(word) for word in words if word not in (None, "")} for words in (old, new))
    return bool(one and other and one != other), f"{'; '.join(sorted(one))} and {'; '.join(sorted(other))}"


def _lone(old: Result, new: Result) -> tuple[list[str], list[str]]:
    """Names of the files that only one of the results has: what else takes turns changes what caches hold, and the heat."""
    olds, news = ({series.key: series.file for series in result.series} for result in (old, new))
    return [file for key, file in olds.items() if key not in news], [
        file for key, file in news.items() if key not in olds
    ]


def _pool(result: Result) -> dict[tuple[object, ...], list[Series]]:
    """The series of each file in each setting, over all repetitions. Series without figures are left out."""
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
        decision: Verdict = "equal" if was == now else "fewer" if now < was else "more"
    else:
        olds, news = ([turn for series in pool for turn in series.turns] for pool in (old, new))
        was, now = (summary.figure_of(turns, figure) for turns in (olds, news))
        ratio, interval = summary.ratio(news, olds, figure)
        decision = verdict(interval, margin)
    return Change(
        file=new[0].file,
        threads=int(str(key[-2])),
        cores=str(key[-1]),
        figure=figure,
        old=was,
        new=now,
        ratio=ratio,
        interval=interval,
        verdict=decision,
    )


def verdict(interval: tuple[float, float] | None, margin: float) -> Verdict:
    """Faster or slower only if the whole interval of the ratio is beyond the margin (a share) on one side of 1."""
    if interval is None:
        return "undecided"
    low, high = interval
    return "faster" if high < 1 - margin else "slower" if low > 1 + margin else "undecided"
