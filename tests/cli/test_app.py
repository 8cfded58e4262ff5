"""The table of commands, and errors as exit codes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from seatrial.cli import app as module
from seatrial.cli.app import COMMANDS, app
from seatrial.core.errors import HarnessError, SeatrialError, UsageError


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make ``seatrial doctor`` end with an error."""

    def make(error: BaseException) -> None:
        @click.command()
        def command() -> None:
            raise error

        monkeypatch.setattr(module, "import_module", lambda name: type("Module", (), {"command": command}))

    return make


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = CliRunner().invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert done.output.startswith("Usage: ")
    assert len(done.output.splitlines()) > 4


def test_help_lists_every_command_with_a_word_about_it() -> None:
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    for name in COMMANDS:
        line = next(line for line in done.output.splitlines() if line.startswith(f"  {name} "))
        assert len(line.split()) > 3, line
    assert "Exit codes: 0 certified; 1 rejected" in done.output


def test_help_imports_no_heavy_package() -> None:
    code = (
        "import sys\nfrom seatrial.cli.app import app\n"
        "try:\n    app.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('imported:', *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.rpartition("imported:")[2].split())
    heavy = {"pytest", "numpy", "pydantic", "jinja2", "rich", "cryptography", "yaml", "uvloop", "httptools"}
    assert "click" in imported
    assert imported & heavy == set()


def test_version() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.output) == (0, "seatrial 0.1.0\n")


def test_an_unknown_command_is_usage_and_names_the_nearest() -> None:
    done = CliRunner().invoke(app, ["certfy"])
    assert done.exit_code == 3
    assert "certify" in done.stderr
    assert done.stderr.count("Did you mean") == 1


def test_an_unknown_option_is_usage() -> None:
    assert CliRunner().invoke(app, ["doctor", "--nonsense"]).exit_code == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no such thing", where="policy.yaml:3", hint="write it right"), 3),
        (HarnessError("disk full", where="runs/x", hint="free some space"), 4),
        (SeatrialError("something else", where="here", hint="look"), 4),
    ],
)
def test_errors_say_what_where_and_what_to_do(
    raising: Callable[[BaseException], None], error: SeatrialError, code: int
) -> None:
    raising(error)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr == f"error: {error.where}: {error.what}\n  hint: {error.hint}\n"


def test_an_error_without_a_place_or_a_hint(raising: Callable[[BaseException], None]) -> None:
    raising(UsageError("no such thing"))
    assert CliRunner().invoke(app, ["doctor"]).stderr == "error: no such thing\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_4(raising: Callable[[BaseException], None], error: BaseException) -> None:
    raising(error)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 4
    assert "interrupted" in done.stderr


def test_a_defect_of_ours_never_reads_as_rejected(raising: Callable[[BaseException], None]) -> None:
    raising(ZeroDivisionError("oops"))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 4
    assert "ZeroDivisionError: oops" in done.stderr
    assert "defect of seatrial" in done.stderr


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "seatrial", "doctor"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=60)
    assert said == ""
    assert process.returncode == 4


def test_the_console_script_and_the_module_are_the_same(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("seatrial")
    for command in ([str(script)], [sys.executable, "-m", "seatrial"]):
        done = subprocess.run(
            [*command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout == "seatrial 0.1.0\n"
