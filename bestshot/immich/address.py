"""The addresses of a server's API."""

from urllib.parse import SplitResult, urlsplit

from bestshot.errors import UsageError

_WRONG = "is no address of an Immich server: give it like http://192.168.1.5:2283 or https://photos.example.org."


def api_url(url: str) -> str:
    """The API's address without a slash at its end, for an address with or without /api and a sub-path.

    Raises UsageError, which does not quote an address that may hold a secret.
    """
    text = url.strip()
    parts = _split(text if "://" in text else f"http://{text}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError("The address of the Immich server must hold no user name, password or key.")
    path = parts.path.rstrip("/").removesuffix("/api").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}/api"


def moved(asked: str, target: str, path: str) -> str | None:
    """The API's new address if a redirect leads to the same host by TLS, as from port 80 to 443; else None."""
    old, new = urlsplit(asked), urlsplit(target)
    is_same_host = new.scheme == "https" and old.hostname == new.hostname
    if not is_same_host or new.query or not new.path.endswith(f"/{path}"):
        return None
    return f"https://{new.netloc}{new.path.removesuffix(f'/{path}')}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise UsageError(f"The given address {_WRONG}")
    return parts
