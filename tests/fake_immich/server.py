"""An Immich server of any of fifteen releases, on loopback, in memory: strict and lossy where the real one is."""

import importlib
import threading
from datetime import timedelta
from types import TracebackType

from tests.fake_immich.faults import Faults
from tests.fake_immich.http import Call, Front, Server
from tests.fake_immich.jobs import Jobs
from tests.fake_immich.proof.contract import contract_of
from tests.fake_immich.routes.table import World
from tests.fake_immich.seeding import APART, Seeds, new_key, new_user
from tests.fake_immich.state import Asset, State
from tests.fake_immich.versions import VERSIONS, release

# Importing them enters their routes into the table. The first row that fits is taken, hence the order.
for _subject in ("server", "search", "assets", "media", "tags", "albums", "stacks", "people", "timeline"):
    importlib.import_module(f"tests.fake_immich.routes.{_subject}")


class FakeImmich:
    """The server. `admin` and `user` are keys of two users, with all permissions; `seeds` fills it, `faults` harms it.

    Where the published API descriptions are at hand and `checked` is on, every request that succeeds and its answer
    are compared with the release's; leaving the context fails with what was found.
    """

    def __init__(self, version: str = VERSIONS[-1], *, seed: int = 1, checked: bool = True, prefix: str = "") -> None:
        self.version = version
        self.state = State(seed)
        jobs = Jobs(self.state)
        self.world = World(release(version), self.state, jobs)
        self.faults = Faults(self.state, jobs)
        self.admin = new_key(self.world, new_user(self.world, "Test Admin", is_admin=True), "admin", ["all"])
        self.user = new_key(self.world, new_user(self.world, "Second User", is_admin=False), "user", ["all"])
        self.seeds = Seeds(self.world, self.admin.user)
        self._contract = contract_of(version) if checked else None
        witness = None if self._contract is None else self._contract.witness
        self._front = Front(self.world, self.faults, witness, prefix)
        self._server = Server(self._front)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{prefix}"

    def __enter__(self) -> "FakeImmich":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.faults.close()
        self._server.shutdown()
        self._server.close_all()
        self._thread.join()
        if error is None:
            assert self.violations() == [], "the API description says otherwise"

    def seed_library(
        self, size: int, *, grouped: float = 0.3, apart: timedelta = APART, declared_checksums: bool = False
    ) -> list[Asset]:
        """See Seeds.library."""
        return self.seeds.library(size, grouped=grouped, apart=apart, declared_checksums=declared_checksums)

    def settle(self) -> None:
        """All background jobs end, and what they undo is undone."""
        self.world.jobs.settle()
        self.state.revision += 1

    def violations(self) -> list[str]:
        """Where requests and answers since the last time were not as the release's API description wants them."""
        return [] if self._contract is None else self._contract.take()

    @property
    def calls(self) -> list[Call]:
        """Every request so far, in order."""
        return list(self._front.calls)

    @property
    def writes(self) -> list[Call]:
        """The requests that could change the library."""
        return [call for call in self.calls if call.is_write]

    @property
    def bytes_out(self) -> int:
        """The sum of all bodies sent."""
        return sum(call.bytes_out for call in self.calls)

    @property
    def connections(self) -> int:
        """How many connections were ever made."""
        return self._server.accepted

    def count(self, operation: str) -> int:
        """How many requests an operation got, such as `search_metadata` or `asset_thumbnail`."""
        return sum(call.operation == operation for call in self.calls)

    def forget_calls(self) -> None:
        """Begin a new count."""
        self._front.calls.clear()

    def tags_on(self, asset: Asset) -> set[str]:
        """The full names of an asset's tags."""
        return {tag.value for tag in self.state.tags_of(asset)}
