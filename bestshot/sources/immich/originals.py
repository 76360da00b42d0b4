"""Whether the original of a copy is still on the server, asked right before the copy is taken away."""

from base64 import b64encode
from hashlib import sha1
from pathlib import Path
from tempfile import TemporaryDirectory

from bestshot.errors import BrokenAnswerError, NotFoundError, NotImmichError, PhotoError, RejectedError
from bestshot.immich.client import ImmichClient
from bestshot.immich.model import Original, Visibility
from bestshot.layout.actions import CopyFile
from bestshot.sources.immich.assets import asset_id_of
from bestshot.storage.files import checksum
from bestshot.storage.opening import open_regular

_GONE = "Its original is gone from the server or in the trash, so this may be the only copy left."
_OTHER = "Its original on the server has changed since, so this is the only copy of the earlier version."
_CHUNK_BYTES = 1 << 20


def check_asset(client: ImmichClient, copy: CopyFile, path: Path, wanted: str) -> None:
    """Raise PhotoError unless the server still has the asset, and that holds what the file at `path` does.

    The server knows the checksum of what was uploaded to it; a file of an external library is fetched and compared.
    """
    asset_id = asset_id_of(copy.source)
    try:
        asset = client.get_asset_info(asset_id)
        if asset.is_trashed or asset.visibility is Visibility.LOCKED:
            raise PhotoError(_GONE)
        is_same = (
            _fetched(client, asset_id, asset.original) == wanted if asset.library_id else _sha1(path) == asset.checksum
        )
    except (NotFoundError, RejectedError) as error:
        raise PhotoError(_GONE) from error
    except (BrokenAnswerError, NotImmichError) as error:
        raise PhotoError(f"Its original cannot be compared now, so it may be the only copy left. {error}") from error
    if not is_same:
        raise PhotoError(_OTHER)


def _fetched(client: ImmichClient, asset_id: str, original: Original) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "original"
        with path.open("w+b") as stream:
            client.save_asset(asset_id, stream, original)
        return checksum(path)


def _sha1(path: Path) -> str:
    """As the server writes it: SHA-1 in base64."""
    state = sha1(usedforsecurity=False)
    with open_regular(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            state.update(chunk)
    return b64encode(state.digest()).decode("ascii")
