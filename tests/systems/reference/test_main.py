from __future__ import annotations

import pytest

from seatrial.systems.reference.__main__ import _parser, _settings, main
from seatrial.systems.reference.defects import DEFECTS


def test_the_catalogue_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-defects"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(DEFECTS)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--defect", "slow-tial"], "did you mean 'slow-tail'?"),
        (["--upstream", "http://127.0.0.1:1/v1"], "write primary=http"),
        (["--upstream", "primary=ftp://x"], "write primary=http"),
    ],
)
def test_a_wrong_option_is_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 3
    assert told in capsys.readouterr().err


def test_options_become_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATRIAL_REFERENCE_KEYS", "sk-a,sk-b,")
    monkeypatch.setenv("SEATRIAL_REFERENCE_UPSTREAM_KEY", "sk-up")
    arguments = ["--api-key", "sk-c", "--upstream", "primary=http://127.0.0.1:9001/v1#chat", "--seed", "5"]
    settings = _settings(_parser().parse_args(arguments))
    assert settings.keys == ("sk-c", "sk-a", "sk-b")
    assert settings.seed == 5
    upstream = settings.upstreams[0]
    assert (upstream.name, upstream.uri, upstream.model) == ("primary", "http://127.0.0.1:9001/v1", "chat")
    assert upstream.key == "sk-up"
    assert "sk-" not in repr(settings)
