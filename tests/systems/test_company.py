"""Processes beside a system: there before it, gone after it."""

from __future__ import annotations

import socket
import textwrap
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.systems import runner
from seatrial.systems.readiness import free_port, status_of
from seatrial.systems.recipe import Recipe
from seatrial.systems.runner import System
from tests.systems.servers import SERVE, gone, recipe


def crowd(script: str = "serve()", main: str = "serve()", **more: Any) -> Recipe:
    """A tiny system with another one beside it."""
    part = {
        "name": "friend",
        "command": ["{python}", "-c", SERVE + textwrap.dedent(script), "{port.friend}", "{folder}"],
        "ready": {"url": "http://127.0.0.1:{port.friend}/", "timeout": "10s"},
    }
    told = recipe(main).model_dump(by_alias=True)
    told["ready"]["timeout"] = "10s"
    told["stop"]["grace"] = "2s"
    return Recipe.model_validate(told | {"ports": ["friend", "free"], "beside": [part]} | more)


def friend(system: System) -> str:
    return f"http://127.0.0.1:{system.ports['friend']}/"


def test_it_is_there_with_the_system_and_goes_with_it() -> None:
    with System(crowd()) as system:
        assert status_of(friend(system)) == status_of(system.uri) == 200
        pids = [system.pid, system.beside["friend"]]
        assert system.ports.keys() == {"friend", "free"}
        assert (system.folder / "friend.log").is_file()
    assert gone(*pids)
    assert system.beside == {}


def test_one_that_does_not_start_stops_the_start_with_its_log() -> None:
    with pytest.raises(HarnessError) as error:
        System(crowd('print("no such model"); sys.exit(3)')).start()
    assert "'friend' ended with code 3" in str(error.value)
    assert "no such model" in str(error.value)


def test_when_the_system_does_not_start_nothing_is_left_beside() -> None:
    system = System(crowd(main="sys.exit(4)"))
    with pytest.raises(HarnessError, match="'tiny' ended with code 4"):
        system.start()
    assert system.beside == {}


def test_a_port_that_was_taken_meanwhile_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", 0))
        rival.listen()
        taken = rival.getsockname()[1]
        ports = iter([taken])
        monkeypatch.setattr(runner, "free_port", lambda: next(ports, 0) or free_port())
        with System(crowd()) as system:
            assert taken not in system.ports.values()
            assert status_of(friend(system)) == 200


def test_a_port_that_was_asked_for_is_taken_or_refused() -> None:
    with System(crowd(), ports={"friend": (port := free_port())}) as system:
        assert system.ports["friend"] == port
        with pytest.raises(HarnessError) as error:
            System(crowd(), ports={"friend": port}).start()
    assert "the port 'friend' of the system 'tiny'" in str(error.value)
    assert "address already in use" in str(error.value)


def test_files_are_written_and_offers_filled_in() -> None:
    provides = {
        "protocol": "openai-chat",
        "uri": "http://127.0.0.1:{port}",
        "apiKey": "sk-{api_key}",
        "otherKey": "sk-{other_key}",
        "pidfile": "{folder}/pid",
        "dependencies": [
            {"name": "cloud", "listen": "127.0.0.1:{port.free}", "upstream": "127.0.0.1:{port.friend}"}
        ],
    }
    with System(crowd(files={"config.yaml": "friend: {port.friend}\n"}, provides=provides)) as system:
        assert (system.folder / "config.yaml").read_text() == f"friend: {system.ports['friend']}\n"
        assert system.api_key != system.other_key
        assert system.pidfile == system.folder / "pid"
        assert system.dependencies == [
            {
                "name": "cloud",
                "listen": f"127.0.0.1:{system.ports['free']}",
                "upstream": f"127.0.0.1:{system.ports['friend']}",
                "protocol": "openai-chat",
            }
        ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"files": {"a": "{port.nobody}"}}, "{port.nobody} is a port without a name"),
        ({"files": {"a": "{venv}/bin"}}, "{venv} is used and none is described"),
        ({"files": {"../a": ""}}, "files"),
    ],
)
def test_a_recipe_that_cannot_be_filled_in_is_refused(more: dict[str, Any], told: str) -> None:
    with pytest.raises((UsageError, ValueError)) as error:
        crowd(**more)
    assert told in str(error.value)
