"""What the Containerfile and compose.yaml say, for the tests that hold them against the rest and do their steps."""

import json
import re
import shlex
from typing import Any, Final

import yaml

from tests.support.paths import ROOT

INSTRUCTIONS: Final = [
    (word, rest)
    for word, _, rest in (
        line.partition(" ")
        for line in re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text(encoding="utf-8")).splitlines()
        if line and not line.startswith("#")
    )
]
"""Each instruction with what follows it, in order."""

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def of(word: str) -> list[str]:
    """What follows each instruction of this kind."""
    return [rest for found, rest in INSTRUCTIONS if found == word]


def pairs(word: str) -> dict[str, str]:
    """The names and values that ENV or LABEL gives."""
    return dict(part.split("=", 1) for rest in of(word) for part in shlex.split(rest))


def copied() -> list[str]:
    """The paths of the project that the image is made from."""
    return [path for rest in of("COPY") if not rest.startswith("--from") for path in rest.split()[:-1]]


def steps() -> list[list[str]]:
    """The words with which the script is called, in order; every RUN is such a call."""
    commands: list[list[str]] = [json.loads(rest[rest.index("[") :]) for rest in of("RUN")]
    assert all(command[0].endswith("/install.sh") for command in commands)
    return [command[1:] for command in commands]
