"""``mobileseg.fleet.sweep``, and what it would do."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.errors import RequestError
from mobileseg.progress import silent

if TYPE_CHECKING:
    from distributed import Client

    from mobileseg.fleet.engine.steps import CellSteps, Step
    from mobileseg.fleet.plan.schema import Plan
    from mobileseg.fleet.stages.workshop import Workshop
    from mobileseg.fleet.store.folder import Store
    from mobileseg.fleet.store.outcome import Context
    from mobileseg.fleet.summary import SweepPlan, SweepResult

STORE = "sweep-store"
PATIENCE_S = 600.0
RETRY = ("failed",)


def sweep(
    plan: str | Path | dict[str, Any],
    *,
    store: str | Path = STORE,
    scheduler: str | None = None,
    jobs: int | None = None,
    retry: str | None = None,
    patience: float = PATIENCE_S,
    share: bool = True,
    progress: Callable[[str], None] = silent,
) -> SweepResult:
    """Export, verify, compare and measure every cell of a plan; each step once, in whatever sweep it was done.

    ``plan``: a TOML file, or its tables. ``store``: the folder with what is known; created where it is not there. ``scheduler``: the
    address of a Dask scheduler with workers (``mobileseg worker``), ``tcp://HOST:PORT`` or ``tls://HOST:PORT`` with Dask's own
    configuration of TLS; default: workers on this machine, ``jobs`` of them and one for each device; default: one for each core, as
    memory allows. ``retry``: ``failed`` does again what failed in earlier runs. ``patience``: seconds to wait for devices that are not
    there, when there is nothing else to do. ``share``: workers that see the store on their own disk use it; False sends them everything.
    ``progress`` is called with each stage.

    A cell that fails is a result with its error; ``check()`` of the result raises ``GateError`` where one failed and
    ``NotMeasuredError`` where some were not done. A sweep that was killed resumes when it is repeated.

    Raises ``RequestError`` for the plan and the store, ``EnvironmentLackError`` for what the fleet lacks.
    """
    if retry is not None and retry not in RETRY:
        raise RequestError(
            expected="--retry failed", found=repr(retry), fix="what is done is never done again; change `round`"
        )
    if jobs is not None and not 1 <= jobs <= 1024:
        raise RequestError(expected="--jobs from 1 to 1024", found=str(jobs), fix="leave it out for one a core")
    if scheduler is not None and jobs is not None:
        raise RequestError(
            expected="--jobs without --scheduler", found="both", fix="give --jobs to `mobileseg worker` on each host"
        )
    from mobileseg.fleet.engine import cluster

    cluster.prepare()
    if scheduler is not None:
        cluster.check_address(scheduler)
    begin, (opened, rows, steps, workshop, kept) = time.monotonic(), _planned(plan, store)
    from mobileseg.fleet.engine.crew import Crew
    from mobileseg.fleet.engine.driver import Driver
    from mobileseg.fleet.summary import result_of

    devices = list(dict.fromkeys(step.device for step in steps if step.device is not None))
    context = context_of(opened)
    progress(f"{len(rows)} cells, {len(steps)} steps, run {context.run}")
    with _client(scheduler, jobs, devices, patience) as client:
        crew = Crew(client, kept, share)
        if crew.dashboard:
            progress(f"Dask's dashboard: {crew.dashboard}")
        driver = Driver(
            steps=steps, workshop=workshop, store=kept, crew=crew, context=context, patience=patience, again=retry is not None,
            say=progress,
        )  # fmt: skip
        driver.run()
        away = {device: driver.offers.why_not(device) for device in devices if not driver.offers.usable(device)}
    return result_of(rows, steps, workshop, context, time.monotonic() - begin, away)


def plan_sweep(plan: str | Path | dict[str, Any], *, store: str | Path = STORE) -> SweepPlan:
    """The cells of a plan, what of them is known in the store, and hours by device, from how long such steps took so far.

    ``plan``, ``store``: as for ``sweep``. Devices are not asked: they are taken for what they were last. Nothing is run or measured.
    Raises ``RequestError``.
    """
    opened, rows, steps, workshop, kept = _planned(plan, store)
    del opened
    from mobileseg.fleet.engine.durations import Durations
    from mobileseg.fleet.engine.steps import settle
    from mobileseg.fleet.summary import plan_of

    for device in {step.device for step in steps if step.device is not None}:
        found = kept.recall(f"device-{workshop.alias(device)}")
        if isinstance(found, dict):
            workshop.devices[device] = found
    for step in steps:
        settle(step, workshop, kept, False, "")
    return plan_of(rows, steps, workshop, Durations(kept))


def _planned(
    plan: str | Path | dict[str, Any], store: str | Path
) -> tuple[Plan, list[CellSteps], list[Step], Workshop, Store]:
    from mobileseg.fleet.engine.steps import steps_of
    from mobileseg.fleet.plan.matrix import cells
    from mobileseg.fleet.plan.reading import parse_plan, read_plan
    from mobileseg.fleet.stages.workshop import Workshop
    from mobileseg.fleet.store.folder import Store

    opened = parse_plan(plan, "the plan") if isinstance(plan, dict) else read_plan(Path(plan))
    steps, rows = steps_of(cells(opened))
    return opened, rows, steps, Workshop(opened), Store(Path(store))


def context_of(plan: Plan) -> Context:
    """Where results come from that are made now."""
    from mobileseg.fleet.repository import commit
    from mobileseg.fleet.store.outcome import Context

    return Context(
        run=uuid.uuid4().hex[:12], sweep=plan.name, round=plan.round, commit=commit(Path.cwd()), tags=plan.tags
    )


@contextlib.contextmanager
def _client(scheduler: str | None, jobs: int | None, devices: list[str], patience: float) -> Iterator[Client]:
    from mobileseg.fleet.engine import cluster

    if scheduler is None:
        with cluster.embedded(jobs or cluster.default_jobs(), devices) as client:
            yield client
        return
    with cluster.connect(scheduler, patience) as client:
        yield client
