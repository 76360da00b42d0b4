"""The Containerfile, its script and compose.yaml agree with one another and with the program; nothing is built here."""

import json
import re
import shutil
import subprocess
import tomllib

import pytest

from bestshot.cli.arguments import parse_command
from bestshot.settings.checks import check_consistency, check_source_options
from bestshot.settings.reading import load_settings
from tests.packaging.containerfile import COMPOSE, copied, of, pairs, steps
from tests.support.paths import ROOT

SCRIPT = ROOT / "packaging" / "container" / "install.sh"
SERVICES = COMPOSE["services"]


def test_each_step_is_one_of_the_script_and_every_one_is_taken() -> None:
    functions = set(re.findall(r"^(\w+)\(\) \{$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE))
    assert [step[0] for step in steps()] == ["build", "system"]
    assert functions - {"install_packages"} == {step[0] for step in steps()}


@pytest.mark.skipif(not shutil.which("sh"), reason="there is no shell here")
def test_the_script_is_one_that_a_plain_shell_reads() -> None:
    assert subprocess.run(["sh", "-n", str(SCRIPT)], check=False).returncode == 0


def test_what_is_copied_is_there_is_sent_and_is_all_that_a_build_reads() -> None:
    """What .dockerignore keeps back cannot be copied."""
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    modules = {f"{name}.py" for name in project["tool"]["setuptools"]["py-modules"]}
    assert [path for path in copied() if not (ROOT / path).exists()] == []
    assert set(copied()) == sent
    assert set(copied()) == modules | {
        *(project["project"]["readme"], *project["project"]["license-files"]),
        *("bestshot", "packaging", "pyproject.toml", "setup.py"),
    }


def test_the_image_is_labelled_as_the_project_describes_itself() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    labels = {name.rpartition(".")[2]: value for name, value in pairs("LABEL").items()}
    assert labels == {
        "title": "Photo Organizer",
        "description": project["description"],
        "licenses": project["license"],
    }


def test_the_program_gets_the_signals_itself_and_is_not_root() -> None:
    (entry,) = of("ENTRYPOINT")
    assert json.loads(entry) == ["photo-organizer"]
    assert of("USER") == ["1000:1000"]
    assert "--uid 1000 --gid 1000" in SCRIPT.read_text(encoding="utf-8")


def test_what_must_outlive_a_container_is_in_its_volumes() -> None:
    settings = load_settings({}, pairs("ENV"), None)
    kept = [settings.state_dir, settings.cache_dir]
    assert [json.loads(volumes) for volumes in of("VOLUME")] == [kept]
    assert " ".join(kept) in SCRIPT.read_text(encoding="utf-8")
    for name, service in SERVICES.items():
        places = [volume.rpartition(":/")[2] for volume in service["volumes"]]
        assert [f"/{place}" for place in places][-2:] == kept, name


@pytest.mark.parametrize("name", SERVICES)
def test_its_health_is_asked_for_as_the_image_says(name: str) -> None:
    (asked,) = of("HEALTHCHECK")
    options, _, command = asked.partition(" CMD ")
    check = dict(SERVICES[name]["healthcheck"])
    assert check.pop("test") == ["CMD", *json.loads(command)]
    assert check == {key.replace("-", "_"): value for key, value in re.findall(r"--([a-z-]+)=(\S+)", options)}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not re.search(r":/photos(?!:ro\b)", " ".join(service["volumes"]))
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_the_program_understands_what_a_service_asks_for(name: str) -> None:
    given = parse_command(SERVICES[name]["command"])
    given.check_alone()
    settings = load_settings(given.flags, pairs("ENV") | SERVICES[name]["environment"], None)
    check_source_options(given.flags, settings.source_type)
    check_consistency(given.flags, settings)
    assert parse_command(SERVICES[name]["healthcheck"]["test"][2:]).health


def test_services_share_no_state_since_one_program_works_on_one() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service["volumes"]]
    assert len(volumes) == len(set(volumes))


def test_the_key_is_a_secret_that_no_variable_and_no_argument_holds() -> None:
    service = SERVICES["photo-organizer"]
    settings = load_settings({}, service["environment"] | pairs("ENV"), None)
    (secret,) = service["secrets"]
    assert settings.immich_api_key_file == f"/run/secrets/{secret}"
    assert settings.immich_api_key is None
    assert set(COMPOSE["secrets"]) == {secret}
