"""What a worker does with an order."""

from __future__ import annotations

import contextlib
import functools
import platform
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from mobileseg.errors import DiskFullError, MissingExtraError, MobilesegError
from mobileseg.fleet.engine.layout import lay_out
from mobileseg.fleet.engine.steps import is_timed
from mobileseg.fleet.stages.contract import AwayError, BusyError, Made, Order, Report, Run
from mobileseg.fleet.stages.origins import origin
from mobileseg.fleet.store.folder import FORMAT, Store
from mobileseg.fleet.store.keys import short_hash
from mobileseg.fleet.store.outcome import Blob, Failure, Outcome
from mobileseg.fleet.store.packing import pack
from mobileseg.latency.devices import machine
from mobileseg.registry import load


class Place(NamedTuple):
    """Where the sweep's store is: its folder as the sweep sees it, and its id, by which a worker knows it."""

    folder: str
    id: str


def carry_out(order: Order, place: Place, sent: Mapping[str, bytes]) -> Report:
    """Do one step. What is known already is not done again: a worker's death makes the scheduler ask twice.

    ``sent``: the files that the order needs, where the worker does not see the store. Errors of the step are its result; none is raised
    but by what is wrong with the fleet.
    """
    store = _store(place)
    known = None if store is None else store.get(order.stage, order.key)
    if known is not None and (known.status == "done" or not order.again or known.context.run == order.context.run):
        return Report("done", known.to_json().encode())
    if (reason := _unfit(order)) is not None:
        return Report("unfit", reason=reason)
    work: Run = load(order.run)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mobileseg-step-")))
        needed, made_in = folder / "needed", folder / "made"
        needed.mkdir()
        made_in.mkdir()
        if order.device is None or not is_timed(order.device):
            stack.enter_context(machine.shared())
        begin = time.monotonic()
        try:
            made, failure = work(order, lay_out(order.needs, store, sent, needed), made_in), None
        except AwayError as error:
            return Report("busy" if isinstance(error, BusyError) else "away", reason=str(error))
        except (MissingExtraError, DiskFullError) as error:
            return Report("unfit", reason=str(error))
        except Exception as error:  # the step's result: it does not stop the rest
            made, failure = Made({}), error
        outcome = _outcome(order, made, failure or made.error, time.monotonic() - begin)
        if store is not None:
            return Report("done", store.put(outcome, made.files, order.again).to_json().encode())
        packed = {name: pack(path) for name, path in made.files.items()}
        blobs = {name: _blob(path) for name, path in made.files.items()}
        whole = outcome.model_copy(update={"files": blobs})
        return Report(
            "done", whole.to_json().encode(), files={blobs[name].sha256: data for name, data in packed.items()}
        )


def ask(device: str) -> dict[str, JsonValue] | str:
    """What the device is; the reason where it does not answer."""
    from mobileseg.fleet.stages.measuring import identify

    try:
        return identify(device)
    except MobilesegError as error:
        return str(error)


@functools.lru_cache(maxsize=4)
def _seen(folder: str) -> Store | None:
    return Store(Path(folder)) if (Path(folder) / FORMAT).is_file() else None


def _store(place: Place) -> Store | None:
    """The sweep's store, if this worker sees it."""
    try:
        store = _seen(place.folder)
    except (MobilesegError, OSError):
        return None
    return store if store is not None and store.id == place.id else None


def _unfit(order: Order) -> str | None:
    """Why this worker cannot do the step as it was asked for: other versions give other results."""
    asked, here = order.inputs.get("versions"), origin(order.stage)
    if not isinstance(asked, dict) or asked == here:
        return None
    names = sorted(name for name in asked.keys() | here.keys() if asked.get(name) != here.get(name))
    return "; ".join(
        f"{name} {here.get(name, 'missing')} where the sweep has {asked.get(name, 'none')}" for name in names
    )


def _outcome(order: Order, made: Made, error: Exception | None, seconds: float) -> Outcome:
    return Outcome(
        stage=order.stage,
        key=order.key,
        inputs=dict(order.inputs),
        status="done" if error is None else "failed",
        failure=None if error is None else Failure.of(error),
        figures=dict(made.figures),
        created=datetime.now(UTC).replace(microsecond=0),
        seconds=round(seconds, 3),
        host=short_hash(platform.node()),
        device=order.alias,
        context=order.context,
    )


def _blob(path: Path) -> Blob:
    from mobileseg.files import sha256, size_bytes

    return Blob(sha256=sha256(path), size_bytes=size_bytes(path), folder=path.is_dir())
