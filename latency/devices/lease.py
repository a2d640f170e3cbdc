"""A lease on a device behind a shell: a file on the device itself, so that two hosts, or a sweep and a person, never measure on it at once.

The file has one line, ``TOKEN HOST PROCESS UNTIL``, the last by the device's own clock. Whoever has the lease renews it while they
measure; one that was not renewed, or whose process on this host has ended, is taken over.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shlex
import threading
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.remote import Shell, is_alive, run_checked

FILE = "mobileseg.lease"
VALID_S = 180
RENEW_S = 60.0
"""A short shell command a minute: less than what a phone does by itself."""


class DeviceInUseError(DeviceError):
    """Somebody else measures on the device."""


class Holder(NamedTuple):
    """Who has the lease. ``until``: seconds of the device's clock; ``text``: the file's."""

    token: str
    node: str
    process: int
    until: int
    text: str


@contextlib.contextmanager
def lease(shell: Shell, parent: str, name: str) -> Iterator[None]:
    """Hold the lease of the device. ``parent``: a folder on it that everybody can write in; ``name``: of the device, for messages.

    Raises ``DeviceInUseError`` where somebody else has it, also at the end, where it was taken away in between.
    """
    token, path = uuid.uuid4().hex, f"{parent}/{FILE}"
    _acquire(shell, path, token, name)
    ended, taken = threading.Event(), threading.Event()

    def keep() -> None:
        while not ended.wait(RENEW_S):
            with contextlib.suppress(DeviceError):  # a lost device: the measurement notices it
                if not _renew(shell, path, token):
                    taken.set()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()
        with contextlib.suppress(DeviceError):  # it ends by itself
            _release(shell, path, token)
    if taken.is_set():
        raise DeviceInUseError(
            expected=f"{name} for this measurement alone",
            found="its lease was taken over meanwhile",
            fix="measure again",
        )


def _acquire(shell: Shell, path: str, token: str, name: str) -> None:
    for _ in range(2):
        holder, now = _try(shell, path, token)
        if holder is None:
            return
        own_host = holder.node == _node()
        if not (holder.until < now or (own_host and holder.process != os.getpid() and not is_alive(holder.process))):
            who = "another process here" if own_host else holder.node
            raise DeviceInUseError(
                expected=f"{name}, in use by nobody",
                found=f"a measurement on it by {who} (process {holder.process}), for {max(0, holder.until - now)} s at least",
                fix="wait for its end; a lease of a host that was switched off ends by itself",
            )
        _take_over(shell, path, token, holder)
    raise DeviceInUseError(
        expected=f"{name}, in use by nobody", found="another host that took it first", fix="wait for its end"
    )


def _try(shell: Shell, path: str, token: str) -> tuple[Holder | None, int]:
    """Create the file, if nobody has: None, or who has it; and the device's time."""
    quoted = shlex.quote(path)
    script = (
        f"now=$(date +%s); if (set -C; echo {_line(token)} >{quoted}) 2>/dev/null; then echo mine $now; "
        f'else echo theirs $now "$(cat {quoted})"; fi'
    )
    answer = run_checked(shell, script, "a lease of the device").strip()
    whose, _, rest = answer.partition(" ")
    clock, _, text = rest.partition(" ")
    if not clock.isdigit():
        raise DeviceError(expected="a lease of the device", found=answer[:200], fix="try it by hand in its shell")
    now = int(clock)
    return (None if whose == "mine" else _holder(text.strip(), now)), now


def _line(token: str) -> str:
    """The words of the file, for a script in which ``now`` is set."""
    return f'"{token} {_node()} {os.getpid()} $((now + {VALID_S}))"'


def _holder(text: str, now: int) -> Holder:
    """Who has the lease. A file that is being written is somebody's; a damaged one is nobody's."""
    words = text.split()
    if len(words) == 4 and words[2].isdigit() and words[3].isdigit():
        return Holder(words[0], words[1], int(words[2]), int(words[3]), text)
    return Holder("", "unknown", 0, 0 if words else now + 1, text)


def _take_over(shell: Shell, path: str, token: str, holder: Holder) -> None:
    """Remove a lease that has ended. Of several only one moves the file away, and puts it back where it is another one by now."""
    quoted, aside = shlex.quote(path), shlex.quote(f"{path}.{token}")
    run_checked(
        shell,
        f'mv {quoted} {aside} 2>/dev/null || exit 0; if [ "$(cat {aside})" = {shlex.quote(holder.text)} ]; then rm -f {aside}; '
        f"else mv {aside} {quoted}; fi",
        "to take over a lease that has ended",
    )


def _renew(shell: Shell, path: str, token: str) -> bool:
    """Whether the lease was still ours, and is for longer now."""
    quoted, new = shlex.quote(path), shlex.quote(f"{path}.{token}")
    script = (
        f'now=$(date +%s); case "$(cat {quoted} 2>/dev/null)" in "{token} "*) echo {_line(token)} >{new} && mv {new} {quoted} '
        "&& echo ours;; *) echo lost;; esac"
    )
    return "ours" in run_checked(shell, script, "to renew the lease of the device")


def _release(shell: Shell, path: str, token: str) -> None:
    quoted = shlex.quote(path)
    run_checked(
        shell, f'case "$(cat {quoted} 2>/dev/null)" in "{token} "*) rm -f {quoted};; esac; true', "to end the lease"
    )


def _node() -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", platform.node()) or "unknown"
