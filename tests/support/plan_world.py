"""What tests of whole runs with plans share: a library with three groups, and ways to look, amend and apply."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from bestshot.cli.main import main
from bestshot.layout.names import OUTPUT_MARKER
from bestshot.marks.apply import VerifyPolicy
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.settings import Settings
from tests.fake_immich import FakeImmich
from tests.support.drawn_library import add, add_burst, organize, scene
from tests.support.immich.folder import impatient

Amend = Callable[[dict[str, Any]], object]
DAYS = ("2024:06:01 12:00:00", "2024:06:02 12:00:00", "2024:06:03 12:00:00")


def draw(folder: Path) -> Path:
    """Three bursts of three photos, of which the second is the best, and one single photo."""
    for number, (name, day) in enumerate(zip("abc", DAYS, strict=True), start=1):
        add_burst(folder, name, number, day)
    add(folder / "single.jpg", scene(9), "2024:06:09 12:00:00")
    return folder


def look(folder: Path, plan: Path, **options: Any) -> Outcome:
    """Plan and change nothing."""
    return organize(folder, settings=Settings(no_faces=True, plan=str(plan), dry_run=True, **options))


def run_on(fake: FakeImmich, secret: str | None = None, **settings: Any) -> Outcome:
    """A whole run over a server in this process."""
    source = impatient(fake, secret)
    with ThreadPoolExecutor(1) as executor:
        return PhotoOrganizer(source, Settings(no_faces=True, **settings), executor=executor).run()


def lay_out_before(plan: Path) -> None:
    """Make the output that a plan names one that this program has laid out before, so that nobody is asked for it."""
    with suppress(ValueError, LookupError, TypeError, OSError):  # the plan is for the program to judge
        (Path(json.loads(plan.read_text())["wishes"]["output"]) / OUTPUT_MARKER).mkdir(parents=True, exist_ok=True)


def apply(*plans: Path, flags: tuple[str, ...] = ()) -> int:
    """Carry plans out by the command line, into an output that is there already."""
    if not {"--output", "-o", "--dry-run"} & set(flags):
        lay_out_before(plans[0])
    return main(["--apply", *map(str, plans), "--workers", "1", *flags])


def amend(plan: Path, *changes: Amend) -> Path:
    """Change a plan as its reader would."""
    found = json.loads(plan.read_text())
    for change in changes:
        change(found)
    plan.write_text(json.dumps(found))
    return plan


def pick(group: int, place: int) -> Amend:
    """Make the photo at a place, from 0, of a group, from 0, its best."""

    def change(plan: dict[str, Any]) -> None:
        plan["groups"][group]["best"] = plan["groups"][group]["photos"][place]["id"]

    return change


def take_out(group: int, place: int) -> Amend:
    def change(plan: dict[str, Any]) -> None:
        plan["groups"][group]["photos"][place]["out"] = True

    return change


def skip(group: int) -> Amend:
    def change(plan: dict[str, Any]) -> None:
        plan["groups"][group]["skip"] = True

    return change


def laid_out(output: Path) -> dict[str, list[str]]:
    """The groups in an output: the best and the originals of each."""
    return {
        folder.name: [
            *sorted(path.name for path in folder.glob("best_*")),
            *sorted(path.name for path in folder.glob("originals/*")),
        ]
        for folder in sorted(output.glob("group_*"))
    }


def believe_at_once(monkeypatch: Any) -> None:
    """Let runs not wait for a server's jobs in the background: the fake's are over at once."""
    at_once = VerifyPolicy((0.0, 0.0, 0.0), wait=lambda _seconds: None)
    for module in ("bestshot.pipeline.run", "bestshot.undo.undo"):
        monkeypatch.setattr(f"{module}.VerifyPolicy", lambda: at_once)
