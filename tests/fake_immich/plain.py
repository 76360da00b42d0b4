"""A plain HTTP client to ask the fake server with: it knows nothing of releases, retries or permissions."""

import requests

from tests.fake_immich.requests import Json
from tests.fake_immich.server import FakeImmich
from tests.fake_immich.state import Asset, Key


class Plain:
    """Asks with one key."""

    def __init__(self, fake: FakeImmich, key: Key | None = None) -> None:
        self._url = f"{fake.url}/api"
        self._session = requests.Session()
        self._session.headers["x-api-key"] = (key or fake.admin).secret

    def __call__(self, method: str, path: str, body: Json = None, **query: str) -> requests.Response:
        return self._session.request(method, self._url + path, json=body, params=query, timeout=5)

    def search(self, **body: Json) -> Json:
        answer = self("POST", "/search/metadata", body)
        assert answer.ok, answer.text
        return answer.json()["assets"]

    def tag(self, name: str, assets: list[Asset]) -> None:
        (tag,) = self("PUT", "/tags", {"tags": [name]}).json()
        body = {"tagIds": [tag["id"]], "assetIds": [asset.id for asset in assets]}
        assert self("PUT", "/tags/assets", body).ok

    def close(self) -> None:
        self._session.close()
