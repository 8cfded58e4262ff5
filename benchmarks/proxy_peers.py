"""The proxies that bench_proxy compares, each as a process of its own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")

STREAMS_PROXY = """
import asyncio, sys
async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
async def accept(reader, writer):
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
async def main():
    server = await asyncio.start_server(accept, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
"""

NGINX_STREAM = """
load_module {module};
daemon off; worker_processes 1; pid {folder}/stream.pid; error_log {folder}/stream.log;
events {{ worker_connections 4096; }}
stream {{ access_log off; server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{upstream}; }} }}
"""

NGINX_HTTP = """
daemon off; worker_processes 1; pid {folder}/http.pid; error_log {folder}/http.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream far {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://far; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    }}
  }}
}}
"""


@dataclass
class Proxy:
    """A running proxy."""

    name: str
    port: int
    pid: int

    def order(self, method: str, path: str, body: Any = None) -> bytes:
        """Tell the control API of seatrial's own something about its only proxy."""
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{control_port(self.port)}/proxies/proxy/{path}"
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=5) as answer:
            return bytes(answer.read())

    def ask(self, path: str) -> Any:
        """What the control API tells of its only proxy."""
        return json.loads(self.order("GET", path))

    @property
    def pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    @property
    def cpu(self) -> float:
        """CPU seconds it has used."""
        total = 0
        for pid in self.pids:
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9


@cache
def control_port(port: int) -> int:
    """Where the control API of the proxy on *port* listens."""
    return free_port()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def started(name: str, command: Callable[[int], list[str]]) -> Iterator[Proxy]:
    """A proxy as a process."""
    port = free_port()
    process = subprocess.Popen(command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise SystemExit(f"{name} does not listen")
        yield Proxy(name, port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def ours(protocol: str, upstream: int) -> Callable[[int], list[str]]:
    """seatrial's own."""

    def command(port: int) -> list[str]:
        where = ["--listen", f"127.0.0.1:{port}", "--upstream", f"127.0.0.1:{upstream}"]
        return [
            sys.executable,
            "-m",
            "seatrial",
            "proxy",
            *where,
            "--protocol",
            protocol,
            "--control",
            f":{control_port(port)}",
        ]

    return command


def nginx(template: str, folder: Path, upstream: int) -> Callable[[int], list[str]]:
    """nginx with that configuration."""

    def command(port: int) -> list[str]:
        path = folder / f"{port}.conf"
        path.write_text(template.format(module=STREAM_MODULE, folder=folder, port=port, upstream=upstream))
        return [shutil.which("nginx") or "nginx", "-p", str(folder), "-c", str(path)]

    return command


def start_all(stack: ExitStack, upstream: int, folder: Path) -> dict[str, Proxy]:
    """Every proxy that this machine has."""
    wanted = {"tcp": ours("tcp", upstream), "http": ours("openai-chat", upstream)}
    wanted["streams"] = lambda port: [sys.executable, "-c", STREAMS_PROXY, str(port), str(upstream)]
    if shutil.which("nginx") is None:
        print("skipped nginx: it is not installed (Debian: nginx)")
    else:
        wanted["nginx-http"] = nginx(NGINX_HTTP, folder, upstream)
        if STREAM_MODULE.exists():
            wanted["nginx"] = nginx(NGINX_STREAM, folder, upstream)
        else:
            print("skipped nginx stream: its module is not installed (Debian: libnginx-mod-stream)")
    return {name: stack.enter_context(started(name, command)) for name, command in wanted.items()}
