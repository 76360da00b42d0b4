"""Completions of the command line for shells, made from the parser itself."""

import argparse
from collections.abc import Sequence
from typing import Any

SHELLS = ("bash", "zsh", "fish", "powershell")


class PrintCompletion(argparse.Action):
    """Prints the completions for a shell and leaves, as `--help` prints the help."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print the script for the shell that `values` names, and exit with 0."""
        del namespace, option_string
        import shtab

        # What shtab reads of an argument that takes a file or a folder.
        completes = {"FILE": shtab.FILE, "PLAN": shtab.FILE, "DIR": shtab.DIRECTORY, "SOURCE": shtab.DIRECTORY}
        for action in parser._actions:
            if action.metavar in completes:
                action.complete = completes[action.metavar]  # type: ignore[attr-defined]  # shtab's own convention
        print(shtab.complete(parser, str(values)))  # noqa: T201 - as argparse prints its help
        parser.exit()
