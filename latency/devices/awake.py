"""Wakes a phone and keeps it awake while it is measured: in sleep its clocks are low, and what runs may be frozen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.remote import Shell, run_checked

SETTING = "stay_on_while_plugged_in"
WAKE = (
    f"old=$(settings get global {SETTING} 2>/dev/null); input keyevent KEYCODE_WAKEUP; wm dismiss-keyguard; svc power stayon true; "
    'echo "$old"'
)


@contextlib.contextmanager
def awake(shell: Shell) -> Iterator[None]:
    """The screen is on in the block, as far as the phone lets the shell do that; then the setting is as before.

    A phone that stays dark closes the gate ``screen``. Raises ``DeviceError``.
    """
    answer = run_checked(shell, f"({WAKE}) 2>/dev/null; true", "the phone to wake up").strip().splitlines()
    old = answer[-1] if answer and answer[-1].isdigit() else "0"
    try:
        yield
    finally:
        with contextlib.suppress(DeviceError):  # the phone is gone
            run_checked(shell, f"settings put global {SETTING} {old} >/dev/null 2>&1; true", "the phone to sleep again")
