"""A fake Immich server for tests, explained in the README beside this file; this is its door."""

from tests.fake_immich.faults import ALWAYS, EVERYWHERE, Where
from tests.fake_immich.http import Call
from tests.fake_immich.pictures import Scene
from tests.fake_immich.seeding import MORNING
from tests.fake_immich.server import FakeImmich
from tests.fake_immich.versions import VERSIONS

__all__ = ["ALWAYS", "EVERYWHERE", "MORNING", "VERSIONS", "Call", "FakeImmich", "Scene", "Where"]
