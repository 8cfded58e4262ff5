"""The stock clients drive our control API unchanged: toxiproxy-python, and Chaos Toolkit's extension."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.faults.address import split
from seatrial.faults.server import ProxyServer
from tests.faults.conftest import status_of

toxiproxy: Any = pytest.importorskip("toxiproxy", reason="needs toxiproxy-python (the extra chaos)")


@pytest.fixture
def server() -> Iterator[ProxyServer]:
    with ProxyServer() as running:
        yield running
        assert running.troubles == []


@pytest.fixture
def stock(server: ProxyServer) -> Any:
    """toxiproxy-python's own client."""
    client = toxiproxy.Toxiproxy()
    client.update_api_consumer(*split(server.url.removeprefix("http://")))
    return client


def test_toxiproxy_python(stock: Any, upstream: str) -> None:
    assert stock.running()
    assert json.loads(stock.version()) == {"version": "2.12.0"}
    proxy = stock.create(name="one", upstream=upstream)
    assert status_of(proxy.listen) == 200
    with proxy.down():
        assert status_of(proxy.listen) == "ConnectionRefusedError"
    assert status_of(proxy.listen) == 200
    proxy.add_toxic(type="latency", attributes={"latency": 1, "jitter": 0})
    proxy.add_toxic(name="cut", type="limit_data", attributes={"bytes": 5}, toxicity=1, stream="downstream")
    toxics = proxy.toxics()
    assert (toxics["latency_downstream"].attributes["latency"], toxics["cut"].type) == (1, "limit_data")
    assert status_of(proxy.listen) == "BadStatusLine"
    assert proxy.destroy_toxic("cut")
    assert proxy.get_toxic("cut") is None
    assert status_of(proxy.listen) == 200
    stock.reset()
    assert proxy.toxics() == {}
    two = {"name": "two", "upstream": upstream, "listen": "127.0.0.1:0"}
    assert [each.name for each in stock.populate([two])] == ["two"]
    with pytest.raises(toxiproxy.exceptions.ProxyExists):
        stock.create(name="two", upstream=upstream)
    with pytest.raises(toxiproxy.exceptions.InvalidToxic):
        proxy.add_toxic(type="none")
    stock.destroy_all()
    assert stock.proxies() == {}
    with pytest.raises(toxiproxy.exceptions.NotFound):
        proxy.add_toxic(type="latency")


def test_an_ai_fault_over_the_stock_client(stock: Any, upstream: str) -> None:
    proxy = stock.create(name="one", upstream=upstream)
    proxy.add_toxic(type="http.status", attributes={"status": 429, "retry_after": "5s", "every": 2})
    assert [status_of(proxy.listen) for _ in range(4)] == [200, 429, 200, 429]
    assert proxy.toxics()["http.status_downstream"].attributes["retry_after"] == "5s"


ACTIONS: list[tuple[str, dict[str, Any], Any]] = [
    ("create_latency_toxic", {"latency": 10, "jitter": 2}, 200),
    ("create_bandwith_degradation_toxic", {"rate": 1000}, 200),
    ("create_slow_connection_close_toxic", {"delay": 10}, 200),
    ("create_slicer_toxic", {"average_size": 100, "size_variation": 10, "delay": 10}, 200),
    ("create_timeout_toxic", {"timeout": 10}, "RemoteDisconnected"),
    ("create_limiter_toxic", {"bytes_limit": 5}, "BadStatusLine"),
]


def test_chaostoolkits_actions(server: ProxyServer, upstream: str) -> None:
    actions: Any = pytest.importorskip("chaostoxi.toxic.actions", reason="needs chaostoolkit-toxiproxy")
    from chaostoxi.proxy import actions as proxies
    from chaostoxi.proxy import probes

    settings: dict[str, Any] = {"toxiproxy_url": server.url}
    host, port = split(upstream)
    assert proxies.create_proxy("one", host, port, listen_host="127.0.0.1", configuration=settings)
    listen = f"127.0.0.1:{settings['one_PORT']}"
    assert probes.proxy_exist("one", configuration=settings)
    for name, attributes, expected in ACTIONS:
        assert getattr(actions, name)("one", name, configuration=settings, **attributes)
        assert status_of(listen) == expected, name
        assert actions.delete_toxic("one", name, configuration=settings)
    assert proxies.modify_proxy("one", enabled=False, configuration=settings)
    assert probes.get_proxy_attribute("one", "enabled", configuration=settings) is False
    assert proxies.reset(configuration=settings)
    assert status_of(listen) == 200
    proxies.delete_proxy("one", configuration=settings)
    assert not probes.proxy_exist("one", configuration=settings)


def test_chaos_run(server: ProxyServer, upstream: str, tmp_path: Path) -> None:
    pytest.importorskip("chaoslib", reason="needs chaostoolkit (the extra chaos)")
    pytest.importorskip("chaostoxi", reason="needs chaostoolkit-toxiproxy")

    def step(name: str, module: str, function: str, **arguments: Any) -> dict[str, Any]:
        module = f"chaostoxi.{module}.actions"
        provider = {"type": "python", "module": module, "func": function, "arguments": arguments}
        return {"type": "action", "name": name, "provider": provider}

    host, port = split(upstream)
    experiment = {
        "title": "the provider slows down",
        "description": "driven by the stock extension",
        "configuration": {"toxiproxy_url": server.url},
        "method": [
            step("proxy", "proxy", "create_proxy", proxy_name="one", upstream_host=host, upstream_port=port,
                 listen_host="127.0.0.1"),
            step("slow", "toxic", "create_latency_toxic", for_proxy="one", toxic_name="slow", latency=5),
        ],
        "rollbacks": [step("well", "toxic", "delete_toxic", for_proxy="one", toxic_name="slow")],
    }  # fmt: skip
    file, journal = tmp_path / "experiment.json", tmp_path / "journal.json"
    file.write_text(json.dumps(experiment))
    words = ["--no-version-check", "--log-file", str(tmp_path / "log"), "run", "--journal-path", str(journal)]
    command = [sys.executable, "-m", "chaostoolkit", *words, "--rollback-strategy", "always", str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(journal.read_text())
    assert [each["status"] for each in (*told["run"], *told["rollbacks"])] == ["succeeded"] * 3
