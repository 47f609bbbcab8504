"""A server of files on this machine that behaves as a test asks, and remembers what it was asked for."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Archive:
    """Files by path, and how they are served: `cuts` and `failures` are used up, one an answer."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    tags: bool = True
    lengths: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes after which the connection is closed
    failures: list[int] = field(default_factory=list)  # statuses answered instead
    kind: str = "application/octet-stream"
    asked: list[tuple[str, str | None, int]] = field(default_factory=list)  # path, Range, status
    address: str = ""
    cut: str = ""  # the path whose answers `cuts` are for; empty: of all

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


def handler_of(archive: Archive) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 - the name that http.server calls
            wanted = self.headers.get("Range")
            content = archive.files.get(self.path)
            if content is None or archive.failures:
                status = archive.failures.pop(0) if archive.failures else 404
                archive.asked.append((self.path, wanted, status))
                self.send_error(status)
                return
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            start, status = 0, 200
            if wanted and archive.ranges and self.headers.get("If-Range", tag) == tag:
                start, status = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]), 206
            if start and start >= len(content):
                status = 416
            archive.asked.append((self.path, wanted, status))
            if status == 416:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = content[start:]
            self.send_response(status)
            self.send_header("Content-Type", archive.kind)
            if archive.lengths:
                self.send_header("Content-Length", str(len(body)))
            if archive.tags:
                self.send_header("ETag", tag)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            cut = archive.cuts and archive.cut in ("", self.path)
            self.wfile.write(body[: archive.cuts.pop(0)] if cut else body)

        def log_message(self, *_):
            """Not to stderr."""

    return Handler


@contextmanager
def serving(archive: Archive) -> Iterator[Archive]:
    """The archive on a port of this machine; `address` says where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(archive))
    archive.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
