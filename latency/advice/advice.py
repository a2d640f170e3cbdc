"""What ``advise`` found: a row for every precision, a recommendation for every kind of device, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from mobileseg.document import Decibel, Document, Part
from mobileseg.errors import NotMeasuredError
from mobileseg.export.evaluation.gates import Verdict

SCHEMA_VERSION: Final = 1
CLOSE = 1.1  # instructions over the fewest: what is as cheap, for who can have more accuracy with it


class FileAdvice(Part):
    """One precision. ``failure``: why there is no file; else ``size_bytes``, and against the reference model ``agreement`` (0..1) and
    ``sqnr_db``, on the images that ``accuracy_on`` names; ``miou_change``: in 0..1, with its 95 % ``interval``, None without labels;
    ``verdict``: of the comparison on labelled images, UNKNOWN without. ``outside``: operators that no delegate holds."""

    precision: str
    meaning: str
    failure: str | None = None
    size_bytes: int | None = None
    agreement: float | None = None
    sqnr_db: Decibel | None = None
    accuracy_on: str | None = None
    miou_change: float | None = None
    interval: tuple[float, float] | None = None
    verdict: Verdict = "UNKNOWN"
    outside: int | None = None


class ClassAdvice(Part):
    """One kind of device. ``core``: the emulated core; ``instructions`` of one inference, by precision, empty where ``reason`` says why
    nothing was counted. ``recommended``: a precision; None is UNKNOWN. ``why``: in words."""

    name: str
    title: str
    examples: str
    core: str | None
    instructions: dict[str, int]
    reason: str | None = None
    recommended: str | None = None
    why: str


class Advice(Document):
    """The JSON of ``advise``. ``size``: height, width."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    command: str | None
    model: str
    weights: str
    size: tuple[int, int]
    data: str | None
    files: tuple[FileAdvice, ...]
    devices: tuple[ClassAdvice, ...]
    versions: dict[str, str]

    def check(self) -> None:
        """Raise ``NotMeasuredError`` where there is no recommendation at all."""
        if not any(device.recommended for device in self.devices):
            raise NotMeasuredError(
                expected="a recommendation for one kind of device at least",
                found="; ".join(f"{device.name}: {device.why}" for device in self.devices),
                fix="install the packages that are named, or give --data with labelled images",
            )


def recommend(files: Sequence[FileAdvice], instructions: Mapping[str, int]) -> tuple[str | None, str]:
    """The precision for a device that executes so many ``instructions``, and why.

    Of the files whose accuracy did not fail, those within ``CLOSE`` of the fewest instructions; of these the one whose logits follow the
    reference model's best. None where no file was counted.
    """
    good = {file.precision: file for file in files if file.failure is None and file.verdict != "FAIL"}
    counted = {name: instructions[name] for name in good if name in instructions}
    if not counted:
        return None, "no file that is good enough was counted"
    fewest = min(counted, key=counted.__getitem__)
    close = [name for name, count in counted.items() if count <= CLOSE * counted[fewest]]
    chosen = max(close, key=lambda name: (_fidelity(good[name]), -counted[name]))
    others = [f"{count / counted[chosen]:.2f} times for {name}" for name, count in counted.items() if name != chosen]
    words = f"{counted[chosen] / 1e6:.1f} million instructions" + (f"; {', '.join(others)}" if others else "")
    if chosen != fewest:
        words += f": as cheap as {fewest} within {100 * (CLOSE - 1):.0f} %, and closer to the reference model"
    if good[chosen].verdict == "UNKNOWN":
        words += "; its accuracy on labelled images is UNKNOWN"
    return chosen, words


def _fidelity(file: FileAdvice) -> float:
    """In dB; of a file without logits the agreement."""
    return file.sqnr_db if file.sqnr_db is not None else file.agreement or 0.0
