"""``--junit``: what passed and failed, in the XML that CI systems show. What is unknown is an error there: never a pass."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mobileseg.latency.results.cases import Case

Junit = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write what passed and failed as JUnit XML. Default: none.", show_default=False),
]
ELEMENTS = {"failed": "failure", "unknown": "error"}
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters that XML 1.0 does not have


def junit_output(name: str | None, force: bool) -> Path | None:
    """Where it goes, checked before anything is measured. Raises ``OutputError``."""
    if name is None:
        return None
    from mobileseg.files import check_output

    check_output(Path(name), force)
    return Path(name)


def write(path: Path, suite: str, cases: Sequence[Case]) -> None:
    """Write one suite."""
    from mobileseg.files import write_whole

    root = ET.Element("testsuites")
    states = [case.state for case in cases]
    numbers = {"tests": len(cases), "failures": states.count("failed"), "errors": states.count("unknown")}
    top = ET.SubElement(root, "testsuite", {"name": suite} | {name: str(number) for name, number in numbers.items()})
    for case in cases:
        one = ET.SubElement(top, "testcase", {"classname": f"{suite}.{case.group}", "name": _plain(case.name)})
        text = _plain(f"expected {case.expected}; found {case.found}")
        if case.state in ELEMENTS:
            ET.SubElement(one, ELEMENTS[case.state], {"message": text})
        else:
            ET.SubElement(one, "system-out").text = text
    write_whole(path, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _plain(text: str) -> str:
    return NO_XML.sub("?", text)
