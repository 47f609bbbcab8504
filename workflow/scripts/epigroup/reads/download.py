"""Files fetched over HTTP or FTP: gone on with where a connection broke, tried again, checked, whole or not there.

What has arrived lies beside the file as `.partial.NAME` until all of it is there, and outlasts the job: the next one
asks for the rest. `.partial.NAME.json` says which version of the file it is a part of (RFC 9110: Range, If-Range).
"""

import errno
import fcntl
import hashlib
import http.client
import json
import logging
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.core.logs import Progress
from epigroup.reads.ftp import FtpAnswer, open_ftp

log = logging.getLogger(__name__)

CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
PACKED = (".gz", ".bgz", ".bam")  # what files of these names must be
Answer = http.client.HTTPResponse | FtpAnswer
# Answers after which another try may do; every other one of 400 and above is final.
PASSING = (408, 425, 429, 500, 502, 503, 504)
LONGEST_PAUSE = 600.0


class Interrupted(Exception):
    """A transfer ended early. `wait`: seconds that the server asked for."""

    def __init__(self, why: str, wait: float = 0.0):
        super().__init__(why)
        self.wait = wait


def fetch_file(
    address: str,
    out: str | os.PathLike,
    *,
    row: str,
    checksum: str | None = None,
    sum_key: str | None = None,
    tries: int = 5,
    pause: float = 5.0,
    timeout: float = 60.0,
) -> None:
    """Fetch the file at `address` to `out`; one that is named as PACKED must be gzip (bgzip and BAM are that too).

    `row` says who asks for it. `checksum`: "md5:..." or "sha256:..." that its bytes must have; `sum_key`: the key of
    the config that it stands in, where it is not the sheet's column. After `tries`
    failures in a row that brought nothing new it is given up; pauses between them double from `pause` seconds.
    A server that says nothing for `timeout` seconds has failed. What is there of an earlier job is gone on with
    if the server can, and if its version or the checksum vouches for both parts.

    Raises InputError naming row and address: not there, given up, a page, no gzip file, another checksum, cut, of a
    length that nothing tells, or fetched by another process.
    """
    final = Path(out)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(f".partial.{final.name}")
    # What stands behind the path may be a key.
    path, query, _ = address.partition("?")
    where = f"{row}: {path}{query and '?…'}"
    with _alone(partial, where) as handle:
        try:
            source = _Source(address, where, partial, checksum, timeout)
            source.packed, source.sum_key = final.name.endswith(PACKED), sum_key
            _fetch(source, handle, tries, pause)
            handle.flush()
            os.fsync(handle.fileno())
            os.replace(partial, final)
            _note(partial).unlink(missing_ok=True)
        finally:
            if partial.exists() and not partial.stat().st_size:
                partial.unlink()
                _note(partial).unlink(missing_ok=True)
    log.info("%s: %d bytes%s", final, final.stat().st_size, "" if checksum else ", no checksum given")


def _fetch(source: "_Source", handle: BufferedRandom, tries: int, pause: float) -> None:
    failures, furthest = 0, source.size(handle)
    while True:
        try:
            source.transfer(handle)
            return
        except Interrupted as error:
            reached = source.size(handle)
            # A connection that breaks every gigabyte is not given up while it brings more than it did.
            failures = 1 if reached >= furthest + CHUNK else failures + 1
            furthest = max(furthest, reached)
            if failures >= tries:
                kept = (
                    f"the {reached:,} bytes that came are kept for the next run"
                    if reached
                    else "nothing came"
                )
                raise InputError(
                    f"{source.where}: given up after {failures} tries, the last: {error}; {kept}"
                ) from None
            wait = min(LONGEST_PAUSE, max(pause * 2 ** (failures - 1), error.wait))
            log.warning("%s: %s; %d bytes so far, again in %g s", source.where, error, reached, wait)
            time.sleep(wait)


