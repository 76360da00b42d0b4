"""What docs/architecture.md and CONTRIBUTING.md say of the code and of its tasks is so."""

import ast
import re

from tests.house.test_house import FLOORS
from tests.support.paths import ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
INTEGRATION = (ROOT / "IMMICH_INTEGRATION.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_the_drawn_floors_are_those_that_are_proved() -> None:
    drawing = re.findall(r"^(?:doors|  \d  ) +(.*)$", ARCHITECTURE, re.MULTILINE)
    drawn = [set(line.split()) for line in reversed(drawing)]
    assert drawn == [FLOORS[0] - {"bestshot"}, *FLOORS[1:]]


def test_each_package_is_described_as_it_describes_itself() -> None:
    described = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", ARCHITECTURE, re.MULTILINE))
    assert described.keys() == set().union(*FLOORS[:-1]) - {"bestshot"}
    for package, sentence in described.items():
        folder = ROOT / "bestshot" / package
        source = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        docstring = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
        assert docstring.partition("\n")[0] == sentence, package


def test_every_place_that_is_named_exists() -> None:
    for text in (ARCHITECTURE, CONTRIBUTING, INTEGRATION):
        named = re.findall(r"`((?:bestshot|tests|benchmarks|docs)/[\w/.]*)`", text)
        assert named
        for place in named:
            assert (ROOT / place).exists(), place


def test_every_word_for_a_task_is_one_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    explained = set(re.findall(r"^\| `make ([a-z]+)", CONTRIBUTING, re.MULTILINE))
    assert explained == targets
    used = re.findall(r"make PYTHON=python (.*)", WORKFLOW)
    assert used
    assert set(" ".join(used).split()) <= targets
