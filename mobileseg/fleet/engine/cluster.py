"""The workers: a cluster on this machine, or a scheduler that others have started. Dask's dashboard is where Dask puts it."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.fleet.engine.offers import COMPUTE, DEVICE
from mobileseg.registry import require

if TYPE_CHECKING:
    from distributed import Client

EXTRA = "fleet"
MEMORY_EACH = 4 << 30  # bytes that an export may take
CONNECT_S = 10.0
FAILURES = 5  # workers that one step may take with it before it is the step that is to blame


def prepare() -> None:
    """Import Dask, silent. Raises ``MissingExtraError`` without it."""
    require(("dask", "distributed"), "sweeps and workers", EXTRA)
    import dask

    # Dask reports every worker that goes and comes, and every lost connection, as an error of its own: here both are to be expected.
    dask.config.set({"logging.distributed": "critical", "distributed.scheduler.allowed-failures": FAILURES})
    import distributed

    del distributed
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def default_jobs() -> int:
    """How many steps at once: as many as there are cores, and as memory holds."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    import psutil

    return max(1, min(cores, int(psutil.virtual_memory().total // MEMORY_EACH)))


def worker_options(jobs: int, devices: Sequence[str], name: str = "") -> dict[str, dict[str, Any]]:
    """Options of Dask workers by name: one for each job and one for each device, so that a device that cools down holds up nobody."""
    prefix = f"{name}-" if name else ""
    common = {"nthreads": 1, "memory_limit": 0}
    found = {f"{prefix}compute-{n}": {**common, "resources": {COMPUTE: 1}} for n in range(jobs)}
    for device in devices:
        found[f"{prefix}{device}"] = {**common, "resources": {f"{DEVICE}{device}": 1}}
    return {full: {**options, "name": full} for full, options in found.items()}


@contextlib.contextmanager
def embedded(jobs: int, devices: Sequence[str], processes: bool = True) -> Iterator[Client]:
    """A cluster that lives as long as the block: scheduler here, workers in processes of their own. ``processes``: False has them as
    threads of this process, which is for steps that need no more."""
    prepare()
    from distributed import Client, Nanny, Scheduler, SpecCluster, Worker

    kind = Nanny if processes else Worker
    workers = {
        name: {"cls": kind, "options": {**options, "silence_logs": logging.CRITICAL} if processes else options}
        for name, options in worker_options(jobs, devices).items()
    }
    scheduler = {
        "cls": Scheduler,
        "options": {"host": "127.0.0.1", "port": 0, "dashboard": _has_dashboard(), "dashboard_address": "127.0.0.1:0"},
    }
    with (
        SpecCluster(workers=workers, scheduler=scheduler, silence_logs=logging.CRITICAL) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def connect(address: str, patience: float) -> Client:
    """A client of a scheduler that runs. ``patience``: seconds to wait for it when it is gone. Raises ``RequestError``,
    ``EnvironmentLackError``."""
    prepare()
    check_address(address)
    from distributed import Client

    try:
        return Client(address, timeout=max(CONNECT_S, patience), set_as_default=False)
    except (OSError, ValueError) as error:
        raise EnvironmentLackError(
            expected=f"a Dask scheduler at {address}",
            found=str(error) or "no answer",
            fix="start one with `dask scheduler`, of the same release of distributed, and check the address",
        ) from error


def check_address(address: str) -> None:
    """Raise ``RequestError`` for what is no address of a scheduler."""
    kind, there, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    if kind not in ("tcp", "tls", "ws", "wss") or not there or not host or not port.isdigit():
        raise RequestError(
            expected="--scheduler tcp://HOST:PORT or tls://HOST:PORT",
            found=repr(address),
            fix="`dask scheduler` shows its address",
        )


def _has_dashboard() -> bool:
    import importlib.util

    return importlib.util.find_spec("bokeh") is not None
