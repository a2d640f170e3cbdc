"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "other version", "broken", "not known"]


@dataclass(frozen=True)
class Check:
    """``group``: base, extra, runtime, device, machine. ``detail``: what was found. ``fix``: what to do, None where all is well.

    "missing": not installed, which is no fault where it is not needed; "other version": outside of what was tested together;
    "broken": there, and does not work; "not known": the check did not come to an end.
    """

    group: str
    name: str
    state: State
    detail: str
    fix: str | None = None
