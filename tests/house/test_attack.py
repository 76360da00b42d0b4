"""The attack benchmark attacks, and notices what a program does wrong."""

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import attack
from benchmarks.attacks.damage import damaged
from benchmarks.attacks.relay import with_lies

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it watches its runs through /proc")

_BAD_PROGRAM = """
import pathlib, sys, time
pathlib.Path("out/group_0001").mkdir(parents=True, exist_ok=True)
pathlib.Path("photos/single.jpg").write_text(str(time.time_ns()))
if "--history" in sys.argv:
    sys.stdin.close()
    time.sleep(600)
raise ValueError
"""


@given(st.binary(max_size=2000), st.integers(0, 100), st.integers())
def test_damage_is_the_same_for_the_same_chance_and_spares_the_beginning(data: bytes, begin: int, seed: int) -> None:
    found = damaged(data, random.Random(seed), begin)
    assert found == damaged(data, random.Random(seed), begin)
    assert found.startswith(data[:begin])


def test_lies_are_told_sooner_or_later_and_honest_values_kept() -> None:
    told = {"id": "a", "items": [{"name": "x"}] * 5}
    answers = [with_lies(told, random.Random(seed)) for seed in range(100)]
    assert told in answers
    assert any(answer != told for answer in answers)


def test_a_few_attempts_find_nothing_lost(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = ["kill an undo at a file operation", "damage a plan"]
    code = attack.main(["--only", *kinds, "--attempt", "3"])
    table = capsys.readouterr().out
    assert (code, [line.split()[-7:-1] for line in table.splitlines()[1:]]) == (0, [["1", *"00000"]] * 2), table


def test_what_a_bad_program_does_is_counted_and_can_be_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo_organizer.py").write_text(_BAD_PROGRAM)
    one = ["--only", "damage the settings", "--attempt", "0"]
    code = attack.main([*one, "--program", str(tmp_path), "--patience", "2"])
    table = capsys.readouterr().out
    assert code == 1
    assert table.splitlines()[-1].split()[-7:-1] == ["1", *"11110"]
    assert "again: --seed 1 --only 'damage the settings' --attempt 0" in table
