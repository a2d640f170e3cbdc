"""What the page begins with: which file wins where, what changed, what was refused, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mobileseg.latency.report.cells import interval, known, points
from mobileseg.latency.report.scores import score
from mobileseg.latency.report.tags import NO_TAGS, Tags, common
from mobileseg.latency.report.tracks import Track, file_names, place_names
from mobileseg.latency.report.trends import Trend
from mobileseg.latency.report.wins import Win, wins
from mobileseg.latency.results.diff import told_apart

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.latency.report.documents import Failed
    from mobileseg.latency.report.tracks import Place
    from mobileseg.latency.results.diff import Change, Diff
    from mobileseg.latency.results.result import Result

RUN_BY = ("runtime", "runner")
FEW, MOST_NAMED = 2, 6  # places that are named each; things that a sentence lists; of more it says how many


@dataclass(frozen=True)
class Sentence:
    """``mark``: CSS class of the word in front; ``word``: that word."""

    text: str
    word: str
    mark: str
    tags: Tags = NO_TAGS


def some(texts: Iterable[str], most: int = MOST_NAMED) -> str:
    """The first of them, and how many more there are."""
    every = list(texts)
    rest = len(every) - most
    return "; ".join(every[:most]) + (f"; and {rest} more" if rest > 0 else "")


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; of many the first, and how many more."""
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def winners(every: Sequence[Track], compared: Mapping[str, Comparison]) -> Iterator[Sentence]:
    """A sentence for each file that is the fastest somewhere."""
    labels = dict(zip(map(id, every), file_names(every), strict=True))
    places = place_names(track.latest.place for track in every)
    found = wins(every, compared)
    sizes = len({win.kind for win in found}) > 1
    groups: dict[tuple[object, ...], list[Win]] = {}
    for win in found:
        groups.setdefault((tuple(labels[id(track)] for track in win.first), win.kind, win.files), []).append(win)
    for group in groups.values():
        yield _winner(group, labels, places, sizes, len(found), compared)


def _winner(
    group: Sequence[Win],
    labels: Mapping[int, str],
    places: Mapping[Place, str],
    sizes: bool,
    total: int,
    compared: Mapping[str, Comparison],
) -> Sentence:
    win = group[0]
    names = [labels[id(track)] for track in win.first]
    one = len(names) == 1
    who = f"{names[0]} is the fastest" if one else f"{listed(names)} cannot be told apart and are the fastest"
    (height, width), emit, _ = win.kind
    among = f"of {win.files} files{f' of {height}x{width} with {emit}' if sizes else ''}"
    text = f"{who} {among} {_where(group, places, total)}{_margin(group, labels)}."
    apart = dict.fromkeys(part for win in group for part in _apart(win))
    text += f" They were not measured alike: {'; '.join(apart)}." if apart else ""
    text += "".join(f" {part}" for part in _accuracy(group, labels, compared))
    tags = Tags(device=common(w.best.latest.tags for w in group).device)
    return Sentence(text, "fastest", "faster" if win.passing is None else "unknown", tags)


def _apart(win: Win) -> Iterator[str]:
    """What else differs between the measurements that a win rests on. Of two targets the runtimes are two
    anyway."""
    best = win.best.latest
    for track in (*win.first[1:], *((win.next_,) if win.next_ else ())):
        one = track.latest
        same = one.series[0].target == best.series[0].target
        if one.result is not best.result:
            yield from (text for text in told_apart(best.result, one.result) if same or not text.startswith(RUN_BY))


def _where(group: Sequence[Win], places: Mapping[Place, str], total: int) -> str:
    """Where a file wins; of many places the fastest and the slowest."""
    ranked = sorted(group, key=_ms)
    if len(ranked) <= FEW:
        return "on " + " and on ".join(f"{places[win.place]} ({_ms(win):.3g} ms)" for win in ranked)
    many = (
        f"on all {len(ranked)} devices and thread counts"
        if len(ranked) == total
        else f"on {len(ranked)} of {total} devices and thread counts"
    )
    ends = (f"{_ms(win):.3g} ms ({places[win.place]})" for win in (ranked[0], ranked[-1]))
    return f"{many}, from {' to '.join(ends)}"


def _ms(win: Win) -> float:
    return win.best.latest.value or 0.0


def _margin(group: Sequence[Win], labels: Mapping[int, str]) -> str:
    """How far the next file is."""
    ratios = [(win.next_.latest.value or 0.0) / _ms(win) for win in group if win.next_ is not None]
    nexts = dict.fromkeys(labels[id(win.next_)] for win in group if win.next_ is not None)
    if not ratios:
        return ""
    low, high = f"{min(ratios):.2f}", f"{max(ratios):.2f}"
    times = low if low == high else f"{low} to {high}"
    return f"; the next, {' or '.join(nexts)}, take{'s' if len(nexts) == 1 else ''} {times} times as long"


