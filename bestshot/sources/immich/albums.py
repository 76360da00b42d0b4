"""Finding the album that a user means: pure."""

from collections.abc import Sequence
from difflib import get_close_matches

from bestshot.errors import UsageError
from bestshot.immich.model import Album
from bestshot.text import printable


def find_album(albums: Sequence[Album], wanted: str) -> Album:
    """The one album of this id or exact name; raises UsageError that lists the near ones."""
    named = [album for album in albums if album.id == wanted] or [album for album in albums if album.name == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(sorted(album.id for album in named))
        raise UsageError(f"{len(named)} albums are called {printable(wanted)}: name one by its id ({ids}).")
    names = {album.name.casefold(): album.name for album in albums}
    near = get_close_matches(wanted.casefold(), names, n=3, cutoff=0.4)
    hint = f" Near to it: {', '.join(printable(names[name]) for name in near)}." if near else ""
    raise UsageError(f"There is no album called {printable(wanted)} on the server.{hint}")
