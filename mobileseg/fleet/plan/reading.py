"""Reads a plan from TOML: every mistake is said with the field that has it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from mobileseg.errors import RequestError
from mobileseg.fleet.plan.axes import AXES, check
from mobileseg.fleet.plan.schema import Plan

WILD = "*?["


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises ``RequestError`` where it cannot be read, for what the schema does not have, and for names that no
    registry holds."""
    try:
        fields = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise RequestError(
            expected=f"a plan at {path}", found=error.strerror or "it cannot be read", fix="check the path"
        ) from error
    except (ValueError, RecursionError) as error:
        raise RequestError(
            expected=f"a plan in TOML at {path}", found=str(error), fix="check the file in an editor"
        ) from error
    return parse_plan(fields, str(path))


def parse_plan(fields: dict[str, Any], source: str) -> Plan:
    """The plan of a table. ``source``: its name for messages. Raises as ``read_plan`` does."""
    try:
        plan = Plan.model_validate(fields)
    except ValidationError as error:
        raise _mistake(error, source) from error
    for where, axis, value in _values(plan):
        check(AXES[axis], value, where)
    _check_allow(plan)
    _check_alias(plan)
    return plan


def field(path: Sequence[int | str]) -> str:
    """``("exclude", 0, "model")`` -> ``exclude[0].model``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _mistake(error: ValidationError, source: str) -> RequestError:
    first = error.errors()[0]
    where, message, found = field(first["loc"]), first["msg"], repr(first.get("input"))[:120]
    if first["type"] == "extra_forbidden":
        known = _known(first["loc"][:-1])
        near = difflib.get_close_matches(str(first["loc"][-1]), known, 2, 0.5)
        fix = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        return RequestError(expected=f"fields that a plan has, in {source}", found=where, fix=fix)
    if first["type"] == "missing":
        return RequestError(expected=f"{where} in {source}", found="none", fix=f"add {where}; see the guide on sweeps")
    return RequestError(expected=f"{where}: {message}", found=f"{found} in {source}", fix=f"change {where} in the file")


def _known(path: Sequence[int | str]) -> list[str]:
    """The fields of the table at ``path``."""
    kind: type[BaseModel] = Plan
    for part in path:
        if isinstance(part, str) and part in kind.model_fields:
            kind = _model_of(kind.model_fields[part].annotation) or kind
    return list(kind.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_of(part))), None)


def _values(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Field, axis and value of everything that names something; patterns of ``exclude`` are left out."""
    for axis in AXES.values():
        for i, value in enumerate(getattr(plan.matrix, axis.key)):
            yield f"matrix.{axis.key}[{i}]", axis.name, value
    for table in ("include", "exclude"):
        for number, row in enumerate(getattr(plan, table)):
            for axis in AXES.values():
                for value in getattr(row, axis.name) or ():
                    if table == "include" or not set(WILD) & set(value):
                        yield f"{table}[{number}].{axis.name}", axis.name, value


def _check_allow(plan: Plan) -> None:
    from mobileseg.latency.protocol import check_gates

    try:
        check_gates(plan.options.allow)
    except RequestError as error:
        raise RequestError(expected=f"options.allow: {error.expected}", found=error.found, fix=error.fix) from error


def _check_alias(plan: Plan) -> None:
    names = list(plan.alias.values())
    if twice := [name for name in names if names.count(name) > 1]:
        raise RequestError(
            expected="alias: another name for each device", found=f"{twice[0]!r} twice", fix="rename one of them"
        )
