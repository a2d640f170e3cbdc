"""One measurement in one process: load, first inference, warm-up until times are stable, then turns.

Times are of the runtime's call alone, in ms: the input has been set, and the outputs stay in the runtime's memory.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import memory
from .events import Events, RunnerError
from .models import Model, open_model, versions
from .plan import Plan, order, warm_up
from .watch import Watch


def _ms(action: Callable[[], object]) -> float:
    begin = time.perf_counter_ns()
    action()
    return round((time.perf_counter_ns() - begin) / 1e6, 6)


def run_ms(model: Model) -> float:
    """The time of one inference in ms, without setting the input."""
    model.set_input()
    return _ms(model.run)


def measure(asked: argparse.Namespace, events: Events) -> None:
    """Runs the models of ``asked`` (see ``arguments.py``) and writes an event for every step. Raises ``RunnerError``."""
    models = [_model(asked, index) for index in range(len(asked.models))]
    for kind in sorted({type(model) for model in models}, key=str):
        kind.prepare(asked.threads)
    threads = {kind.threads(asked.threads) for kind in {type(model) for model in models}}
    events(
        "start",
        runner="python",
        version=versions(sys.modules),
        threads=threads.pop() if len(threads) == 1 else None,
        cores=memory.affinity(),
    )
    began, base = time.monotonic(), memory.baseline_kb()
    for index, model in enumerate(models):
        events("load", model=index, ms=_ms(model.load))
        model.read()
    for index, model in enumerate(models):
        events("first", model=index, ms=run_ms(model))
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection during a run would count as the model's time
    for index, model in enumerate(models):
        samples, stable = warm_up(partial(_beating, model, events), asked.protocol)
        events("warmup", model=index, samples_ms=samples, stable=stable)
    _turns(asked.protocol, models, events, began, Watch(asked.watch, events, began))
    events("memory", base_kb=base, peak_kb=memory.peak_kb())
    for folder in filter(None, (asked.output, asked.profile)):
        Path(folder).mkdir(parents=True, exist_ok=True)
    for index, model in enumerate(models):
        if asked.output:
            model.write_outputs(Path(asked.output), index)
        if asked.profile:
            events("profile", model=index, file=str(model.write_profile(Path(asked.profile), index)))
    events("end")


def _model(asked: argparse.Namespace, index: int) -> Model:
    path, data = Path(asked.models[index]), Path(asked.inputs[index])
    for wanted in (path, data):
        if not wanted.exists():
            raise RunnerError("a file", f"nothing at {wanted}", "check the path")
    return open_model(path, data, asked)


def _beating(model: Model, events: Events) -> float:
    """``run_ms``, and a sign of life where there was none for long."""
    ms = run_ms(model)
    events.beat()
    return ms


def _turns(plan: Plan, models: list[Model], events: Events, began: float, watch: Watch) -> None:
    """Runs at least ``turns`` turns, and at least ``min_seconds`` of timed runs of every model. Between them it looks around."""
    spent = [0.0] * len(models)
    turn = 0
    watch.look()
    while turn < plan.turns or min(spent) < plan.min_seconds:
        for index in order(len(models), turn, plan.balanced):
            model = models[index]
            for _ in range(plan.settle if len(models) > 1 else 0):
                run_ms(model)
            at = time.monotonic() - began
            samples = [_beating(model, events) for _ in range(plan.runs)]
            spent[index] += sum(samples) / 1e3
            events("turn", turn=turn, model=index, samples_ms=samples, at_s=round(at, 4))
        watch.look()
        turn += 1
    watch.look(last=True)
