"""A table joins figures of one machine, one set of tools and one protocol. What differs is refused, never averaged or hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mobileseg.errors import RequestError
from mobileseg.latency.results.result import Result

Facts = Mapping[str, object]


def facts_of(result: Result, apart: frozenset[str] = frozenset()) -> dict[str, object]:
    """What two measurements must have in common to stand in one table. ``apart``: facts that the table itself tells apart."""
    hardware = result.properties.summary.removesuffix(
        f", {result.properties.os}"
    )  # with the processor's instruction sets
    conditions = {
        "device": result.device,
        "hardware": hardware,
        "system": result.properties.os,
        "result schema": result.schema_version,
        "protocol": result.protocol.name,
        "compute units": result.compute_units,
        **{f"protocol's {name}": value for name, value in result.protocol.model_dump(exclude={"name", "title"}).items()},
        **versions(result.versions),
    }  # fmt: skip
    return {name: value for name, value in conditions.items() if name not in apart}


def versions(tools: Mapping[str, str]) -> dict[str, object]:
    """As facts."""
    return {f"version of {name}": version for name, version in tools.items()}


def check_alike(table: str, rows: Mapping[str, Facts], fix: str) -> None:
    """``rows``: by their names, what they must have in common. Raises ``RequestError`` that names two rows and what they differ in."""
    names = list(rows)
    for name in names[1:]:
        first, other = rows[names[0]], rows[name]
        unlike = [fact for fact in dict.fromkeys((*first, *other)) if first.get(fact) != other.get(fact)]
        if unlike:
            fact = unlike[0]
            more = f" (and {len(unlike) - 1} more)" if len(unlike) > 1 else ""
            raise RequestError(
                expected=f"figures of one {fact} in {table}",
                found=f"{names[0]}: {_said(first, fact)}; {name}: {_said(other, fact)}{more}",
                fix=fix,
            )


def check_measured(table: str, results: Mapping[str, Result], fix: str, apart: frozenset[str] = frozenset()) -> None:
    """As ``check_alike`` for measurements, which must be whole, too."""
    for name, result in results.items():
        if not result.complete or result.refused:
            reason = result.reason or ", ".join(d.gate for d in result.refused)
            raise RequestError(expected=f"whole measurements in {table}", found=f"{name}: {reason}", fix=fix)
    check_alike(table, {name: facts_of(result, apart) for name, result in results.items()}, fix)


def _said(facts: Facts, fact: str) -> Any:
    return facts.get(fact, "unknown")
