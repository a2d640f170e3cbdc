"""A sweep on real daemons, killed again and again: python benchmarks/fleet_lab.py [--seed 21] [--rounds 3] [--sizes 8]

The lab of tests/latency/devices/lab: two emulated phones behind adbd, a board behind sshd, and this machine; a scheduler and three workers
in processes of their own. The sweep is done once undisturbed and once while workers, the scheduler, the sweep and the devices' connections
are killed at random points. Both must have the same results in all but times: results/fleet.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in ("tests/latency/devices/lab", "tests/helpers", "tools"):
    sys.path.insert(0, str(HERE.parent / folder))

from board import PORT as SSH_PORT  # noqa: E402
from board import USER, sshd  # noqa: E402
from fleet_equal import unequal  # noqa: E402
from fleet_result import FleetResult  # noqa: E402
from lab import MOBILESEG, Lab, lab, until  # noqa: E402

from mobileseg.files import write_whole  # noqa: E402
from mobileseg.fleet.store.folder import Store  # noqa: E402

PHONES = {"phone-a": 7555, "phone-b": 7556}
BOARD, HOST = f"ssh:{USER}@127.0.0.1:{SSH_PORT}", "host@farm"
ALIAS = {f"adb:127.0.0.1:{port}": name for name, port in PHONES.items()} | {BOARD: "board", HOST: "farm"}
UNITS = ("PHONE-A-EMULATED", "PHONE-B-EMULATED", "BOARD-EMULATED")
WORKERS = {
    "farm": ("host", 1),
    "phones": (",".join(f"adb:127.0.0.1:{port}" for port in PHONES.values()), 0),
    "boards": (BOARD, 0),
}
SIZES = ("32x32", "32x64", "64x32", "64x64", "32x96", "96x32", "64x96", "96x64")
SCHEDULER = "tcp://127.0.0.1:8786"
VICTIMS = (
    *(("worker", name) for name in WORKERS), ("scheduler", ""), ("sweep", ""), *(("connection", name) for name in (*PHONES, "board")),
)  # fmt: skip
LEAST_S, MOST_S = 0.2, 5.0  # between a step's end and the next kill
LONGEST_S = 2400.0


def plan(sizes: int) -> str:
    """The plan: one small network in several sizes, one and two threads, all devices."""
    lists = {
        "models": ["seaformer-tiny"], "targets": ["executorch"], "weights": ["random"], "sizes": [*SIZES[:sizes]], "devices": [*ALIAS],
        "threads": [1, 2],
    }  # fmt: skip
    alias = "".join(f'"{device}" = "{name}"\n' for device, name in ALIAS.items())
    return "[matrix]\n" + "".join(f"{name} = {values!r}\n" for name, values in lists.items()) + f"[alias]\n{alias}"


@dataclass
class State:
    """What was done so far, kept in ``file``: a run that was interrupted is taken up again."""

    file: Path
    quiet_s: float = 0.0
    disturbed_s: float = 0.0
    killed: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, file: Path) -> State:
        """What the file says, if there is one."""
        found = json.loads(file.read_text()) if file.exists() else {}
        killed = [(kind, name) for kind, name in found.pop("killed", [])]
        return cls(file, **found, killed=killed)

    def save(self) -> None:
        """Write the file."""
        facts = {"quiet_s": self.quiet_s, "disturbed_s": self.disturbed_s, "killed": self.killed}
        write_whole(self.file, json.dumps(facts).encode())


class Fleet:
    """The processes of one sweep. ``work``: a folder for its store and marks."""

    def __init__(self, machine: Lab, work: Path, sizes: int) -> None:
        self._lab, self.work = machine, work
        self.store, self.marks = work / "store", work / "marks"
        self.marks.mkdir(parents=True, exist_ok=True)
        (work / "plan.toml").write_text(plan(sizes))
        environment = machine.environment
        self._environment = environment | {
            "FLEET_MARKS": str(self.marks), "PYTHONPATH": str(HERE), "DASK_DISTRIBUTED__WORKER__PRELOAD": "fleet_marks",
            "TMPDIR": str(machine.folder),
        }  # fmt: skip
        words = ("--scheduler", SCHEDULER)
        self._commands: dict[str, tuple[object, ...]] = {
            "scheduler": (
                sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "8786", "--no-dashboard",
            ),
            **{
                name: (*MOBILESEG, "worker", *words, "--devices", devices, "--jobs", jobs, "--name", name)
                for name, (devices, jobs) in WORKERS.items()
            },
            "sweep": (*MOBILESEG, "sweep", work / "plan.toml", *words, "--store", self.store, "--patience", 300),
        }  # fmt: skip
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start one of them inside the lab."""
        with (self.work / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._lab.enter(*self._commands[name]), env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def start_all(self) -> None:
        """Start all of them."""
        for name in self._commands:
            self.start(name)

    def kill(self, name: str, again: bool = True) -> None:
        """Kill one of them with what it has started, and start it again."""
        process = self._running[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if again:
            self.start(name)

    def ended(self) -> bool:
        """Whether the sweep is done. Raises ``RuntimeError`` where it ended with anything else."""
        code = self._running["sweep"].poll()
        if code not in (None, 0):
            raise RuntimeError(f"the sweep ended with {code}: {(self.work / 'sweep.log').read_text()[-2000:]}")
        return code == 0

    def done(self) -> int:
        """How many steps have an outcome."""
        return sum(1 for _ in (self.store / "outcomes").rglob("*.json"))

    def noted(self, what: str) -> Counter[str]:
        """How often each measurement was begun, or ended."""
        return Counter(key for path in self.marks.glob(f"{what}-*") for key in path.read_text().split())

    def close(self) -> None:
        """Kill all of them."""
        for name in self._running:
            self.kill(name, again=False)


class Devices:
    """The daemons, each of which can be killed and comes back."""

    def __init__(self, machine: Lab) -> None:
        self._lab, self._open = machine, contextlib.ExitStack()
        self._each: dict[str, contextlib.ExitStack] = {}
        for name in (*PHONES, "board"):
            self.connect(name)

    def connect(self, name: str) -> None:
        """Start a device's daemon."""
        self._each[name] = contextlib.ExitStack()
        number = (*PHONES, "board").index(name)
        if name in PHONES:
            self._each[name].enter_context(self._lab.adbd(PHONES[name], number))
        else:
            (self._lab.folder / f"sshd{SSH_PORT}.log").write_text("")
            self._each[name].enter_context(sshd(self._lab, number=number))

    def cut(self, name: str, seconds: float) -> None:
        """Kill the daemon with all of its connections, and start it again after a while."""
        self._each[name].close()
        time.sleep(seconds)
        self.connect(name)

    def close(self) -> None:
        """End all of them."""
        for one in self._each.values():
            one.close()


@contextlib.contextmanager
def running(machine: Lab, work: Path, sizes: int) -> Iterator[Fleet]:
    """A sweep that was just started; its processes end with the block."""
    fleet = Fleet(machine, work, sizes)
    try:
        fleet.start_all()
        yield fleet
    finally:
        fleet.close()


def quietly(machine: Lab, work: Path, sizes: int, state: State) -> Fleet:
    """The undisturbed sweep."""
    begin = time.monotonic()
    with running(machine, work, sizes) as fleet:
        until(fleet.ended, LONGEST_S)
    state.quiet_s += time.monotonic() - begin
    return fleet


def disturbed(machine: Lab, devices: Devices, work: Path, sizes: int, rounds: int, seed: int, state: State) -> Fleet:
    """The same with kills: in each round every victim once, in random order."""
    generator = random.Random(seed)
    plans = [
        (kind, name, generator.uniform(LEAST_S, MOST_S), generator.uniform(0.5, 4.0))
        for _ in range(rounds)
        for kind, name in generator.sample(VICTIMS, len(VICTIMS))
    ]
    begin, before = time.monotonic(), state.disturbed_s
    with running(machine, work, sizes) as fleet:
        seen = fleet.done()
        for kind, name, later, away in plans[len(state.killed) :]:
            until(lambda: fleet.ended() or fleet.done() > seen, LONGEST_S)  # noqa: B023  # it is called at once
            time.sleep(later)
            if fleet.ended():
                break
            seen = fleet.done()
            print(f"{time.monotonic() - begin:4.0f} s, {seen} steps done: {kind} {name}", flush=True)
            if kind == "connection":
                devices.cut(name, away)
            else:
                fleet.kill(name or kind)
            state.killed.append((kind, name))
            state.disturbed_s = before + time.monotonic() - begin
            state.save()
        until(fleet.ended, LONGEST_S)
    state.disturbed_s = before + time.monotonic() - begin
    return fleet


def result(sizes: int, rounds: int, seed: int, work: Path) -> FleetResult:
    """Do both and compare them. Raises ``AssertionError`` with what is not as it must be."""
    from mobileseg.export.versions import installed
    from mobileseg.latency.devices.table import open_device

    state = State.of(work / "state.json")
    with contextlib.ExitStack() as stack:
        machine = stack.enter_context(lab(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ms-"))), UNITS))
        devices = Devices(machine)
        stack.callback(devices.close)
        calm = quietly(machine, work / "q", sizes, state)  # what is known there is not done again
        state.save()
        print(f"undisturbed: {calm.done()} steps in {state.quiet_s:.0f} s", flush=True)
        shaken = disturbed(machine, devices, work / "d", sizes, rounds, seed, state)
        state.save()
        print(f"disturbed: {shaken.done()} steps in {state.disturbed_s:.0f} s, {len(state.killed)} kills", flush=True)
    measured = [one for one in Store(shaken.store).outcomes() if one.stage == "latency"]
    cells = sizes * 2 * len(ALIAS)
    assert len(measured) == cells and all(one.status == "done" for one in measured), (
        f"{len(measured)} of {cells} measured"
    )
    may, must_not = unequal(Store(calm.store), Store(shaken.store))
    assert not must_not, f"not equal: {dict(must_not)}"
    begun, ended = shaken.noted("begun"), shaken.noted("ended")
    assert set(ended) == {one.key for one in measured}, "a result without a measurement, or the other way round"
    host = open_device("host").properties()
    command = f"python benchmarks/fleet_lab.py --seed {seed} --rounds {rounds} --sizes {sizes}"
    return FleetResult(
        created=datetime.now(UTC).replace(microsecond=0), command=command,
        versions={name: version for name, version in installed().items() if name in ("mobileseg", "executorch", "torch", "python")},
        machine=host.summary, seed=seed,
        devices={
            "farm": "this machine", **dict.fromkeys(PHONES, "an emulated ARM userland behind adbd"), "board": "the same behind sshd",
        },
        cells=cells, steps=shaken.done(), kills=tuple(state.killed), begun=sum(begun.values()), ended=sum(ended.values()),
        differ=dict(sorted(may.items())), quiet_s=round(state.quiet_s, 1), disturbed_s=round(state.disturbed_s, 1),
    )  # fmt: skip


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--rounds", type=int, default=3, help="in each, every victim is killed once")
    parser.add_argument("--sizes", type=int, default=len(SIZES), choices=range(1, len(SIZES) + 1))
    parser.add_argument("--output", type=Path, default=HERE.parent / "results" / "fleet.json")
    parser.add_argument(
        "--keep", type=Path, help="an empty folder for stores and logs, which stay; its path must be short"
    )
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ms-")))
        work.mkdir(parents=True, exist_ok=True)
        found = result(asked.sizes, asked.rounds, asked.seed, work)
        write_whole(asked.output, f"{found.to_json()}\n".encode())


if __name__ == "__main__":
    main()
