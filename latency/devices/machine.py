"""One machine, several programs: exports of a sweep share it, and a measurement on it has it alone.

Locks of the operating system, which end with their process. Whoever waits to measure is not overtaken by new exports.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, ReadWriteLock, Timeout


def nothing() -> None:
    """What is called when there is something to wait for, unless something better is given."""


@contextlib.contextmanager
def shared() -> Iterator[None]:
    """For work that uses the processor: any number at once, none beside a measurement."""
    gate, lock = _locks()
    with gate:
        lock.acquire_read()
    try:
        yield
    finally:
        lock.release()
        lock.close()


@contextlib.contextmanager
def alone(waiting: Callable[[], None] = nothing) -> Iterator[None]:
    """For a measurement on this machine. ``waiting`` is called once if there is something to wait for."""
    gate, lock = _locks()
    try:
        gate.acquire(timeout=0)
    except Timeout:
        waiting()
        gate.acquire()
    try:
        try:
            lock.acquire_write(timeout=0)
        except Timeout:
            waiting()
            lock.acquire_write()
        try:
            yield
        finally:
            lock.release()
            lock.close()
    finally:
        gate.release()


def _locks() -> tuple[FileLock, ReadWriteLock]:
    folder = Path(tempfile.gettempdir()) / f"mobileseg-{_user()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    gate = FileLock(folder / "gate.lock", is_singleton=False, thread_local=False)
    return gate, ReadWriteLock(str(folder / "work.db"), is_singleton=False)


def _user() -> str:
    import getpass

    return getpass.getuser()