def _accuracy(group: Sequence[Win], labels: Mapping[int, str], compared: Mapping[str, Comparison]) -> Iterator[str]:
    win = group[0]
    match = compared.get(win.best.latest.series[0].sha256)
    found = score(match)
    if match is None:
        if compared:
            yield "Its accuracy was not measured."
        return
    if found is not None and found.change is not None and known(found.change):
        ends = f" ({interval(found.interval, sign='+')})" if found.interval else ""
        yield f"Its {found.metric} changes by {points(found.change).text} points against its reference model{ends}: {match.verdict}."
    else:
        yield f"The verdict on its accuracy is {match.verdict}."
    passing = [one.passing for one in group if one.passing is not None]
    if passing:
        names = dict.fromkeys(labels[id(track)] for track in passing)
        values = sorted(track.latest.value or 0.0 for track in passing)
        ends = f"{values[0]:.3g} ms" if len(values) == 1 else f"{values[0]:.3g} to {values[-1]:.3g} ms"
        yield f"The fastest that passes is {' or '.join(names)} ({ends})."


def changed(found: Sequence[Trend], diffs: Sequence[tuple[str, Diff]]) -> Iterator[Sentence]:
    """What got slower or faster: over several measurements, and from an old to a new one."""
    for name, diff in diffs:
        yield from _differences(name, diff)
    groups: dict[tuple[str, str], list[Trend]] = {}
    for one in found:
        if one.steps:
            groups.setdefault((one.label, "slower" if one.steps[-1].ratio > 1 else "faster"), []).append(one)
    for (label, word), rows in groups.items():
        tags = common(one.tags for one in rows)
        yield Sentence(f"{label} got {word}: {some(map(_step, rows))}.", word, word, tags)
    switched = [one for one in found if one.switches]
    if switched:
        days = dict.fromkeys(f"{one.when(at):%Y-%m-%d}" for one in switched for at in one.switches)
        names = dict.fromkeys(one.points[-1].result.protocol.name for one in switched)
        yield Sentence(
            f"Protocol {', '.join(names)} got other numbers on {some(days)}: measurements before and after are not compared.",
            "protocol",
            "unknown",
        )
    steady = sum(one.decided and not one.steps for one in found)
    if steady:
        what = "1 file" if steady == 1 else f"{steady} files"
        yield Sentence(
            f"{what} measured three times or more: no other change than what the protocol takes for none.",
            "steady",
            "steady",
        )


def _step(one: Trend) -> str:
    step = one.steps[-1]
    also = f" (not as before: {'; '.join(step.said)})" if step.said else ""
    return f"by {abs(step.ratio - 1):.0%} on {one.place_name} since {one.when(step.at):%Y-%m-%d}{also}"


def _differences(name: str, diff: Diff) -> Iterator[Sentence]:
    also = f" Not as before: {'; '.join(diff.said)}." if diff.said else ""
    for word, kinds in (("slower", ("slower", "more")), ("faster", ("faster", "fewer"))):
        rows = [change for change in diff.changes if change.verdict in kinds]
        if rows:
            yield Sentence(f"New against old ({name}): {some(map(_change, rows))}.{also}", word, word)
    if not any(change.verdict in ("slower", "more", "faster", "fewer") for change in diff.changes):
        yield Sentence(
            f"New against old ({name}): no file is faster or slower by more than {diff.margin:.0%}.{also}",
            "steady",
            "steady",
        )


def _change(change: Change) -> str:
    ends = f", {interval(change.interval, 2, 1.0)}" if change.interval else ""
    where = f"{change.file}, {change.threads} thread{'s' if change.threads > 1 else ''},"
    if change.figure == "instructions":
        return f"{where} executes {change.ratio:.4g} times as many instructions"
    return f"{where} takes {change.ratio:.2f} times as long ({change.figure}{ends})"


def refused(every: Sequence[Track], compared: Sequence[Comparison], failed: Sequence[Failed]) -> Iterator[Sentence]:
    """What has no figure, or none that counts, and why."""
    labels, places = file_names(every), place_names(track.latest.place for track in every)
    reasons: dict[str, list[tuple[str, Tags]]] = {}
    older = 0
    for label, track in zip(labels, every, strict=True):
        newest = track.points[-1]
        older += sum(not point.good for point in track.points[:-1])
        if not newest.good:
            reasons.setdefault(_reason(newest.result), []).append((f"{label} on {places[newest.place]}", newest.tags))
    for reason, found in reasons.items():
        what = some(text for text, _ in found)
        yield Sentence(f"{what}: {reason}", "refused", "refused", common(tags for _, tags in found))
    if older:
        many = (
            f"{older} older measurements are left out: refused by their"
            if older > 1
            else "1 older measurement is left out: refused by its"
        )
        yield Sentence(f"{many} protocol, or incomplete.", "refused", "refused")
    causes: dict[tuple[str, str], list[str]] = {}
    for cell in failed:
        causes.setdefault((cell.stage, cell.reason), []).append(cell.what)
    for (stage, reason), cells in causes.items():
        yield Sentence(f"{some(cells)}: {stage} failed: {reason}", "failed", "fail")
    for mark, words in (
        ("FAIL", "Accuracy gates are failed by"),
        ("UNKNOWN", "Too little was measured to decide on the accuracy of"),
    ):
        for data in dict.fromkeys(one.data for one in compared if one.verdict == mark):
            files = [one.artifact_file for one in compared if one.verdict == mark and one.data == data]
            yield Sentence(f"{words} {some(files)} on {data}.", mark, mark.lower())


def _reason(result: Result) -> str:
    if not result.complete:
        return f"INCOMPLETE: {result.reason}"
    found = dict.fromkeys(f"{d.gate}: {d.found}" for d in result.refused)
    return f"refused by its protocol: {'; '.join(found)}" if found else "not measured"
