"""All checks together. A check that fails itself is a finding too: this is where people look when nothing else works."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from mobileseg.health import devices, machine, packages, runtimes
from mobileseg.health.check import Check
from mobileseg.progress import silent


@dataclass(frozen=True)
class Examination:
    """``good``: mobileseg itself works, whatever the extras are."""

    checks: tuple[Check, ...]

    @property
    def good(self) -> bool:
        return all(check.state == "ok" for check in self.checks if check.group == "base")

    def to_json(self) -> str:
        """Indented JSON with a final newline."""
        return json.dumps({"good": self.good, "checks": [asdict(check) for check in self.checks]}, indent=1) + "\n"


def examine(progress: Callable[[str], None] = silent) -> Examination:
    """Look at everything."""
    found: list[Check] = []
    for group, name, look in (
        ("base", "python", machine.python),
        ("base", "dependencies", packages.base),
        ("extra", "extras", packages.extras),
        ("runtime", "runtimes", runtimes.runtimes),
        ("device", "adb", devices.adb),
        ("device", "emulator", devices.emulator),
        ("machine", "cache", machine.cache),
        ("machine", "disk", machine.disk),
    ):
        if group == "runtime":
            progress("load the runtimes")
        found += _look(group, name, look)
    return Examination(tuple(found))


def _look(group: str, name: str, look: Callable[[], Check | Sequence[Check]]) -> Sequence[Check]:
    try:
        seen = look()
    except Exception as error:  # whatever is wrong with this machine, the rest is looked at
        return [Check(group, name, "broken", f"{type(error).__name__}: {error}", "report it with this line")]
    return [seen] if isinstance(seen, Check) else seen