class _Source:
    """One file on a server, and what is known of its version."""

    def __init__(self, address: str, where: str, partial: Path, checksum: str | None, timeout: float):
        self.address, self.where, self.partial = address, where, partial
        self.checksum, self.timeout = checksum, timeout
        self.resumed, self.packed = False, True
        self.sum_key: str | None = None

    @staticmethod
    def size(handle: BufferedRandom) -> int:
        return handle.seek(0, os.SEEK_END)

    def transfer(self, handle: BufferedRandom) -> None:
        """Bring what is missing. Raises Interrupted, or InputError for what no other try would mend."""
        headers = {"User-Agent": "epigroup", "Accept-Encoding": "identity"}
        start = self.size(handle)
        version = self._version() if start else None
        if start and version is None and self.checksum is None:
            start = _empty(handle)
        if start:
            headers["Range"] = f"bytes={start}-"
            if version is not None:
                headers["If-Range"] = version
        answer = self._ask(headers, handle, start)
        sure = True
        if answer is not None:
            with answer:
                sure = self._take(answer, handle, start)
        self._check(handle, sure)

    def _ask(self, headers: dict[str, str], handle: BufferedRandom, start: int) -> Answer | None:
        """The server's answer; None when there is nothing left to bring."""
        try:
            if self.address.startswith("ftp://"):
                answer = open_ftp(self.address, start, headers.get("If-Range"), self.timeout)
                self.resumed |= answer.status == 416
                return None if answer.status == 416 else answer
            return urllib.request.urlopen(  # noqa: S310 - the schema lets http and https in alone
                urllib.request.Request(self.address, headers=headers), timeout=self.timeout
            )
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 416 and error.headers.get("Content-Range") == f"bytes */{start}":
                    self.resumed = True
                    return None
                if error.code == 416:
                    _empty(handle)
                    raise Interrupted("the server has no such range; from the start") from None
                if error.code in PASSING:
                    asked = error.headers.get("Retry-After", "")
                    wait = float(asked) if re.fullmatch(r"\d{1,6}", asked) else 0.0
                    raise Interrupted(f"{error.code} {error.reason}", wait) from None
                raise InputError(
                    f"{self.where}: the server answers {error.code} {error.reason}; check accession, format and "
                    "layout (or the address that the sheet gives), and the archive's address in the section downloads"
                ) from None
        except (OSError, http.client.HTTPException) as error:
            raise Interrupted(_words(error)) from None

    def _take(self, answer: Answer, handle: BufferedRandom, start: int) -> bool:
        """Append the answer's body. Whether its length was known, so that its end is no cut."""
        if answer.status == 206:
            found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != start:
                _empty(handle)
                raise Interrupted(f"the server sent another part than was asked for (from byte {start})")
            if _version_of(answer) not in (None, self._version()):
                _empty(handle)
                raise Interrupted("the server has another version by now; from the start")
            self.resumed = True
        elif answer.status == 200:
            start = _empty(handle)
            self.resumed = False
            noted = {"address": self.address, "version": _version_of(answer)}
            _note(self.partial).write_text(json.dumps(noted) + "\n", encoding="utf-8")
        else:
            raise Interrupted(f"the server answers {answer.status} {answer.reason}")
        length = answer.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        here, first = start, start == 0
        progress = Progress(log, self.partial.name, (total or 0) >> 20 or None, "MB")
        while True:
            try:
                chunk = answer.read1(CHUNK)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise Interrupted(_words(error)) from None
            if not chunk:
                break
            if first:
                # Two bytes tell; a first piece of one byte does not occur but with servers that mean ill.
                self._check_start(chunk, answer)
                first = False
            handle.write(chunk)
            progress.advance(((here + len(chunk)) >> 20) - (here >> 20))
            here += len(chunk)
        handle.flush()
        if total is not None and here != total:
            raise Interrupted(f"the connection ended after {here:,} of {total:,} bytes")
        return total is not None or answer.headers.get("Transfer-Encoding", "").lower() == "chunked"

    def _check_start(self, chunk: bytes, answer: Answer) -> None:
        kind = answer.headers.get("Content-Type", "of no stated type").split(";")[0]
        page = b"<html" in chunk[:2000].lower() or kind == "text/html"
        if not chunk.startswith(GZIP[: len(chunk)]) and (self.packed or page):
            what = "an HTML page" if page else kind
            wanted = "gzip" if self.packed else "the file"
            raise InputError(
                f"{self.where}: is {what} and not {wanted}: it begins with {chunk[:40]!r}; look at the address in a "
                "browser, and check the section downloads"
            )

    def _check(self, handle: BufferedRandom, sure: bool) -> None:
        """Hold what has arrived against the checksum; without one, and when only its own end tells whether it
        is whole, unpack it."""
        if self.checksum is not None:
            kind, wanted = self.checksum.split(":")
            handle.seek(0)
            found = hashlib.file_digest(handle, kind).hexdigest()
            if found == wanted:
                return
            fault = f"has {kind} {found}, where {self.sum_key or 'the sheet'} says {wanted}"
            another_may_do = self.resumed or not sure
            _empty(handle)
            self.resumed = False
            if another_may_do:
                raise Interrupted(f"what came {fault}; from the start")
            where = "the address" if self.sum_key else "the accession or address"
            raise InputError(
                f"{self.where}: {fault}; correct {self.sum_key or 'the column checksum'}, or {where}"
            )
        handle.seek(0)
        start = handle.read(len(GZIP))
        if sure and not start:
            raise InputError(f"{self.where}: is empty")
        if not sure and not self.packed:
            _empty(handle)
            place = (
                self.sum_key
                or "the column checksum (of a signal as the last one, of a control in a row of its own)"
            )
            raise InputError(
                f"{self.where}: the server does not say how long it is, so that a cut would not be seen; give its "
                f"checksum in {place}"
            )
        if not sure:
            if start != GZIP:
                _empty(handle)
                raise Interrupted(f"the connection ended after {len(start)} bytes")
            try:
                with open_text(self.partial) as text:
                    while text.read(CHUNK):
                        pass
            except InputError as error:
                _empty(handle)
                raise Interrupted(f"{error}") from None

    def _version(self) -> str | None:
        """What the server called the version that the partial file is of."""
        try:
            noted = json.loads(_note(self.partial).read_text(encoding="utf-8"))
            return noted["version"] if noted["address"] == self.address else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _note(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def _version_of(answer: Answer) -> str | None:
    """What names the version of a file to the byte: its tag, unless that is a weak one, or its date."""
    etag = answer.headers.get("ETag", "W/")
    return answer.headers.get("Last-Modified") if etag.startswith("W/") else etag


def _empty(handle: BufferedRandom) -> int:
    handle.seek(0)
    return handle.truncate(0)


def _words(error: BaseException) -> str:
    """An error of the network in a line."""
    reason = getattr(error, "reason", None) or error
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__


@contextmanager
def _alone(partial: Path, where: str) -> Iterator[BufferedRandom]:
    """The partial file, for this process alone: two would write into each other's."""
    while True:
        with open(os.open(partial, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                    raise InputError(
                        f"{where}: another process is fetching it to {partial}; let it end"
                    ) from None
                log.warning("%s: this file system has no locks (%s)", partial, error.strerror)
            # Not when another process finished between opening and locking.
            if partial.exists() and os.path.samestat(os.fstat(handle.fileno()), partial.stat()):
                yield handle
                return
