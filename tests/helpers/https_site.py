"""A small web server over TLS that answers ranges, breaks connections off and remembers what it was asked."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

DATA = bytes(range(256)) * 1500  # a file that is none of any program


@dataclass
class Site:
    """What the server answers, and what it was asked. ``cuts``: after how many bytes each next answer breaks off;
    ``redirects``: where each next request is sent instead; ``pause_s``: before each answer; ``files``: the content by path, where it
    is not ``content`` for every path; ``headers``: in place of its own, None for none."""

    base: str
    content: bytes
    etag: str | None = '"one"'
    status: int = 200
    ranges: bool = True
    compresses: bool = False
    cuts: list[int] = field(default_factory=list)
    redirects: list[str] = field(default_factory=list)
    pause_s: float = 0.0
    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.base}/folder/weights.pth"

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        asked = {key.lower(): value for key, value in handler.headers.items()}
        self.requests.append({**asked, "path": handler.path})
        until = time.monotonic() + self.pause_s
        while time.monotonic() < until and self.pause_s:  # a test may end the pause
            time.sleep(0.01)
        body, status, begin = self.files.get(handler.path, self.content), self.status, 0
        headers: dict[str, str] = {}
        if self.redirects:
            status, headers, body = 302, {"Location": self.redirects.pop(0)}, b""
        elif self.compresses and "gzip" in asked.get("accept-encoding", ""):
            body, headers = gzip.compress(body, mtime=0), {"Content-Encoding": "gzip"}
        if self.etag is not None:
            headers["ETag"] = self.etag
        if self.ranges and "range" in asked and asked.get("if-range") == self.etag and status == 200:
            begin = int(asked["range"].removeprefix("bytes=").removesuffix("-"))
            headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
            status = 206
        handler.send_response(status)
        own = {**headers, "Content-Length": str(len(body) - begin), "Connection": "close", **self.headers}
        for key, value in own.items():
            if value is not None:
                handler.send_header(key, value)
        handler.end_headers()
        kept = self.cuts.pop(0) if self.cuts else len(body)
        handler.wfile.write(body[begin : begin + kept])
        handler.close_connection = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.site.answer(self)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    site: Site

    @property
    def port(self) -> int:
        return self.server_address[1]

    def handle_error(self, *_: object) -> None:
        pass  # clients that distrust the certificate hang up


@contextlib.contextmanager
def serve(context: ssl.SSLContext | None) -> Iterator[Server]:
    """A running server on a free port; plain http without a context. Give it a ``site`` before asking."""
    with Server(("localhost", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
