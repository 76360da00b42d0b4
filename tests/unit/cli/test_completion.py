"""What shells complete of the command line."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bestshot.cli.arguments import build_parser, parse_command
from bestshot.cli.completion import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_every_flag_is_completed_in_every_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse_command(["--print-completion", shell])
    script = capsys.readouterr().out
    flags = {flag for action in build_parser()._actions for flag in action.option_strings if flag.startswith("--")}
    assert left.value.code == 0
    assert {flag for flag in flags if flag.removeprefix("--") not in script} == set()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_the_beginning_of_a_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_command(["--print-completion", "bash"])
    script = tmp_path / "completion.bash"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    asked = (
        f". {script}; COMP_WORDS=(photo_organizer.py --source-t); COMP_CWORD=1; "
        f'$(complete -p photo_organizer.py | grep -oE "_shtab\\w+"); echo "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--source-type"], done.stderr
