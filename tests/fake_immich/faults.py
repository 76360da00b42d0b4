"""What goes wrong on purpose: each fault says which requests it strikes, how often, and is counted."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from tests.fake_immich.jobs import Jobs
from tests.fake_immich.misbehaviours import MISBEHAVIOURS, Misbehaviour
from tests.fake_immich.requests import Answer, Request
from tests.fake_immich.state import Key, State


@dataclass(frozen=True, slots=True)
class Where:
    """Which requests: a method, a pattern found in the path, how many of them to spare first, how many to strike.

    `times` None strikes for ever.
    """

    path: str = ""
    method: str | None = None
    after: int = 0
    times: int | None = 1


EVERYWHERE = Where()
ALWAYS = Where(times=None)


class Cut(Enum):
    """Where a connection breaks."""

    BEFORE_THE_WORK = auto()
    BEFORE_THE_ANSWER = auto()
    IN_THE_ANSWER = auto()


@dataclass(slots=True)
class Strike:
    """What happens to one request."""

    answer: Answer | None = None
    seconds: float = 0
    cut: Cut | None = None
    action: Callable[[], None] | None = None
    misbehaviour: Misbehaviour | None = None


@dataclass(slots=True)
class _Fault:
    name: str
    where: Where
    strike: Strike
    seen: int = 0

    def hits(self, request: Request) -> bool:
        where = self.where
        if where.method not in (None, request.method) or not re.search(where.path, request.path):
            return False
        self.seen += 1
        struck = self.seen - where.after
        return struck > 0 and (where.times is None or struck <= where.times)


class Faults:
    """The switches. `counts` says how often each fault struck."""

    def __init__(self, state: State, jobs: Jobs) -> None:
        self._state = state
        self._jobs = jobs
        self._faults: list[_Fault] = []
        self._over = threading.Event()
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> Counter[str]:
        """How often each fault struck, and how many writes were lost."""
        return self._counts + Counter({"lost write": self._jobs.lost})

    def status(self, status: int, where: Where = EVERYWHERE, *, retry_after: str | None = None) -> None:
        """Answer 429, 500, 502 or 503; the latter three as a proxy does, with a web page."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        page = f"<html><body><h1>{status}</h1></body></html>".encode()
        self._add(str(status), where, Strike(Answer(status, content=page, kind="text/html", headers=headers)))

    def slow(self, seconds: float, where: Where = EVERYWHERE) -> None:
        """Let the client wait; closing the server ends the wait."""
        self._add("slow", where, Strike(seconds=seconds))

    def drop(self, where: Where = EVERYWHERE, *, work_done: bool = False) -> None:
        """Break the connection without an answer, before or after the work."""
        self._add("dropped", where, Strike(cut=Cut.BEFORE_THE_ANSWER if work_done else Cut.BEFORE_THE_WORK))

    def half_a_body(self, where: Where = EVERYWHERE) -> None:
        """Break the connection in the middle of the answer."""
        self._add("half a body", where, Strike(cut=Cut.IN_THE_ANSWER))

    def misbehave(self, name: str, where: Where = EVERYWHERE) -> None:
        """Answer in one of the MISBEHAVIOURS."""
        self.answer_with(name, MISBEHAVIOURS[name], where)

    def answer_with(self, name: str, misbehaviour: Misbehaviour, where: Where = EVERYWHERE) -> None:
        """Put something else in the place of the honest answer."""
        self._add(name, where, Strike(misbehaviour=misbehaviour))

    def lose_writes(self, *, lag: int = 25, share: float = 0.8) -> None:
        """Lose second writes, see the jobs; their jobs end after `lag` requests."""
        self._jobs.lose_writes(lag, share)

    def expire_key(self, key: Key, where: Where = EVERYWHERE) -> None:
        """From the first request that is struck on, the key is unknown."""
        self.then("expired key", lambda: self._state.keys.pop(key.secret, None), where)

    def take_permission(self, key: Key, permission: str, where: Where = EVERYWHERE) -> None:
        """From the first request that is struck on, the key lacks a permission."""
        self.then("permission taken", lambda: key.permissions.remove(permission), where)

    def delete_asset(self, asset_id: str, where: Where = EVERYWHERE) -> None:
        """Somebody deletes an asset for good just before a request that is struck."""
        self.then("asset deleted", lambda: self._state.remove(self._state.assets[asset_id]), where)

    def refuse_asset(self, asset_id: str) -> None:
        """An asset that is listed, and refused everywhere else: one bad id spoils a bulk call."""
        self._state.unreachable.add(asset_id)

    def then(self, name: str, action: Callable[[], object], where: Where = EVERYWHERE) -> None:
        """Let something happen just before a request that is struck."""

        def act() -> None:
            action()

        self._add(name, where, Strike(action=act))

    def stop(self) -> None:
        """No more faults."""
        self._faults.clear()
        self._state.unreachable.clear()
        self._jobs.lose_writes(0, 0.0)
        self._jobs.settle()

    def close(self) -> None:
        """Wake up who waits."""
        self._over.set()

    def strikes(self, request: Request) -> list[Strike]:
        """What happens to this request; counted."""
        hit = [fault for fault in self._faults if fault.hits(request)]
        self._counts.update(fault.name for fault in hit)
        return [fault.strike for fault in hit]

    def wait(self, seconds: float) -> None:
        """Hold an answer back."""
        self._over.wait(seconds)

    def _add(self, name: str, where: Where, strike: Strike) -> None:
        self._faults.append(_Fault(name, where, strike))
