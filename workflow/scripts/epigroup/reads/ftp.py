"""Files of FTP servers, answered in the words of HTTP, so that one code goes on with both (RFC 959, RFC 3659)."""

import ftplib
import http.client
import io
import re
import urllib.error
from email.message import Message
from types import TracebackType
from typing import Protocol
from urllib.parse import unquote, urlsplit

MISSING = re.compile(r"5(?:50|53)")


class Connection(Protocol):
    """What is asked of a connection over which a file comes."""

    def recv(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class FtpAnswer:
    """What a server sends of a file. status: 200 for the whole file, 206 for what follows from the byte that was asked
    for, 416 where nothing follows; headers: Content-Length, Content-Range and ETag as HTTP has them, the tag made of
    date and size where the server tells both."""

    reason = "FTP"

    def __init__(self, server: ftplib.FTP, status: int, headers: dict[str, str], data: Connection | None):
        self.server, self.status, self.data = server, status, data
        self.headers = Message()
        for name, value in headers.items():
            self.headers[name] = value

    def read1(self, most: int) -> bytes:
        """Up to so many bytes, none at the end. Raises OSError where the connection broke."""
        if self.data is None:
            return b""
        chunk = self.data.recv(most)
        if not chunk:
            self.data.close()
            self.data = None
            try:
                self.server.voidresp()
            except ftplib.all_errors as error:
                raise ConnectionError(str(error)) from None
        return chunk

    def __enter__(self) -> "FtpAnswer":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.data is not None:
            self.data.close()
        self.server.close()


def open_ftp(address: str, start: int, version: str | None, timeout: float) -> FtpAnswer:
    """Ask for a file from a byte on, as an anonymous user; from its beginning where its version is not `version` any
    more, or the server cannot begin within it.

    Raises urllib.error.HTTPError: 404 for a file that is not there, 503 for a refusal that may pass; OSError.
    """
    parts = urlsplit(address)
    path = unquote(parts.path)
    server = ftplib.FTP(timeout=timeout)
    try:
        server.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT)
        server.login()
        server.voidcmd("TYPE I")
        size = _told(server, f"SIZE {path}")
        date = _told(server, f"MDTM {path}")
        tag = f'"{date}-{size}"' if date and size else None
        if version is not None and version != tag:
            start = 0
        headers = {"ETag": tag} if tag else {}
        if start and size == str(start):
            server.close()
            return FtpAnswer(server, 416, headers | {"Content-Range": f"bytes */{size}"}, None)
        try:
            data, _ = server.ntransfercmd(f"RETR {path}", rest=start or None)
        except ftplib.error_perm as error:
            if not start or MISSING.match(str(error)):
                raise
            start = 0
            data, _ = server.ntransfercmd(f"RETR {path}")
    except ftplib.Error as error:
        server.close()
        raise _as_http(address, str(error)) from None
    except (OSError, EOFError, ValueError) as error:
        server.close()
        raise ConnectionError(str(error) or "the connection ended") from None
    if size:
        headers["Content-Length"] = str(int(size) - start)
        if start:
            headers["Content-Range"] = f"bytes {start}-{int(size) - 1}/{size}"
    else:
        # The end is told by the server's last word, as that of chunks is.
        headers["Transfer-Encoding"] = "chunked"
        if start:
            headers["Content-Range"] = f"bytes {start}-{start}/*"
    return FtpAnswer(server, 206 if start else 200, headers, data)


def _told(server: ftplib.FTP, command: str) -> str | None:
    """The digits that answer a command; None of a server that does not know it."""
    try:
        answer = server.sendcmd(command)
    except ftplib.error_perm:
        return None
    found = re.fullmatch(r"213 (\d+)(?:\.\d+)?", answer.strip())
    return found[1] if found else None


def _as_http(address: str, said: str) -> urllib.error.HTTPError:
    # 530: not logged in, which servers say when too many are.
    final = said.startswith("5") and not said.startswith("530")
    code = http.client.NOT_FOUND if final else http.client.SERVICE_UNAVAILABLE
    return urllib.error.HTTPError(address, code, f"({said})", Message(), io.BytesIO())
