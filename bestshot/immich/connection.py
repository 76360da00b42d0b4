"""What a connection test tells of a server and of a key."""

from collections.abc import Iterator

from bestshot.errors import MissingPermissionError
from bestshot.immich.client import ImmichClient
from bestshot.text import printable


def connection_report(client: ImmichClient) -> Iterator[str]:
    """What a connection test tells, line by line; raises an ImmichError."""
    yield f"Server:      Immich {client.get_version()}"
    yield f"User:        {printable(client.get_current_user().name)}"
    yield f"Photos:      {client.get_statistics().images:,}"
    needed, granted = client.get_needed_permissions(), client.get_key_permissions()
    if granted is None:
        yield f"Permissions: this version does not tell; needed are {', '.join(needed) or 'none'}"
        return
    lacking = [name for name in needed if name not in granted and "all" not in granted]
    if not lacking:
        yield f"Permissions: all that are needed ({', '.join(needed)})"
        return
    yield f"Permissions: has {', '.join(name for name in needed if name in granted) or 'none'}"
    yield f"             lacks {', '.join(lacking)}"
    raise MissingPermissionError(lacking[0], needed)
