"""The server's background jobs, and the writes that they lose.

A write to an asset queues a sidecar write and a re-read of it. A second write to the same asset before these are
done answers success, is seen for a while, and is undone on part of the assets when the re-read puts back what the
sidecar says. Jobs end after a number of further requests, or when somebody settles them; never by a clock.
"""

import math
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.fake_immich.state import Asset, Marks, State

Change = Callable[[Marks], Marks]


@dataclass(slots=True)
class _Pending:
    asset: Asset
    sidecar: Marks
    due: int


class Jobs:
    """Switched off, every write stays; switched on, a write upon unfinished jobs is lost on `share` of the assets."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._pending: dict[str, _Pending] = {}
        self._requests = 0
        self._lag = 0
        self._share = 0.0
        self.lost = 0

    def lose_writes(self, lag: int, share: float) -> None:
        """Let the jobs of a write take `lag` further requests."""
        self._lag, self._share = lag, share

    def tick(self) -> None:
        """One more request came in."""
        self._requests += 1
        self._finish([job for job in self._pending.values() if job.due <= self._requests])

    def settle(self) -> None:
        """All jobs are done."""
        self._finish(list(self._pending.values()))

    def write(self, assets: Iterable[Asset], change: Change = lambda marks: marks) -> None:
        """Change the marks of assets and queue their jobs; without a change (a favourite) only the jobs."""
        assets = list(assets)
        unlucky = self._unlucky(assets, change)
        for asset in assets:
            asset.marks = change(asset.marks)
            asset.updated_ms = self._state.now()
            if self._lag:
                self._queue(asset, asset.marks if asset.id not in unlucky else self._pending[asset.id].sidecar, change)
        self.lost += len(unlucky)

    def _queue(self, asset: Asset, sidecar: Marks, change: Change) -> None:
        job = self._pending.get(asset.id)
        if job is not None and sidecar is not job.sidecar:
            sidecar = change(job.sidecar)
        self._pending[asset.id] = _Pending(asset, sidecar, self._requests + self._lag)

    def _unlucky(self, assets: list[Asset], change: Change) -> set[str]:
        busy = [a.id for a in assets if (job := self._pending.get(a.id)) and change(job.sidecar) != job.sidecar]
        draw = {i: zlib.crc32(f"{self._state.seed}/{self._requests}/{i}".encode()) for i in busy}
        return set(sorted(busy, key=draw.__getitem__)[: math.ceil(self._share * len(busy))])

    def _finish(self, jobs: list[_Pending]) -> None:
        for job in jobs:
            job.asset.marks = job.sidecar
            del self._pending[job.asset.id]
