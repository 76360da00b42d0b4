"""Colour, and links to files, at a terminal that can show them; plain text elsewhere."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

_BOLD, _GREEN = "1", "32"

_WITHOUT_LINKS: Final = ("linux",)
"""Terminals that have colours, and may print what they should take for a link."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What a stream can show; the texts that it is given have to be printable already."""

    has_colours: bool = False
    has_links: bool = False

    def heading(self, text: str) -> str:
        """A line above others."""
        return self._in(_BOLD, text)

    def best(self, text: str) -> str:
        """What is to catch the eye."""
        return self._in(_GREEN, text)

    def link(self, text: str, path: str) -> str:
        """A text that opens a file; the name of this machine tells others, over SSH, that it is not theirs."""
        if not (self.has_links and path):
            return text
        import socket

        machine = socket.gethostname() if os.name == "posix" else ""
        target = Path(path).absolute().as_uri().replace("file://", f"file://{machine}", 1)
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\"

    def _in(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.has_colours else text


PLAIN: Final = Paint()


def paint_for(stream: TextIO, environment: Mapping[str, str]) -> Paint:
    """What may be shown on a stream; https://no-color.org goes before FORCE_COLOR, and that before what is found."""
    terminal, forced = environment.get("TERM", ""), environment.get("FORCE_COLOR", "")
    if environment.get("NO_COLOR") or forced in ("0", "false"):
        return PLAIN
    can = stream.isatty() and (terminal not in ("", "dumb") or "WT_SESSION" in environment)
    return Paint(can or bool(forced), has_links=can and terminal not in _WITHOUT_LINKS)
