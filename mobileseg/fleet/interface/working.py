"""``mobileseg.fleet.worker``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mobileseg.errors import RequestError
from mobileseg.progress import silent

AUTO = "auto"


def worker(
    scheduler: str,
    *,
    devices: str | Sequence[str] = AUTO,
    jobs: int | None = None,
    name: str | None = None,
    wait: bool = True,
    progress: Callable[[str], None] = silent,
) -> None:
    """Offer this machine and its devices to sweeps, until it is interrupted.

    ``scheduler``: the address that ``dask scheduler`` shows. ``devices``: ``auto`` for all phones that adb has, also those that are
    connected later; or names as for ``latency --device``, with commas between them; ``host`` offers measurements on this machine, as
    ``host@NAME``. Each has a worker process of its own, and a Dask resource of which there is one. ``jobs``: how many exports and
    comparisons at once; 0 for none; default: one for each core, as memory allows. ``name``: of this machine in the fleet; default: its
    host name. ``wait``: where the scheduler goes away, wait for it; False ends. ``progress`` is called with what happens.

    Raises ``RequestError`` for addresses and devices that cannot be, ``EnvironmentLackError`` where there is no scheduler.
    """
    if jobs is not None and not 0 <= jobs <= 1024:
        raise RequestError(expected="--jobs from 0 to 1024", found=str(jobs), fix="leave it out for one a core")
    from mobileseg.fleet.engine import cluster
    from mobileseg.latency.devices.table import split

    cluster.prepare()
    cluster.check_address(scheduler)
    names = [word.strip() for word in devices.split(",") if word.strip()] if isinstance(devices, str) else list(devices)
    for device in names:
        if device != AUTO:
            split(device)
    from mobileseg.fleet.engine.serving import serve

    serve(scheduler, names, cluster.default_jobs() if jobs is None else jobs, name, wait, progress)
