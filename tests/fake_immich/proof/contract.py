"""Compares requests and answers with the published OpenAPI description of a release, where it is at hand."""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.fake_immich.fields import UUID
from tests.fake_immich.requests import Answer, Json, Request
from tests.fake_immich.state import parse_iso
from tests.support.paths import SHARED

OPENAPI = SHARED / "immich-openapi"
_NAME = "urn:openapi"
_REAL = re.compile(r"\['rating'\]: -1 is less than")
"""What real servers answer although the description of their release wants something else."""
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("uuid")
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or UUID.match(value) is not None


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or parse_iso(value) > 0


def _schema(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, and objects know no other fields than those listed."""
    if isinstance(node, list):
        return [_schema(item) for item in node]
    if not isinstance(node, dict):
        return f"{_NAME}{node}" if isinstance(node, str) and node.startswith("#/components/") else node
    body = {name: _schema(value) for name, value in node.items() if name not in ("nullable", "example")}
    if "properties" in body:
        body.setdefault("additionalProperties", False)
    return {"anyOf": [body, {"type": "null"}]} if node.get("nullable") is True else body


class _Description:
    """One release's file, read once for all tests. Judging takes long, so whatever was found right is recognised."""

    def __init__(self, read: Json) -> None:
        self._paths: dict[str, Any] = read["paths"]
        self._patterns = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in self._paths}
        resource = Resource.from_contents({"components": _schema(read["components"])}, DRAFT202012)
        self._registry = Registry[Any]().with_resource(_NAME, resource)
        self._validators: dict[str, Draft202012Validator] = {}
        self._kind = extend(Draft202012Validator, {"$ref": self._follow})  # type: ignore[no-untyped-call] # it has no types
        self._right: set[tuple[str, bytes]] = set()
        self._found: dict[str, Json] = {}

    def operations(self, path: str) -> Json:
        """What may be done at a path, by method."""
        if path not in self._found:
            fitting = [known for known, pattern in self._patterns.items() if pattern.fullmatch(path)]
            self._found[path] = self._paths.get(min(fitting, key=lambda known: known.count("{"), default=""), {})
        return self._found[path]

    def problems(self, schema: Json, value: Json) -> Iterator[str]:
        """What is wrong with a value."""
        name = json.dumps(schema)
        if name not in self._validators:
            compiled = self._kind(_schema(schema), registry=self._registry, format_checker=_FORMATS)
            self._validators[name] = compiled
        for error in self._validators[name].iter_errors(value):
            yield f"{_place(error)}: {_deepest(error).message[:300]}"

    def _follow(self, validator: Any, reference: str, value: Json, schema: Json) -> Iterator[ValidationError]:
        key = reference, hashlib.sha256(json.dumps(value).encode()).digest()
        if key in self._right:
            return
        errors = list(Draft202012Validator.VALIDATORS["$ref"](validator, reference, value, schema))
        if not errors:
            self._right.add(key)
        yield from errors


class Contract:
    """One release's description, and what was found to break it."""

    def __init__(self, description: _Description) -> None:
        self._description = description
        self._violations: list[str] = []

    def witness(self, request: Request, answer: Answer) -> None:
        """Note what is wrong with a request that succeeds and with its answer; refused ones are not described."""
        if answer.status >= 300:
            return
        operation = self.operation(request.method, request.path)
        if operation is None:
            return  # served, but hidden from the description
        found = [*self._of_request(operation, request), *self._of_answer(operation, answer.status, answer.body)]
        wrong = [problem for problem in found if not _REAL.search(problem)]
        self._violations += [f"{request.method} {request.path}: {problem}" for problem in wrong]

    def take(self) -> list[str]:
        """Everything that was noted; it is then forgotten."""
        found, self._violations = self._violations, []
        return found

    def operation(self, method: str, path: str) -> Json:
        """The description of what a path does, or None."""
        return self._description.operations("/" + path.removeprefix("/api/").removeprefix("/")).get(method.lower())

    def problems_of_answer(self, method: str, path: str, status: int, body: Json) -> list[str]:
        """What is wrong with an answer."""
        operation = self.operation(method, path)
        return [] if operation is None else list(self._of_answer(operation, status, body))

    def _of_request(self, operation: Json, request: Request) -> Iterator[str]:
        known = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"} | {"apiKey"}
        for name in set(request.query) - known:
            yield f"the query has no parameter {name}"
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if schema is None and request.body is not None:
            yield "a body is not expected"
        if schema is not None:
            yield from self._problems(schema, request.body if request.body is not None else {}, "request")

    def _of_answer(self, operation: Json, status: int, body: Json) -> Iterator[str]:
        described = operation["responses"].get(str(status))
        if described is None:
            yield f"the status {status} is not described"
            return
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            yield from self._problems(schema, body, "answer")
        elif body is not None:
            yield "a JSON answer is not described"

    def _problems(self, schema: Json, value: Json, what: str) -> Iterator[str]:
        for problem in self._description.problems(schema, value):
            yield f"{what}{problem}"


def _deepest(error: ValidationError) -> ValidationError:
    return max(error.context, key=lambda e: len(e.absolute_path)) if error.context else error


def _place(error: ValidationError) -> str:
    return "".join(f"[{part!r}]" for part in _deepest(error).absolute_path)


@cache
def _description(version: str) -> _Description | None:
    path = OPENAPI / f"{version}.json"
    if not path.is_file():
        return None
    return _Description(json.loads(path.read_text(encoding="utf-8")))


def contract_of(version: str) -> Contract | None:
    """The description of a release, or None where it is not at hand."""
    description = _description(version)
    return None if description is None else Contract(description)
