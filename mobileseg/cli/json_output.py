"""``--json``, the same in every verb: a file, or ``-`` for standard output."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from mobileseg.cli import voice

STDOUT = "-"


@dataclass(frozen=True)
class JsonOutput:
    """Where figures go as JSON. ``path`` is None for standard output, which then holds nothing else."""

    path: Path | None

    def write(self, text: str) -> None:
        """The whole document."""
        if self.path is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(f"{text.rstrip()}\n".encode())  # JSON is UTF-8, whatever the console takes
            sys.stdout.buffer.flush()
            return
        from mobileseg.files import write_whole

        write_whole(self.path, text.encode())


def json_output(name: str | None, force: bool) -> JsonOutput | None:
    """What ``--json NAME`` asks for, checked before anything is computed; None where it was not given. Raises ``OutputError``."""
    if name is None:
        return None
    if name == STDOUT:
        voice.give_stdout_to_json()
        return JsonOutput(None)
    from mobileseg.files import check_output

    path = Path(name)
    check_output(path, force)
    return JsonOutput(path)
