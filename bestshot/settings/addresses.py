"""A server's address in the place of a folder: it says that the photos are on Immich, and where."""

import re
from collections.abc import Mapping
from typing import Any, Final

from bestshot.errors import UsageError
from bestshot.model.photo import SourceType

_ADDRESS: Final = re.compile("https?://", re.IGNORECASE)


def is_address(source: str) -> bool:
    """Whether a source is that of a server."""
    return _ADDRESS.match(source) is not None


def with_server(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given in one place, with an address among the sources as what it means.

    Raises UsageError, which does not quote the address since that may hold a secret, where something else is named too.
    """
    settings = dict(given)
    addresses = [source for source in given.get("source", ()) if is_address(source)]
    if not addresses or given.get("source_type") not in (None, *SourceType):
        return settings
    if len(set(settings.pop("source"))) > 1:
        raise UsageError("A run looks at folders or at one Immich server: name either, and the other in another run.")
    if given.get("source_type") == SourceType.LOCAL:
        raise UsageError("An address as SOURCE is that of an Immich server: leave out --source-type local.")
    if given.get("immich_url", addresses[0]) != addresses[0]:
        raise UsageError("SOURCE and --immich-url name two servers: leave out one of them.")
    return settings | {"source_type": SourceType.IMMICH, "immich_url": addresses[0]}
