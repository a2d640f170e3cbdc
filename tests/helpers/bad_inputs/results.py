"""Results that ``latency --diff``, ``--budget`` and ``report`` cannot read, or cannot compare."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from made_results import around, counts, result, series

from bad_inputs.case import Case, Make, both, empty_folder, file, nothing
from mobileseg.fleet.store.folder import Store
from mobileseg.latency.protocol import PROTOCOLS

DIFF = ("latency", "--diff", "a.json", "b.json")
Fields = dict[str, Any]


def good(name: str) -> Make:
    """A result that can be read, of a file with this name's figures."""
    return lambda folder: (folder / name).write_text(result(series(around(10))).to_json())


def fields() -> Fields:
    content: Fields = json.loads(result(series(around(10))).to_json())
    return content


def unread(name: str, make: Make, *words: str, code: int = 2) -> tuple[Case, ...]:
    """A file ``b.json`` that neither verb takes."""
    made = both(good("a.json"), make)
    return (
        Case(f"diff: {name}", DIFF, ("b.json", *words), made, code),
        Case(f"report: {name}", ("report", "a.json", "b.json"), ("b.json", *words), made, code),
    )


def edited(name: str, change: Callable[[Fields], object], *words: str, code: int = 2) -> tuple[Case, ...]:
    def make(folder: Path) -> None:
        content = fields()
        change(content)
        (folder / "b.json").write_text(json.dumps(content))

    return unread(name, make, *words, code=code)


def of_series(**changes: Any) -> Callable[[Fields], object]:
    return lambda content: content["series"][0].update(changes)


def apart(name: str, *words: str, more: tuple[str, ...] = (), rows: Any = None, **changes: Any) -> Case:
    """Two results, the second with ``changes``, that do not compare."""

    def make(folder: Path) -> None:
        good("a.json")(folder)
        made = result(*(rows or (series(around(10)),)), **changes)
        (folder / "b.json").write_text(made.to_json())

    return Case(f"diff: {name}", (*DIFF, *more), words, make)


def report(name: str, make: Make, *words: str, more: tuple[str, ...] = ("a.json",)) -> Case:
    return Case(f"report: {name}", ("report", *more), words, make)


def counted(folder: Path) -> None:
    (folder / "a.json").write_text(result(series([], counts=counts(100))).to_json())


def empty_store(folder: Path) -> None:
    Store(folder / "out")


EMULATED = ("latency", "a.pte", "--device", "emulated:cortex-a76", "--budget")
COMPARISON = {"artifact_sha256": "0", "schema_version": 1}
CASES = (
    *unread("no such file", nothing),
    *unread("empty", file("b.json", b"")),
    *unread("no JSON", file("b.json", b"{nothing")),
    *unread("cut off", lambda folder: (folder / "b.json").write_text(result(series(around(10))).to_json()[:500])),
    *unread("no text", file("b.json", b"\xff\xfe\x00")),
    *unread("a list", file("b.json", b"[1, 2]")),
    *unread("a number", file("b.json", b"7")),
    *unread("another JSON", file("b.json", b'{"names": ["a"]}')),
    *unread("too deep", file("b.json", b"[" * 100_000)),
    *unread("a number of 5000 digits", file("b.json", b'{"series": ' + b"9" * 5000 + b"}")),
    *unread("a folder", empty_folder("b.json")),
    *unread("series alone", file("b.json", b'{"series": []}')),
    *edited("a later version", lambda c: c.update(schema_version=99), "version 99", code=3),
    *edited("a version in words", lambda c: c.update(schema_version="three"), code=3),
    *edited("an entry that nobody knows", lambda c: c.update(extra=1), "extra"),
    *edited("no device", lambda c: c.pop("device"), "device"),
    *edited("a median of other samples", of_series(median_ms=1.0), "median_ms"),
    *edited("samples that make no turns", of_series(samples_ms=[1.0] * 7), "turns of equal length"),
    *edited("samples that are no numbers", of_series(samples_ms=["fast"]), "samples_ms"),
    *edited("a session that is not there", of_series(session=5), "session"),
    *edited("a session below 0", of_series(session=-2), "session"),
    *edited("an unknown protocol", lambda c: c["protocol"].update(figure="mean"), "figure"),
    *edited("no sessions", lambda c: c.update(sessions=[]), "session"),
    apart("another protocol", "protocol: quick and strict", "--allow protocol", protocol=PROTOCOLS["strict"]),
    apart("another device", "device:", "--allow device", device="adb:x"),
    apart("incomplete", "incomplete: new: lost", "--allow complete", complete=False, reason="lost"),
    apart("other files", "in both", rows=(series(around(10), model="n"),)),
    apart("nothing measured", "in both", rows=(series([]),)),
    apart("a margin below 0", "--margin", more=("--margin", "-1")),
    apart("a margin beyond all", "--margin", more=("--margin", "200")),
    apart("no margin", "--margin", more=("--margin", "nan")),
    apart("an odd permission", "--allow with", more=("--allow", "hot")),
    Case("diff: with a file", ("latency", "a.pte", *DIFF[1:]), ("both",)),
    Case("diff: one result", ("latency", "--diff", "a.json"), ("--diff",), usage=True),
    Case("diff: into a folder", (*DIFF, "--json", "out"), ("out is a folder",), both(good("a.json"), good("b.json"), empty_folder("out"))),
    Case("report: nothing", ("report",), ("results",), usage=True),
    report("the same twice", good("a.json"), "every result once", more=("a.json", "a.json")),
    report("a folder that is no store", empty_folder("out"), "none at out", more=("out",)),
    report("an empty store", empty_store, "results in out", more=("out",)),
    report("a page that exists", both(good("a.json"), file("report.html", "mine")), "--force"),
    report("a folder as page", both(good("a.json"), empty_folder("out")), "out is a folder", more=("a.json", "-o", "out")),
    report("nowhere to write", good("a.json"), "mkdir -p none", more=("a.json", "-o", "none/page.html")),
    report("a comparison that is none", file("a.json", json.dumps(COMPARISON)), "a.json"),
    Case(
        "report: a comparison of a later version", ("report", "a.json"), ("version 9",),
        file("a.json", json.dumps({**COMPARISON, "schema_version": 9})), 3,
    ),
    report("changes that are none", file("a.json", '{"changes": 7}'), "a.json"),
    Case("budget: of times", ("latency", "a.pte", "--budget", "12M"), ("times have no budget",)),
    Case("budget: a word", (*EMULATED, "much"), ("much",)),
    Case("budget: a unit that is none", (*EMULATED, "12X"), ("12X",)),
    Case("budget: below 0", (*EMULATED, "-5"), ("-5",)),
    Case("budget: beyond all numbers", (*EMULATED, "9" * 400), ("budget",)),
    Case("budget: nothing", (*EMULATED, ""), ("result",)),
    Case("budget: another JSON", (*EMULATED, "a.json"), ("a.json",), file("a.json", "{}")),
    Case("budget: an odd margin", (*EMULATED, "12M", "--margin", "-1"), ("margin",)),
    Case("budget: a margin of nothing", (*EMULATED, "a.json", "--margin", "nan"), ("margin",), counted),
    Case("margin: alone", ("latency", "a.pte", "--margin", "5"), ("--margin alone",)),
)  # fmt: skip
