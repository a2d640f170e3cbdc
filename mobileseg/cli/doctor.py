"""``doctor``: what works on this machine, and what to install for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.cli.console import say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Force, Json
from mobileseg.cli.progress import stages

if TYPE_CHECKING:
    from mobileseg.health.examination import Examination

TITLES = {"base": "mobileseg", "extra": "extras", "runtime": "runtimes", "device": "devices", "machine": "this machine"}


def doctor(json_file: Json = None, force: Force = False) -> None:
    """Show what works on this machine and what to install.

    Looks at Python, the extras and their versions, the runtimes, adb, the ARM emulator, the cache and the disk. The exit code is 0
    where mobileseg itself works, whatever the extras are.
    """
    import mobileseg
    from mobileseg.errors import EnvironmentLackError

    output = json_output(json_file, force)
    found = mobileseg.doctor(stages())
    if output is not None:
        output.write(found.to_json())
    _show(found)
    if not found.good:
        wrong = [check for check in found.checks if check.group == "base" and check.state != "ok"]
        raise EnvironmentLackError(
            expected="Python and the base dependencies that mobileseg needs",
            found="; ".join(check.detail for check in wrong),
            fix="; ".join(check.fix for check in wrong if check.fix),
        )


def _show(found: Examination) -> None:
    width = max(len(check.name) for check in found.checks)
    group = ""
    for check in found.checks:
        if check.group != group:
            group = check.group
            say(TITLES[group])
        say(f"  {check.name.ljust(width)}  {check.state.ljust(13)}  {check.detail}")
        if check.fix is not None:
            say(f"  {''.ljust(width)}  {''.ljust(13)}  fix: {check.fix}")
