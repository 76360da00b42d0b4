"""Where an Immich API key comes from; the key itself is never shown, logged or pickled."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Protocol

from bestshot.errors import WrongKeyError
from bestshot.text import hide

_ASSIGNMENT = re.compile(r"\s*(export\s+)?[A-Za-z_]+\s*=")

_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH

KEY_VARIABLE = "IMMICH_API_KEY"
"""The environment variable from which the key is read."""


class KeySource(Protocol):
    """Where to read the key; sent to other processes instead of the key itself."""

    def read(self) -> str:
        """Read the key; raises WrongKeyError if it is missing or malformed."""


@dataclass(frozen=True, slots=True)
class KeyFromEnvironment:
    """The key in an environment variable."""

    variable: str = KEY_VARIABLE

    def read(self) -> str:
        """Read the variable."""
        key = os.environ.get(self.variable, "")
        if not key.strip():
            raise WrongKeyError(f"There is no Immich API key: set {self.variable}, or name a file with the key.")
        return _checked(key, self.variable)


@dataclass(frozen=True, slots=True)
class KeyFromFile:
    """The key as the only content of a file."""

    path: str

    @property
    def is_open_to_others(self) -> bool:
        """Whether other users of this machine can read the file.

        The bits of one that systemd or a container engine hands over say something else: its folder is ours alone.
        """
        if any(Path(self.path).is_relative_to(folder) for folder in _handed_over()):
            return False
        try:
            return os.name == "posix" and bool(Path(self.path).stat().st_mode & _BY_OTHERS)
        except OSError:  # reading it says why
            return False

    def read(self) -> str:
        """Read the file, without surrounding white space."""
        try:
            content = Path(self.path).read_text(encoding="utf-8")
        except OSError as error:
            raise WrongKeyError(
                f"The key file {self.path} cannot be read: {error.strerror or 'check the path'}."
            ) from error
        except UnicodeDecodeError:
            raise WrongKeyError(f"The key file {self.path} is not a text file that contains only the key.") from None
        if _ASSIGNMENT.match(content):
            raise WrongKeyError(
                f"The key file {self.path} holds a line NAME=KEY: let it hold the key alone, without {KEY_VARIABLE}=."
            )
        return _checked(content, f"The key file {self.path}")


@dataclass(frozen=True, slots=True)
class KeyInProcess:
    """A key given as text. Worker processes of this machine get it through their pipe.

    Pickled for any other way, as to a cluster, it is a key that the process there reads from its own IMMICH_API_KEY.
    """

    key: str = field(repr=False)

    def read(self) -> str:
        """Return the given key, without surrounding white space."""
        return _checked(self.key, "The given key")

    def __reduce__(self) -> tuple[type[KeyFromEnvironment], tuple[str]]:
        return KeyFromEnvironment, (KEY_VARIABLE,)


def _with_its_key(key: KeyInProcess) -> tuple[type[KeyInProcess], tuple[str]]:
    return KeyInProcess, (key.key,)


# What multiprocessing pickles goes through a pipe; the environment of a process can be read as long as it runs.
ForkingPickler.register(KeyInProcess, _with_its_key)


def _handed_over() -> Iterator[str]:
    """The folders in which a service manager or a container engine gives secrets to this process alone."""
    yield "/run/secrets"
    if credentials := os.environ.get("CREDENTIALS_DIRECTORY"):
        yield credentials


def key_source(file: str | None, key: str | None) -> KeySource:
    """Decide where to read the key from: a file, the key itself, or the environment."""
    if file is not None:
        return KeyFromFile(file)
    return KeyFromEnvironment() if key is None else KeyInProcess(key)


def _checked(text: str, where: str) -> str:
    """Check that a key is valid in a header; otherwise the HTTP library would quote it in an error."""
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise WrongKeyError(f"{where} does not contain an Immich API key: a key is one word of letters and digits.")
    hide(key)  # a server or what is in front of it may repeat it in an error
    return key
