"""A control API that breaks its word: it refuses with 500, or says yes and does nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATE = {"name": "primary", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:9", "enabled": True, "toxics": []}


@contextmanager
def lying(status: int) -> Iterator[str]:
    """The server's address; every change is answered with *status*, and none is made."""

    class Answer(BaseHTTPRequestHandler):
        def _say(self, code: int, told: object) -> None:
            body = json.dumps(told).encode()
            self.send_response(code)
            self.send_header("content-length", str(len(body)))
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            known = {"/proxies": {"primary": STATE}, "/proxies/primary": STATE, "/proxies/primary/toxics": []}
            self._say(200 if self.path in known else 404, known.get(self.path, {"error": "not found"}))

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            sent = json.loads(self.rfile.read(length) or b"{}")
            self._say(status, {"error": "listen tcp: in use"} if status >= 400 else {**STATE, **sent})

        do_DELETE = do_PATCH = do_POST

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
