"""How much is said, and where: one choice for the whole command."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from enum import IntEnum


class Level(IntEnum):
    """``QUIET``: results and errors; ``NORMAL``: progress too; ``VERBOSE``: also what libraries print and log."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


class _Voice:
    level = Level.NORMAL
    json_on_stdout = False  # then nothing else may be there


_voice = _Voice()


def level() -> Level:
    """How much is said."""
    return _voice.level


def set_level(found: Level) -> None:
    """For the rest of the command."""
    _voice.level = found


def json_on_stdout() -> bool:
    """Whether standard output holds JSON, and results for people go to standard error."""
    return _voice.json_on_stdout


def give_stdout_to_json() -> None:
    """For the rest of the command."""
    _voice.json_on_stdout = True


@contextlib.contextmanager
def libraries_shown() -> Iterator[None]:
    """Libraries print and log to standard error in the block, where the level is ``VERBOSE``; their warnings are not shown
    otherwise, unless Python was asked for them (``-W``, ``PYTHONWARNINGS``)."""
    import sys
    import warnings

    if level() < Level.VERBOSE:
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield
        return
    import logging

    from mobileseg.quiet import verbose

    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    with verbose():
        yield


@contextlib.contextmanager
def notes_to(show: Callable[[str], None]) -> Iterator[None]:
    """What this package logs, such as what was left out of a checkpoint, goes to ``show`` in the block."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if (text := record.getMessage()) not in said:
                said.add(text)
                show(text)

    said: set[str] = set()  # once each: a folder is looked at more than once

    logger, handler = logging.getLogger("mobileseg"), Handler()
    kept = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = kept
