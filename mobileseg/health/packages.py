"""The base dependencies and the extras: what is installed, and whether its versions are those that work together.

They are read off mobileseg's own metadata, which pyproject.toml became.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement

from mobileseg.health.check import Check

NAME = "mobileseg"
SUMS = ("all",)  # extras that are others together


def base() -> Check:
    """What mobileseg cannot do without."""
    return _check("base", "dependencies", list(_requirements("")), f"pip install --upgrade {NAME}")


def extras() -> list[Check]:
    """One check per extra."""
    names = metadata.metadata(NAME).get_all("Provides-Extra") or []
    return [
        _check("extra", extra, list(_requirements(extra)), f"pip install '{NAME}[{extra}]'")
        for extra in names
        if extra not in SUMS
    ]


def _requirements(extra: str) -> Iterator[Requirement]:
    """Of one extra alone, those that it takes from other extras resolved; the base's for an empty name."""
    for text in metadata.requires(NAME) or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if extra:
            wanted = marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})
        else:
            wanted = marker is None or marker.evaluate({"extra": ""})
        if not wanted:
            continue
        if requirement.name == NAME:
            for other in requirement.extras:
                yield from _requirements(other)
        else:
            yield requirement


def _check(group: str, name: str, wanted: list[Requirement], install: str) -> Check:
    there, missing, other = [], [], []
    for requirement in wanted:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        there.append(f"{requirement.name} {version}")
        if not requirement.specifier.contains(version, prereleases=True):
            other.append(f"{requirement.name} {version}, tested with {requirement.specifier}")
    if missing:
        has = f"; has {', '.join(there)}" if there else ""
        return Check(group, name, "missing", f"lacks {', '.join(missing)}{has}", install)
    if other:
        return Check(group, name, "other version", "; ".join(other), install)
    return Check(group, name, "ok", ", ".join(there))
