"""Where an Immich API key comes from; the key itself is never shown, logged or pickled."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bestshot.errors import WrongKeyError

KEY_VARIABLE = "IMMICH_API_KEY"


class KeySource(Protocol):
    """A place that holds the key; it travels to other processes instead of the key."""

    def read(self) -> str:
        """The key; raises WrongKeyError if there is none or it cannot be one."""


@dataclass(frozen=True, slots=True)
class KeyFromEnvironment:
    """The key in an environment variable."""

    variable: str = KEY_VARIABLE

    def read(self) -> str:
        """The variable's content."""
        key = os.environ.get(self.variable, "")
        if not key.strip():
            raise WrongKeyError(f"There is no Immich API key: set {self.variable}, or name a file with the key.")
        return _checked(key, self.variable)


@dataclass(frozen=True, slots=True)
class KeyFromFile:
    """The key as the only content of a file."""

    path: str

    def read(self) -> str:
        """The file's content without white space around it."""
        try:
            content = Path(self.path).read_text(encoding="utf-8")
        except OSError as error:
            raise WrongKeyError(
                f"The key file {self.path} cannot be read: {error.strerror or 'check the path'}."
            ) from error
        except UnicodeDecodeError:
            raise WrongKeyError(f"The key file {self.path} is not a text file that holds only the key.") from None
        return _checked(content, f"The key file {self.path}")


@dataclass(frozen=True, slots=True)
class KeyInProcess:
    """A key that was handed over as text; another process looks for its own in IMMICH_API_KEY instead."""

    key: str = field(repr=False)

    def read(self) -> str:
        """The key as it was given, without white space around it."""
        return _checked(self.key, "The given key")

    def __reduce__(self) -> tuple[type[KeyFromEnvironment], tuple[str]]:
        return KeyFromEnvironment, (KEY_VARIABLE,)


def key_source(file: str | None, key: str | None) -> KeySource:
    """Where the key lies, given the file's name or the key itself, if either is; other processes look there too."""
    if file is not None:
        return KeyFromFile(file)
    if key is not None:
        os.environ[KEY_VARIABLE] = key
    return KeyFromEnvironment()


def _checked(text: str, where: str) -> str:
    """A key fit for a header; anything else would be quoted in full by the error of the library that sends it."""
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise WrongKeyError(f"{where} holds no Immich API key: a key is one word of letters and digits.")
    return key
