"""Who works on what: of two sweeps on one store only one does a step, and the other waits for its outcome.

A claim is a lock of the operating system, which ends with its process: nothing is left to clean up after a kill.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from filelock import FileLock, Timeout

from mobileseg.fleet.store.folder import CLAIMS, Store

DIGITS = 3
"""Of a key: 4,096 locks for all of them. Two keys of one lock only wait for each other where two sweeps have one each."""


class Claims:
    """The claims of one sweep."""

    def __init__(self, store: Store) -> None:
        self._folder = store.folder / CLAIMS
        self._held: dict[str, tuple[FileLock, set[str]]] = {}

    def take(self, key: str) -> bool:
        """Whether the key is ours now; False where another sweep has it."""
        name = key[:DIGITS]
        if name in self._held:
            self._held[name][1].add(key)
            return True
        lock = FileLock(self._folder / Path(f"{name}.lock"), thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._held[name] = lock, {key}
        return True

    def release(self, key: str) -> None:
        """Give a claim back."""
        name = key[:DIGITS]
        if name not in self._held:
            return
        lock, keys = self._held[name]
        keys.discard(key)
        if not keys:
            del self._held[name]
            lock.release()

    def close(self) -> None:
        """Give all claims back."""
        for lock, _ in self._held.values():
            with contextlib.suppress(OSError):
                lock.release()
        self._held.clear()
