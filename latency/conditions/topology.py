"""Which cores are fast and which are slow, and which of them a measurement is bound to."""

from __future__ import annotations

import re

from mobileseg.errors import RequestError
from mobileseg.latency.conditions.sensors import Core, Properties

CHOICES = ("all", "big", "little")


def clusters(cores: tuple[Core, ...]) -> tuple[tuple[int, ...], ...]:
    """Numbers of the cores that are alike, the fastest first: by the kernel's capacity, else by the highest clock.

    One cluster where nothing tells them apart.
    """
    for key in ("capacity", "max_khz"):
        values = [getattr(core, key) for core in cores]
        if all(value is not None for value in values):
            kinds = sorted(set(values), reverse=True)
            return tuple(tuple(c.number for c, v in zip(cores, values, strict=True) if v == kind) for kind in kinds)
    return (tuple(core.number for core in cores),)


def choose_cores(properties: Properties, asked: str) -> tuple[int, ...]:
    """``all`` -> (), that is no binding; ``big`` the fastest cluster and those between, ``little`` the slowest; or numbers, ``0,1``.

    Of three clusters (prime, big, little) the first two are big: schedulers do the same. Raises ``RequestError``.
    """
    if asked == "all":
        return ()
    groups = clusters(properties.cores)
    if asked in CHOICES:
        if len(groups) < 2:
            raise RequestError(
                expected=f"{asked} cores",
                found=f"{len(properties.cores)} cores that nothing tells apart",
                fix="say --cores all, or their numbers: --cores 0,1",
            )
        return tuple(sorted(n for group in groups[:-1] for n in group)) if asked == "big" else groups[-1]
    if not re.fullmatch(r"\d{1,4}(,\d{1,4})*", asked):
        raise RequestError(expected=f"{', '.join(CHOICES)} or numbers such as 0,1", found=repr(asked), fix="choose one")
    wanted = tuple(sorted({int(n) for n in asked.split(",")}))
    there = {core.number for core in properties.cores}
    if there and not there.issuperset(wanted):
        raise RequestError(expected=f"cores among {sorted(there)}", found=asked, fix="choose cores that are there")
    return wanted
