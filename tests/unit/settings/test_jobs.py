"""Jobs of the configuration file: what wins over what, and what is said of those that make no sense."""

from pathlib import Path

import pytest

from bestshot.errors import UsageError
from bestshot.settings.reading import check_job, job_names, load_settings

JOBS = """
threshold = 1
tag = "all"
[[job]]
name = "nas"
threshold = 2
immich_api_key_file = "/keys/nas"
[[job]]
name = "scans"
"""


def settings_file(folder: Path, content: str) -> Path:
    file = folder / "config.toml"
    file.write_text(content)
    return file


def test_a_job_wins_over_the_rest_of_the_file_and_variables_and_flags_over_it(tmp_path: Path) -> None:
    file, variable = settings_file(tmp_path, JOBS), {"PHOTO_ORGANIZER_THRESHOLD": "3"}
    assert job_names(file) == ("nas", "scans")
    found = [
        load_settings({}, {}, file),
        load_settings({}, {}, file, job="scans"),
        load_settings({}, {}, file, job="nas"),
        load_settings({}, variable, file, job="nas"),
        load_settings({"threshold": 4}, variable, file, job="nas"),
    ]
    assert [one.threshold for one in found] == [1, 1, 2, 3, 4]
    assert {one.tag for one in found} == {"all"}


def test_a_credential_is_the_weakest_place_of_a_key(tmp_path: Path) -> None:
    file = settings_file(tmp_path, JOBS)
    given = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_settings({}, given, file).immich_api_key_file is None
    credential = tmp_path / "immich-api-key"
    credential.write_text("k1")
    assert load_settings({}, given, file).immich_api_key_file == str(credential)
    assert load_settings({}, given, file, job="nas").immich_api_key_file == "/keys/nas"
    by_variable = load_settings({}, given | {"IMMICH_API_KEY": "k2"}, file)
    assert (by_variable.immich_api_key, by_variable.immich_api_key_file) == ("k2", None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("job = 3", "must be tables: begin each with a line [[job]]."),
        ("[job]\nname = 'a'", "must be tables: begin each with a line [[job]]."),
        ("[[job]]\nthreshold = 3", "needs a name of up to 64 letters"),
        ("[[job]]\nname = '../a'", "needs a name of up to 64 letters"),
        ("[[job]]\nname = 'a'\n[[job]]\nname = 'A'", "have the name A: give each a name of its own."),
    ],
)
def test_jobs_without_a_name_of_their_own_are_refused(tmp_path: Path, content: str, said: str) -> None:
    file = settings_file(tmp_path, content)
    with pytest.raises(UsageError) as caught:
        load_settings({}, {}, file)
    assert said in str(caught.value)


def test_what_is_wrong_with_one_job_is_no_fault_of_another(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "[[job]]\nname = 'bad'\nthreshhold = 3\n[[job]]\nname = 'good'\nthreshold = 3")
    assert load_settings({}, {}, file, job="good").threshold == 3
    with pytest.raises(UsageError, match=r"in the job bad in .*: there is no setting called threshhold"):
        load_settings({}, {}, file, job="bad")


def test_a_job_that_is_not_there_is_answered_with_the_nearest_or_with_all() -> None:
    with pytest.raises(UsageError, match=r"no such job\. Did you mean scans\?"):
        check_job("scan", ["nas", "scans"])
    with pytest.raises(UsageError, match=r"no such job\. There are nas, scans\."):
        check_job("q", ["nas", "scans"])
    with pytest.raises(UsageError, match=r"no such job\. It has no \[\[job\]\]."):
        check_job("q", [])
