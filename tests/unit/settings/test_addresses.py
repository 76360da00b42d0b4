"""An http:// or https:// address in the place of a folder is that of an Immich server."""

from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.errors import UsageError
from bestshot.model.photo import SourceType
from bestshot.settings.reading import load_settings
from tests.fake_immich import FakeImmich

NAS = "http://nas:2283"
QUICK = ["--no-faces", "--workers", "1"]


@pytest.mark.parametrize("address", [NAS, "HTTPS://photos.example.org/immich"])
def test_it_is_taken_from_flags_the_environment_and_a_file(address: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'source = ["{address}"]')
    for settings in (
        load_settings({"source": [address]}, {}),
        load_settings({}, {"PHOTO_ORGANIZER_SOURCE": address}),
        load_settings({}, {}, file),
        load_settings({"source": [address]}, {"IMMICH_URL": "http://other"}),
    ):
        assert (settings.source, settings.source_type, settings.immich_url) == ((), SourceType.IMMICH, address)


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"source": [NAS, "/photos"]}, "folders or at one Immich server"),
        ({"source": [NAS, "http://other"]}, "folders or at one Immich server"),
        ({"source": [NAS], "source_type": "local"}, "leave out --source-type local"),
        ({"source": [NAS], "immich_url": "http://other"}, "name two servers"),
    ],
)
def test_what_else_is_named_beside_it_is_refused(flags: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        load_settings(flags, {})


@pytest.mark.parametrize("address", ["http://me:{}@nas", "http://nas/?key={}", "http://nas#{}", "https://nas/share/{}"])
@pytest.mark.parametrize("also", [[], ["/photos"], ["--immich-url", NAS], ["--quiet"], ["--undo"]], ids=str)
def test_a_key_in_it_is_refused_and_not_repeated(
    address: str, also: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([address.format("s3cretkey"), *also, "--immich-api-key", "x" * 43]) == 2
    said = capsys.readouterr()
    assert "s3cretkey" not in said.out + said.err
    assert also or "give the key by IMMICH_API_KEY or --immich-api-key-file" in said.err


def test_a_run_looks_at_it_and_a_plan_of_it_can_be_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeImmich() as server:
        server.seeds.burst(3)
        monkeypatch.setenv("IMMICH_API_KEY", server.admin.secret)
        plan = str(tmp_path / "plan.json")
        assert main([server.url, "--tag-only", "--dry-run", "--plan", plan, *QUICK]) == 0
        assert main([server.url, "--apply", plan, "--dry-run", "--workers", "1"]) == 0
        assert capsys.readouterr().out.count("3 photos: 1 group with 3 photos") == 2
        assert main([server.url, str(tmp_path)]) == 2
