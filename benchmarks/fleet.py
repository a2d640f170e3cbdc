"""What a sweep itself costs, and whether it survives: python benchmarks/fleet.py [--cells 2000] [--kills 20] [--seed 21]

Devices and stages are those of tests/helpers/fake_fleet.py, which do next to nothing; scheduler, workers, store and the sweep are real,
each in processes of its own. Workers, the scheduler, the sweep and the connections of devices are killed at random points, by the seed;
afterwards every cell must have one outcome, equal to an undisturbed sweep's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HELPERS = HERE.parent / "tests" / "helpers"
DEVICES = ("fake:a", "fake:b", "fake:c")
MODELS = ("seaformer-tiny", "topformer-tiny", "van-b0", "van-b0-fpn")
SWEEP = """
import sys
sys.path.insert(0, {helpers!r})
import fake_fleet
from mobileseg import fleet
from mobileseg.fleet.engine import steps
from mobileseg.fleet.stages import table
table.STAGES = steps.STAGES = fake_fleet.STAGES
import json
plan, store, scheduler = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3] or None
found = fleet.sweep(plan, store=store, scheduler=scheduler, jobs=None if scheduler else 2, patience=120)
found.check()
print(found.to_json())
"""


def plan(cells: int) -> dict[str, Any]:
    """So many cells on three devices, or a few more."""
    threads = [*range(1, -(-cells // (len(MODELS) * len(DEVICES))) + 1)]
    return {"matrix": {"models": MODELS, "targets": ["onnx"], "devices": DEVICES, "threads": threads}}


def cost(cells: int) -> None:
    """Planning, and the time of this process for each cell, with workers as its threads: theirs is in it."""
    sys.path.insert(0, str(HELPERS))
    import fake_fleet

    from mobileseg import fleet
    from mobileseg.fleet.engine import cluster, steps
    from mobileseg.fleet.stages import table

    table.STAGES = steps.STAGES = fake_fleet.STAGES  # type: ignore[misc]  # for this process
    with tempfile.TemporaryDirectory() as folder, cluster.embedded(2, DEVICES, processes=False) as client:
        cluster.embedded = lambda jobs, devices: contextlib.nullcontext(client)  # type: ignore[assignment,misc]
        fleet.sweep(plan(12), store=Path(folder) / "first")
        begin = time.process_time()
        planned = fleet.plan_sweep(plan(cells), store=Path(folder) / "store")
        print(f"{len(planned.cells)} cells planned in {time.process_time() - begin:.2f} s of processor time")
        begin, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        fleet.sweep(plan(cells), store=Path(folder) / "store").check()
        each = 1e3 * (time.process_time() - begin) / len(planned.cells)
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        print(
            f"{each:.1f} ms of processor time a cell, workers included; {more / 1024:.0f} MiB more memory at its peak"
        )


class Fleet:
    """A scheduler, three workers and a sweep, each of which can be killed and is started again."""

    def __init__(self, folder: Path, cells: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.marks, self._store, self._plan = folder / "marks", folder / "store", plan(cells)
        self.marks.mkdir()
        (self.marks / "slow").write_text("0.05")
        self._environment = {
            **os.environ, "FAKE_FLEET": str(self.marks), "PYTHONPATH": str(HELPERS), "DASK_DISTRIBUTED__WORKER__PRELOAD": "fake_fleet",
            "MOBILESEG_CACHE": str(folder / "cache"),
        }  # fmt: skip
        self._commands = {
            "scheduler": self._scheduler(),
            **{d: self._worker(d) for d in DEVICES},
            "sweep": self._sweep(),
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        for name in self._commands:
            self.start(name)

    def _scheduler(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(self._port),
            "--no-dashboard",
        ]

    def _worker(self, device: str) -> list[str]:
        words = [
            "worker",
            "--scheduler",
            f"tcp://127.0.0.1:{self._port}",
            "--devices",
            device,
            "--jobs",
            "1",
            "--name",
            device[-1],
        ]
        entry = "import fake_fleet, sys; sys.argv[0] = 'mobileseg'; from mobileseg.cli import main; main()"
        return [sys.executable, "-c", entry, *words]

    def _sweep(self) -> list[str]:
        script = SWEEP.format(helpers=str(HELPERS))
        return [sys.executable, "-c", script, json.dumps(self._plan), str(self._store), f"tcp://127.0.0.1:{self._port}"]

    def start(self, name: str) -> None:
        """Start one of them."""
        self._running[name] = subprocess.Popen(
            self._commands[name],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self, name: str) -> None:
        """Kill one of them with all that it has started, and start it again."""
        process = self._running[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.start(name)

    def unplug(self, device: str, seconds: float) -> None:
        """Take a device away for a while."""
        away = self.marks / f"{device.partition(':')[2]}.away"
        away.touch()
        time.sleep(seconds)
        away.unlink()

    def begun(self) -> Counter[str]:
        """How often the measurement of each key was begun."""
        lines = [line for path in self.marks.glob("*.measured") for line in path.read_text().splitlines()]
        return Counter(line.split()[0] for line in lines)

    def wait(self, seconds: float) -> int | None:
        """Exit code of the sweep, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._running["sweep"].wait(seconds)
        return None

    def end(self) -> None:
        """Kill everything."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def survive(cells: int, kills: int, seed: int) -> None:
    """Raise ``AssertionError`` where a cell is missing, or differs from an undisturbed sweep's."""
    from mobileseg.fleet.store.folder import Store

    generator, done = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet = Fleet(folder, cells)
        try:
            seen = 0
            while sum(done.values()) < kills:
                code = fleet.wait(generator.uniform(0.2, 2.0))
                assert code in (None, 0), f"the sweep ended with {code}"
                if code == 0:
                    break
                now = len(fleet.begun())
                if now <= seen:  # nothing was measured since the last one: wait until something is
                    continue
                seen = now
                victim = generator.choice(["scheduler", "sweep", *DEVICES, "unplug"])
                done[victim] += 1
                print(f"{sum(done.values())}: {victim}, {now} measurements begun", flush=True)
                if victim == "unplug":
                    fleet.unplug(generator.choice(DEVICES), generator.uniform(0.5, 3.0))
                else:
                    fleet.kill(victim)
            while (code := fleet.wait(5.0)) is None:
                pass
            assert code == 0, f"the sweep ended with {code}"
            begun = fleet.begun()
        finally:
            fleet.end()
        kept = {one.key: one for one in Store(folder / "store").outcomes() if one.stage == "latency"}
        assert kept.keys() == begun.keys() and len(kept) >= cells, f"{len(kept)} of {len(begun)}"
        undisturbed = subprocess.run(
            [sys.executable, "-c", SWEEP.format(helpers=str(HELPERS)), json.dumps(plan(cells)), str(folder / "other"), ""],
            env={**os.environ, "PYTHONPATH": str(HELPERS), "DASK_DISTRIBUTED__WORKER__PRELOAD": "fake_fleet"}, check=True,
            capture_output=True,
        )  # fmt: skip
        del undisturbed
        others = {one.key: one for one in Store(folder / "other").outcomes() if one.stage == "latency"}
        assert others.keys() == kept.keys(), "other cells than an undisturbed sweep"
        assert all(kept[key].files == one.files and kept[key].figures == one.figures for key, one in others.items())
        print(f"{len(kept)} cells, each once; {sum(begun.values()) - len(begun)} begun again; killed {dict(done)}")


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=21)
    asked = parser.parse_args()
    if asked.cells:
        cost(asked.cells)
    if asked.kills:
        survive(60 + 12 * asked.kills, asked.kills, asked.seed)


if __name__ == "__main__":
    main()
