"""The workflows call what is there, on the systems and Pythons that the project says it runs on."""

import re
import tomllib
from typing import Any, Final

import pytest
import yaml

from tests.support.paths import ROOT

WORKFLOWS: Final[dict[str, dict[str, Any]]] = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SYSTEMS: Final = {"ubuntu": "POSIX :: Linux", "macos": "MacOS", "windows": "Microsoft :: Windows"}


def commands(job: dict[str, Any]) -> list[str]:
    """What a job runs, in its order."""
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize(("workflow", "job"), [("ci.yml", "test"), ("release.yml", "try")])
def test_what_is_promised_is_tried_on_each_system_with_each_python(workflow: str, job: str) -> None:
    matrix = WORKFLOWS[workflow]["jobs"][job]["strategy"]["matrix"]
    systems = {f"Operating System :: {SYSTEMS[name.partition('-')[0]]}" for name in matrix["os"]}
    pythons = {f"Programming Language :: Python :: {version}" for version in matrix["python"]}
    assert systems | pythons == set(PROJECT["classifiers"])
    assert PROJECT["requires-python"] == f">={matrix['python'][0]}"


def test_the_oldest_and_the_newest_set_of_dependencies_are_tried() -> None:
    job = WORKFLOWS["ci.yml"]["jobs"]["sets"]
    assert set(job["strategy"]["matrix"]["constraints"]) == {"packaging/oldest.txt", "packaging/newest.txt"}
    assert any(line.endswith("-c ${{ matrix.constraints }}") for line in commands(job))
    assert "python -m pytest" in commands(job)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_file_that_a_workflow_names_is_there(workflow: str) -> None:
    lines = [line for job in WORKFLOWS[workflow]["jobs"].values() for line in commands(job)]
    matrices = [job.get("strategy", {}).get("matrix", {}) for job in WORKFLOWS[workflow]["jobs"].values()]
    text = "\n".join([*lines, *(name for matrix in matrices for name in matrix.get("constraints", ()))])
    named = set(re.findall(r"(?:(?<=-r )|(?<=--file )|packaging/)[\w./-]+", text))
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_nothing_is_published_before_all_of_it_was_built_checked_and_tried() -> None:
    jobs = WORKFLOWS["release.yml"]["jobs"]
    assert set(jobs["publish"]["needs"]) == set(jobs) - {"publish"}
    built = commands(jobs["build"])
    assert built.index("python -m build") < built.index("python -m twine check --strict dist/*")
    tried = [line.removeprefix("python packaging/try_distribution.py ") for line in commands(jobs["try"])]
    assert tried == ["dist/*.whl", "dist/*.tar.gz"]
