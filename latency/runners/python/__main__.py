"""Entry point: affinity before anything is loaded, then the measurement; what fails is an ``error`` event and exit status 1."""

from __future__ import annotations

import os
import sys

from .arguments import parse
from .events import Events, RunnerError


def main() -> int:
    """The exit status."""
    asked = parse()
    events = Events()
    try:
        if asked.cores:
            if not hasattr(os, "sched_setaffinity"):
                raise RunnerError("a system that binds a process to cores", sys.platform, "leave --cores out")
            try:
                os.sched_setaffinity(0, asked.cores)
            except OSError as error:
                raise RunnerError(
                    f"cores {asked.cores}", error.strerror or str(error), "choose cores that are there"
                ) from error
        from .loop import measure  # the numeric libraries count the cores when they are imported

        measure(asked, events)
    except RunnerError as error:
        events.error(error)
        return 1
    except BrokenPipeError:  # whoever started this is gone, and nobody reads the figures
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # native libraries' destructors complain about what nobody here can mend
