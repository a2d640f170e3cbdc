"""Which unit was measured, without saying it: serial numbers, addresses and names of hosts stay out of results."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from mobileseg.errors import RequestError

IN_APP = " in app"
"""Ends the name of a phone where the app measures: times there are another device's than times in its shell."""

ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
DIGITS = 10


def unit_of(text: str) -> str:
    """The first digits of a keyed hash of a serial number or a machine-id: the same unit has the same, another another."""
    return hashlib.sha256(f"mobileseg unit {text}".encode()).hexdigest()[:DIGITS]


def check_alias(alias: str | None) -> None:
    """Raise ``RequestError`` for an alias that is no plain word."""
    if alias is not None and not ALIAS.fullmatch(alias):
        raise RequestError(
            expected="an alias of letters, digits, dots and dashes, at most 40",
            found=repr(alias),
            fix="for example --alias lab-pixel-2",
        )


def label(name: str, alias: str | None, unit: str | None) -> str:
    """What results call a device: ``adb:SERIAL`` becomes ``adb:`` and the alias, else the unit's hash, else that of the serial."""
    app = IN_APP if name.endswith(IN_APP) else ""
    kind, _, rest = name.removesuffix(app).partition(":")
    word = alias or (unit or unit_of(rest) if rest else None)
    return f"{kind}:{word}{app}" if word else f"{kind}{app}"


def kind_of(device: str) -> str:
    """Which kind of device a result is of, whatever the unit: ``adb``, ``adb in app``, ``host``; a core that is emulated is its own."""
    app = IN_APP if device.endswith(IN_APP) else ""
    kind = device.removesuffix(app).partition(":")[0]
    return device if kind == "emulated" else f"{kind}{app}"


def hidden(text: str, secrets: Iterable[str], word: str) -> str:
    """``text`` with ``word`` in place of every one of ``secrets`` that stands there by itself."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(secret)}(?![\w-]|\.\w)", word.replace("\\", r"\\"), text)
    return text
