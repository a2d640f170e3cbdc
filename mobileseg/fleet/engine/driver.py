"""The loop of a sweep: hands out steps as they become ready, takes what comes back, and keeps devices that do not answer apart."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mobileseg.errors import EnvironmentLackError
from mobileseg.fleet.engine.crew import Answer, Crew
from mobileseg.fleet.engine.durations import Durations
from mobileseg.fleet.engine.offers import COMPUTE, DEVICE, Offers
from mobileseg.fleet.engine.steps import ENDED, Step, order_of, settle
from mobileseg.fleet.stages.contract import Report
from mobileseg.fleet.stages.workshop import Workshop
from mobileseg.fleet.store.claims import Claims
from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.outcome import Context, Failure, Outcome
from mobileseg.progress import count

LOOK_S = 1.0  # between two looks at what the fleet offers
WAIT_S = 0.2  # for the next report
AHEAD = 2
"""Steps that are handed out for each that can be done at once: the next one is there when one ends."""

ATTEMPTS = 10
"""How often a step is handed out again because its worker or its device was lost."""


@dataclass
class Driver:
    """``patience``: seconds that cells wait for devices that are not there, when there is nothing else to do. ``again``: failures of
    earlier runs are done again. ``say`` is called with what happens to devices."""

    steps: Sequence[Step]
    workshop: Workshop
    store: Store
    crew: Crew
    context: Context
    patience: float
    again: bool
    say: Callable[[str], None]
    offers: Offers = field(default_factory=Offers)

    def __post_init__(self) -> None:
        self._claims = Claims(self.store)
        self._durations = Durations(self.store)
        self._ready: dict[str, deque[Step]] = {}
        self._unnamed: dict[str, list[Step]] = {}  # waiting until their device has said what it is
        self._elsewhere: list[Step] = []  # another sweep does them
        self._out: dict[str, int] = {}
        self._asked: set[str] = set()
        self._placed: set[Step] = set()  # in a queue or under way
        self._open = 0
        self._looked = 0.0
        self._moved = time.monotonic()
        self._shown: dict[str, tuple[int, int]] = {}

    def run(self) -> None:
        """Until every step has ended, or only those of devices are left that are not there. Raises ``EnvironmentLackError`` where the fleet
        cannot do them at all."""
        self._open = sum(step.state not in ENDED for step in self.steps)
        for step in self.steps:
            self._count(step)
        for step in self.steps:
            if step.state in ("waiting", "ready") and all(before.state in ENDED for before in step.after):
                self._settle(step)
        try:
            while self._open:
                self._look()
                self._hand_out()
                if not len(self.crew) and self._is_stuck() and not self._name_from_memory():
                    break
                for answer in self.crew.answers(WAIT_S):
                    self._take(answer)
        finally:
            self._claims.close()
            self._durations.keep()

    def _settle(self, step: Step) -> None:
        """Decide what a step is, and its followers when it has ended. One that waits in a queue or is under way has been decided."""
        if step.state in ENDED or step in self._placed:
            return
        device = step.device
        if device is not None and device not in self.workshop.devices and all(b.state == "done" for b in step.after):
            self._placed.add(step)
            self._unnamed.setdefault(device, []).append(step)
            return
        state = settle(step, self.workshop, self.store, self.again, self.context.run)
        if state == "ready":
            self._placed.add(step)
            self._ready.setdefault(device or COMPUTE, deque()).append(step)
        elif state in ENDED:
            self._ended(step)

    def _settle_again(self, step: Step) -> None:
        """Decide anew about a step that was taken out of its queue."""
        self._placed.discard(step)
        self._settle(step)

    def _ended(self, step: Step) -> None:
        self._open -= 1
        self._moved = time.monotonic()
        self._count(step, 1)
        for follower in step.followers:
            if all(before.state in ENDED for before in follower.after):
                self._settle(follower)

    def _count(self, step: Step, ended: int = 0) -> None:
        name = f"{step.stage.title} on {self.workshop.alias(step.device)}" if step.device else step.stage.title
        done, total = self._shown.get(name, (0, 0))
        self._shown[name] = (done + ended, total) if ended else (done + (step.state in ENDED), total + 1)
        if ended:
            count(name, *self._shown[name], "steps")

    def _look(self) -> None:
        """See what the fleet offers now, ask devices that have not answered, and look for what other sweeps have done."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        before = self.offers.devices, self.offers.compute
        self.offers.see(self.crew.resources())
        if before != (self.offers.devices, self.offers.compute):
            self.crew.look_again()
        for device in self._wanted():
            if device not in self._asked and self.offers.to_ask(device):
                self._asked.add(device)
                self.crew.ask(("ask", device), device)
        elsewhere, self._elsewhere = self._elsewhere, []
        for step in elsewhere:
            self._settle_again(step)

    def _wanted(self) -> list[str]:
        """Devices with something left to measure on them."""
        return list(dict.fromkeys(step.device for step in self.steps if step.device and step.state not in ENDED))

    def _hand_out(self) -> None:
        for name, steps in self._ready.items():
            room = AHEAD * self.offers.compute if name == COMPUTE else AHEAD * self.offers.usable(name)
            while steps and self._out.get(name, 0) < room:
                step = steps.popleft()
                assert step.key is not None
                if not self._claims.take(step.key):
                    self._elsewhere.append(step)
                    continue
                known = self.store.get(step.stage.name, step.key)  # another sweep may have done it since
                if known is not None and not (self.again and known.status == "failed"):
                    self._claims.release(step.key)
                    self._settle_again(step)
                    continue
                step.state = "running"
                self._out[name] = self._out.get(name, 0) + 1
                resource = COMPUTE if name == COMPUTE else f"{DEVICE}{name}"
                self.crew.order(step, order_of(step, self.workshop, self.context, self.again), resource)

    def _take(self, answer: Answer) -> None:
        if isinstance(answer.tag, tuple):
            self._take_device(answer.tag[1], answer)
            return
        step: Step = answer.tag
        name = step.device or COMPUTE
        self._out[name] -= 1
        assert step.key is not None
        self._claims.release(step.key)
        report: Report | None = answer.value
        if answer.error is not None:
            self._fail(step, answer.error)
        elif report is None or answer.lost:
            self._put_back(step, "its worker was lost again and again")
        elif report.state == "unfit":
            raise EnvironmentLackError(
                expected="workers that can do every step as it was asked for",
                found=report.reason or "one that cannot",
                fix="install the same mobileseg and runtimes on every machine of the fleet",
            )
        elif report.state in ("away", "busy"):
            busy = report.state == "busy"
            if step.device is not None:
                self._put_away(step.device, report.reason or "no reason was given", busy)
            self._put_back(step, f"its device was lost again and again: {report.reason}", 0 if busy else 1)
        else:
            self._keep(step, report)

    def _keep(self, step: Step, report: Report) -> None:
        """Take over what a step gave; of a worker that does not see the store its files, too."""
        assert report.outcome is not None
        outcome = Outcome.model_validate_json(report.outcome)
        if report.files or self.store.get(outcome.stage, outcome.key) is None:
            outcome = self.store.receive(outcome, report.files, self.again)
        self._durations.add(step, outcome.seconds)
        if step.device is not None:
            self.offers.works(step.device)
        step.outcome, step.state = outcome, outcome.status
        self._ended(step)

    def _fail(self, step: Step, words: str) -> None:
        """A step that no worker survives, or that cannot even be sent: its result is that."""
        assert step.key is not None
        failure = Failure(
            kind="WorkerError", expected="workers that live through the step", found=words,
            fix="see whether memory was full, then repeat with --retry failed", exit_code=70,
        )  # fmt: skip
        outcome = Outcome(
            stage=step.stage.name, key=step.key, inputs=dict(step.inputs),
            status="failed", failure=failure, created=datetime.now(UTC).replace(microsecond=0), seconds=0.0, host="",
            device=None if step.device is None else self.workshop.alias(step.device), context=self.context,
        )  # fmt: skip
        step.outcome = self.store.put(outcome, {}, self.again)
        step.state = step.outcome.status
        self._ended(step)

    def _put_back(self, step: Step, words: str, attempts: int = 1) -> None:
        step.attempts += attempts
        if step.attempts >= ATTEMPTS:
            self._fail(step, words)
            return
        step.state = "ready"
        self._ready.setdefault(step.device or COMPUTE, deque()).appendleft(step)

    def _take_device(self, device: str, answer: Answer) -> None:
        self._asked.discard(device)
        found: Any = answer.value
        if answer.lost or answer.error is not None or not isinstance(found, dict):
            self._put_away(device, found if isinstance(found, str) else answer.error or "its worker was lost")
            return
        if (
            away := self.offers.quarantined.get(device)
        ) is not None and not away.busy:  # busy: it has answered all the time
            self.say(f"{self.workshop.alias(device)} is back")
            self._moved = time.monotonic()
        self.offers.take_back(device)
        self.store.remember(f"device-{self.workshop.alias(device)}", found)
        changed = self.workshop.devices.get(device) not in (None, found)
        self.workshop.devices[device] = found
        waiting = self._unnamed.pop(device, [])
        if changed:  # such as an update of its system: what was not yet measured is another measurement
            waiting += self._ready.pop(device, ())
        for step in waiting:
            self._settle_again(step)

    def _put_away(self, device: str, reason: str, busy: bool = False) -> None:
        if device not in self.offers.quarantined:
            self.say(
                f"{self.workshop.alias(device)} is left alone {'for a while' if busy else 'until it answers'}: {reason}"
            )
        self.offers.put_away(device, reason, busy)

    def _name_from_memory(self) -> bool:
        """Take devices that are not there for what they were last: what was measured of them then is known. Whether there was any."""
        named = False
        for device in list(self._unnamed):
            found = self.store.recall(f"device-{self.workshop.alias(device)}")
            if isinstance(found, dict):
                self.workshop.devices[device], named = found, True
                for step in self._unnamed.pop(device):
                    self._settle_again(step)
        return named

    def _is_stuck(self) -> bool:
        """Whether what is left waits for devices that are not there, longer than anybody wants to wait."""
        expected = any(d in self.offers.devices and d not in self.offers.quarantined for d in self._wanted())
        return time.monotonic() - self._moved > self.patience and not self._elsewhere and not expected
