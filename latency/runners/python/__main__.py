"""Entry point: sets the affinity, then measures. A failure is an ``error`` event and exit status 1."""

from __future__ import annotations

import os
import sys

from .arguments import parse
from .events import Events, RunnerError


def main() -> int:
    """Returns the exit status: 0, or 1 after an ``error`` event. Wrong arguments end the process with 2."""
    asked = parse()
    events = Events()
    try:
        if asked.cores:
            if not hasattr(os, "sched_setaffinity"):
                raise RunnerError("a system that can bind a process to cores", sys.platform, "leave --cores out")
            try:
                os.sched_setaffinity(0, asked.cores)
            except OSError as error:
                raise RunnerError(
                    f"cores {asked.cores}", error.strerror or str(error), "choose cores that exist"
                ) from error
        from .loop import measure  # the numeric libraries count the cores on import

        measure(asked, events)
    except RunnerError as error:
        events.error(error)
        return 1
    except BrokenPipeError:  # the process that reads the events has ended
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # the destructors of native libraries report leaks of their own
