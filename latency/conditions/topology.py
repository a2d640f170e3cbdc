"""Clusters of fast and slow cores, and the choice of cores that a measurement is bound to."""

from __future__ import annotations

import re

from mobileseg.errors import RequestError
from mobileseg.latency.conditions.sensors import Core, Properties

CHOICES = ("all", "big", "little")


def clusters(cores: tuple[Core, ...]) -> tuple[tuple[int, ...], ...]:
    """Core numbers grouped by speed, the fastest group first: by the kernel's capacity, else by the highest clock.

    A single cluster if the device reports neither. Cores that are unplugged are left out where they do not tell their speed.
    """
    for key in ("capacity", "max_khz"):
        values = {core.number: getattr(core, key) for core in cores if core.online or getattr(core, key) is not None}
        if values and None not in values.values():
            kinds = sorted(set(values.values()), reverse=True)
            return tuple(tuple(number for number, value in values.items() if value == kind) for kind in kinds)
    return (tuple(core.number for core in cores if core.online),)


def choose_cores(properties: Properties, asked: str) -> tuple[int, ...]:
    """The core numbers for ``--cores``: ``all`` -> () (no binding), ``little`` -> the slowest cluster, ``big`` -> all other clusters,
    or explicit numbers such as ``0,1``.

    With three clusters (prime, big, little) the first two are big, as schedulers treat them. Raises ``RequestError`` for cores that
    do not exist or cannot be told apart.
    """
    if asked == "all":
        return ()
    groups = clusters(properties.cores)
    if asked in CHOICES:
        if len(groups) < 2:
            raise RequestError(
                expected=f"{asked} cores",
                found=f"{len(properties.cores)} cores of the same speed",
                fix="use --cores all, or core numbers: --cores 0,1",
            )
        return tuple(sorted(n for group in groups[:-1] for n in group)) if asked == "big" else groups[-1]
    if not re.fullmatch(r"\d{1,4}(,\d{1,4})*", asked):
        raise RequestError(
            expected=f"{', '.join(CHOICES)} or core numbers such as 0,1", found=repr(asked), fix="choose one of these"
        )
    wanted = tuple(sorted({int(n) for n in asked.split(",")}))
    there = {core.number for core in properties.cores}
    if there and not there.issuperset(wanted):
        raise RequestError(expected=f"cores among {sorted(there)}", found=asked, fix="choose existing cores")
    off = sorted(core.number for core in properties.cores if not core.online and core.number in wanted)
    if off:
        raise RequestError(
            expected=f"cores that are plugged in, of {asked}",
            found=f"the system has switched off {', '.join(map(str, off))}",
            fix="wait until the device has cooled down, or choose other cores",
        )
    return wanted
