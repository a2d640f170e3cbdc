"""The workers of one host: processes for exports, one for each device, kept up until somebody ends them."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mobileseg.errors import EnvironmentLackError
from mobileseg.fleet.engine.cluster import worker_options
from mobileseg.fleet.engine.offers import DEVICE

if TYPE_CHECKING:
    from distributed import Nanny

AUTO, HOST = "auto", "host"
LOOK_S = 15.0  # between two looks for new phones
ALIVE_S = 1.0  # between two looks whether the workers live
AGAIN_S = 3.0  # after the scheduler was lost
ANSWER_S = 10.0


def serve(
    scheduler: str, devices: Sequence[str], jobs: int, name: str | None, wait: bool, progress: Callable[[str], None]
) -> None:
    """Start the workers and keep them up. Raises ``EnvironmentLackError`` where the scheduler cannot be reached and ``wait`` is False."""
    own = re.sub(r"[^A-Za-z0-9_.-]", "-", name or platform.node()) or "host"
    asyncio.run(_serve(scheduler, devices, jobs, own, wait, progress))


async def _serve(
    scheduler: str, devices: Sequence[str], jobs: int, name: str, wait: bool, progress: Callable[[str], None]
) -> None:
    while True:
        nannies: dict[str, Nanny] = {}
        try:
            await _reach(scheduler)
            progress(f"connected to {scheduler} as {name}")
            await _keep_up(scheduler, devices, jobs, name, nannies, progress)
            progress("the scheduler is gone")
        except OSError as error:
            progress(f"no scheduler at {scheduler}: {str(error) or 'no answer'}")
            if not wait:
                raise EnvironmentLackError(
                    expected=f"a Dask scheduler at {scheduler}",
                    found=str(error) or "no answer",
                    fix="start one with `dask scheduler`",
                ) from error
        finally:
            for nanny in nannies.values():
                with contextlib.suppress(OSError, TimeoutError):
                    await nanny.close(timeout=2)
        if not wait:
            return
        await asyncio.sleep(AGAIN_S)


async def _keep_up(
    scheduler: str,
    devices: Sequence[str],
    jobs: int,
    name: str,
    nannies: dict[str, Nanny],
    progress: Callable[[str], None],
) -> None:
    """Until the scheduler is gone."""
    from distributed import Nanny

    looked = -LOOK_S
    loop = asyncio.get_running_loop()
    while True:
        if loop.time() - looked >= LOOK_S:
            looked = loop.time()
            wanted = worker_options(jobs, await asyncio.to_thread(_offered, devices, name), name)
            for one, options in wanted.items():
                if one not in nannies:
                    nannies[one] = await Nanny(scheduler, death_timeout=ANSWER_S, **options)
                    offered = next(iter(options["resources"]))
                    progress(f"offers {offered.removeprefix(DEVICE)}")
        await asyncio.sleep(ALIVE_S)
        if any(nanny.status.name in ("closed", "closing", "failed") for nanny in nannies.values()):
            return
        try:
            await _reach(scheduler)
        except OSError:
            return


async def _reach(scheduler: str) -> None:
    """Raise ``OSError`` where nobody answers at the scheduler's address."""
    from distributed.core import rpc
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    try:
        async with rpc(scheduler, connection_args=arguments, timeout=ANSWER_S) as found:
            await asyncio.wait_for(found.identity(), ANSWER_S)
    except TimeoutError as error:
        raise OSError("no answer") from error


def _offered(devices: Sequence[str], name: str) -> list[str]:
    """The names under which the fleet knows the devices: ``host`` is of this machine."""
    found = []
    for device in devices:
        if device == AUTO:
            from mobileseg.latency.devices import adb

            found += [one.name for one in adb.find() if one.state == "ready"]
        else:
            found.append(f"{HOST}@{name}" if device == HOST else device)
    return list(dict.fromkeys(found))
