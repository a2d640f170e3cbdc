"""The workers as the driver sees them: orders go out, reports come back, and nothing that they do to each other is lost on the way."""

from __future__ import annotations

import itertools
import queue
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mobileseg.errors import EnvironmentLackError
from mobileseg.fleet.engine import task
from mobileseg.fleet.engine.offers import DEVICE
from mobileseg.fleet.plan.axes import on_worker
from mobileseg.fleet.stages.contract import Order
from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.packing import pack

if TYPE_CHECKING:
    from distributed import Client, Future

SENT = 8
"""Files that are kept on the workers' side, of those that were sent last."""


class Answer(NamedTuple):
    """What came of something that was handed out. ``value``: what the function returned; ``lost``: it has to be handed out again;
    ``error``: it cannot be done on these workers, in words."""

    tag: Any
    value: Any = None
    lost: bool = False
    error: str | None = None


class Crew:
    """``client``: Dask's. ``share``: whether workers may look for the store on their own disk."""

    def __init__(self, client: Client, store: Store, share: bool = True) -> None:
        self._client, self._store = client, store
        self._place = task.Place(str(store.folder.resolve()) if share else "", store.id)
        self._running: dict[Any, Future] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._numbers = itertools.count()
        self._name = uuid.uuid4().hex  # a scheduler takes two tasks of one key for one, whoever sends them
        self._sent: OrderedDict[str, Future] = OrderedDict()
        self._seen: bool | None = None

    def __len__(self) -> int:
        return len(self._running)

    @property
    def dashboard(self) -> str | None:
        """Address of Dask's own page, where there is one."""
        return str(self._client.dashboard_link) if self._client.dashboard_link else None

    def resources(self) -> dict[str, dict[str, float]]:
        """The resources of every worker, by address. Raises ``EnvironmentLackError`` where the scheduler is gone for good."""
        if self._client.status == "closed":
            raise EnvironmentLackError(
                expected="a scheduler that answers",
                found="it is gone",
                fix="start it again and repeat the command: nothing is lost",
            )
        try:
            workers = self._client.scheduler_info()["workers"]
        except (OSError, TimeoutError, KeyError, TypeError, AttributeError):
            return {}  # connecting again
        return {address: dict(facts.get("resources") or {}) for address, facts in workers.items()}

    def order(self, tag: Any, order: Order, resource: str) -> None:
        """Hand out an order."""
        sent: dict[str, Any] = (
            {} if self._workers_see_store() else {b.sha256: self._send(b.sha256) for b in order.needs.values()}
        )
        self._submit(tag, resource, task.carry_out, order, self._place, sent)

    def ask(self, tag: Any, device: str) -> None:
        """Ask a device what it is."""
        self._submit(tag, f"{DEVICE}{device}", task.ask, on_worker(device))

    def answers(self, wait: float) -> list[Answer]:
        """What has come back; waits up to so many seconds for the first."""
        found = []
        try:
            tag = self._ended.get(timeout=wait)
            found.append(self._answer(tag))
            while True:
                found.append(self._answer(self._ended.get_nowait()))
        except queue.Empty:
            pass
        lost = [tag for tag, future in self._running.items() if future.status in ("lost", "cancelled")]
        return [one for one in found if one is not None] + [
            one for tag in lost if (one := self._answer(tag)) is not None
        ]

    def _submit(self, tag: Any, resource: str, function: Any, *arguments: Any) -> None:
        number = next(self._numbers)
        future = self._client.submit(
            function,
            *arguments,
            resources={resource: 1},
            pure=False,
            key=f"mobileseg-{self._name}-{number}",
            priority=-number,
        )
        self._running[tag] = future
        future.add_done_callback(lambda done: self._ended.put(tag))

    def _answer(self, tag: Any) -> Answer | None:
        future = self._running.get(tag)
        if future is None or not future.done():
            return None
        del self._running[tag]
        if future.status == "finished":
            try:
                return Answer(tag, future.result(timeout=60))
            except Exception:  # the worker died with the report: what it did is in the store, or is done again
                return Answer(tag, lost=True)
        if future.status in ("lost", "cancelled"):
            return Answer(tag, lost=True)
        error = future.exception(timeout=60)
        if type(error).__name__ in ("FutureCancelledError", "CancelledError"):
            return Answer(tag, lost=True)
        return Answer(tag, error=f"{type(error).__name__}: {error}")

    def _workers_see_store(self) -> bool:
        """Whether every worker sees the sweep's store on its own disk; asked again until they all do."""
        if not self._place.folder:
            return False
        if self._seen is None:
            answers: Mapping[str, Any] = self._client.run(sees, self._place, on_error="return")
            self._seen = bool(answers) and all(answer is True for answer in answers.values())
        return self._seen

    def look_again(self) -> None:
        """Workers have come or gone."""
        self._seen = None

    def _send(self, content: str) -> Future:
        if content not in self._sent:
            data = pack(self._store.blob(content))
            (self._sent[content],) = self._client.scatter([data], hash=False)
        self._sent.move_to_end(content)
        while len(self._sent) > SENT:
            self._sent.popitem(last=False)
        return self._sent[content]


def sees(place: task.Place) -> bool:
    """Whether this worker sees the store."""
    return task._store(place) is not None
