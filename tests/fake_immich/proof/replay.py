"""Plays calls recorded from real servers against the fake, and says where the two differ."""

import json
import re
from collections.abc import Iterator

import requests

from tests.fake_immich.proof.contract import contract_of
from tests.fake_immich.proof.recorded import RecordedLibrary
from tests.fake_immich.requests import Json
from tests.fake_immich.server import FakeImmich

# What this project never asks for, and the fake therefore does not have.
ABSENT = re.compile(
    r"upload-|download-|duplicates-resolve|asset-info-after-resolve|person-create|face-create|.*-admin-route"
)

# Whose values are chance, or the words of a JavaScript engine; only their fields are compared.
FIELDS_ONLY = {"search-random", "body-not-json"}

# Where the fake is knowingly not as recorded.
KNOWN = re.compile(
    r"v1\.\d+\.\d album-rename: \.endDate"  # the real one takes the last asset in an order of no meaning
    r"|v1\.105\.1 partner-timeline-buckets: \[\d\]\.count"  # the real one counts more than its buckets hold
    r"|v\d\.\d\.\d timeline-bucket.*: its root has \[\], lacks \['status'\]"  # the description knows no such field
    r"|v3\.1\.0 .*\['rating'\]: -1 is less than"  # the description wants 1 at least, the real one answers -1
    r"|v3\.1\.0 stack-create-same-id-twice: .*rating is -1 instead of None"  # the real one had lost it by then
)

# Values that say nothing about behaviour: moments of the recording, paths, versions of tools, what the fake draws.
VOLATILE = set(
    "correlationId createdAt updatedAt profileChangedAt lastModifiedAssetTimestamp modifyDate thumbhash originalPath "
    "thumbnailPath deviceAssetId deviceId quotaUsageInBytes email pattern sourceType mapDarkStyleUrl mapLightStyleUrl "
    "versionUrl configFile video image nodejs exiftool ffmpeg libvips imagemagick".split()
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Replay:
    """One recording against one fake server, whose library is made from what the recording shows."""

    def __init__(self, fake: FakeImmich) -> None:
        self._fake = fake
        self._library = RecordedLibrary(fake)
        self._ids: dict[str, str] = {}
        self._validators: dict[str, str] = {}
        self._contract = contract_of(fake.version)
        keys = {"full": fake.admin, "limited": self._library.limited, "second": fake.user}
        self._secrets = {name: key.secret for name, key in keys.items()}

    def differences(self) -> Iterator[str]:
        """Play everything, and name what is not as recorded."""
        with requests.Session() as session:
            for call in self._library.calls:
                self._library.before(call)
                if not ABSENT.match(call["name"]):
                    found = (f"{self._fake.version} {call['name']}: {text}" for text in self._play(session, call))
                    yield from (text for text in found if not KNOWN.match(text))

    def _play(self, session: requests.Session, call: Json) -> Iterator[str]:
        wanted, asked = call["response"], call["request"]
        path = self._ours(asked["path"])
        answer = session.request(
            asked["method"],
            self._fake.url + path,
            params=json.loads(self._ours(json.dumps(asked.get("query") or {}))),
            data=self._body(asked.get("body")),
            headers=self._headers(asked["headers"]),
            allow_redirects=False,
        )
        if answer.status_code != wanted["status"]:
            yield f"status {answer.status_code} instead of {wanted['status']}: {answer.text[:200]}"
            return
        yield from self._compare_headers(wanted["headers"], answer)
        if isinstance(wanted["body"], dict) and "sha1" in wanted["body"]:
            return
        given = answer.json() if answer.text.startswith(("{", "[")) else answer.text or None
        differences = self._compare(wanted["body"], given, "its root")
        yield from (text for text in differences if call["name"] not in FIELDS_ONLY or " has " in text)
        if self._contract is not None and answer.status_code < 300:
            yield from self._contract.problems_of_answer(asked["method"], path, answer.status_code, given)

    def _ours(self, text: str) -> str:
        text = _UUID.sub(lambda found: self._ids.get(found[0], found[0]), text)
        return re.sub(r"<KEY:(\w+)>", lambda key: self._secrets.get(key[1], "wrong"), text)

    def _headers(self, recorded: Json) -> dict[str, str]:
        headers = {name: self._ours(value) for name, value in recorded.items()}
        if "If-None-Match" in headers:
            headers["If-None-Match"] = self._validators.get(headers["If-None-Match"], headers["If-None-Match"])
        return headers

    def _body(self, recorded: Json) -> str | bytes | None:
        if isinstance(recorded, str):
            return recorded
        if isinstance(recorded, dict) and "starts-with" in recorded:
            return b" " * int(recorded["length"])
        return None if recorded is None else self._ours(json.dumps(recorded))

    def _compare_headers(self, wanted: Json, answer: requests.Response) -> Iterator[str]:
        for name in ("content-type", "content-disposition", "location", "accept-ranges", "content-range"):
            if name in wanted and answer.headers.get(name) != wanted[name]:
                yield f"{name} is {answer.headers.get(name)!r} instead of {wanted[name]!r}"
        if "etag" in wanted and "etag" in answer.headers:
            self._validators[wanted["etag"]] = answer.headers["etag"]

    def _compare(self, wanted: Json, given: Json, place: str) -> Iterator[str]:
        if isinstance(wanted, dict) and isinstance(given, dict):
            yield from self._compare_objects(wanted, given, place)
        elif isinstance(wanted, list) and isinstance(given, list):
            yield from self._compare_lists(wanted, given, place)
        elif _is_id(wanted) and _is_id(given):
            if self._ids.setdefault(wanted, given) != given:
                yield f"{place} is the id of something else"
        elif (self._ours(wanted) if isinstance(wanted, str) else wanted) != given:
            yield f"{place} is {given!r} instead of {wanted!r}"

    def _compare_objects(self, wanted: dict[str, Json], given: dict[str, Json], place: str) -> Iterator[str]:
        if set(wanted) != set(given):
            yield f"{place} has {sorted(set(given) - set(wanted))}, lacks {sorted(set(wanted) - set(given))}"
        for name in (wanted.keys() & given.keys()) - VOLATILE:
            yield from self._compare(wanted[name], given[name], f"{place.removeprefix('its root')}.{name}")

    def _compare_lists(self, wanted: list[Json], given: list[Json], place: str) -> Iterator[str]:
        wanted, given = (sorted(items, key=_name_of) for items in (wanted, given))
        if len(wanted) != len(given):
            yield f"{place} has {len(given)} items instead of {len(wanted)}"
            return
        for n, (one, other) in enumerate(zip(wanted, given, strict=True)):
            yield from self._compare(one, other, f"{place.removeprefix('its root')}[{n}]")


def _is_id(value: Json) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _name_of(item: Json) -> str:
    """What items of a list are told apart by; others keep their order."""
    if not isinstance(item, dict):
        return ""
    if "primaryAssetId" in item:
        return str(sorted(asset["originalFileName"] for asset in item["assets"]))
    names = [item.get(name) for name in ("originalFileName", "albumName", "assetCount", "value", "name")]
    return "/".join(str(name) for name in names)
