"""An FTP server on this machine that serves files by path and remembers what it was asked for."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field


@dataclass
class FtpFiles:
    """Files by path; `cuts`: bytes after which a transfer is broken off, each once; `begins`: whether REST is known,
    `tells`: whether SIZE and MDTM are; `date` is that of all files; asked: (path, first byte) of each transfer."""

    files: dict[str, bytes]
    cuts: list[int] = field(default_factory=list)
    begins: bool = True
    tells: bool = True
    date: str = "20200102030405"
    asked: list[tuple[str, int]] = field(default_factory=list)
    address: str = ""


def handler_of(files: FtpFiles) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.say("220 ready")
            self.start = 0
            with ExitStack() as self.opened:
                for line in self.rfile:
                    word, _, rest = line.decode().strip().partition(" ")
                    self.answer(word, rest)

        def answer(self, word: str, rest: str) -> None:
            if word in ("USER", "TYPE"):
                self.say("230 in" if word == "USER" else "200 yes")
            elif word in ("SIZE", "MDTM") and files.tells and rest in files.files:
                self.say(f"213 {len(files.files[rest]) if word == 'SIZE' else files.date}")
            elif word == "PASV":
                self.listening = self.opened.enter_context(socket.create_server(("127.0.0.1", 0)))
                port = self.listening.getsockname()[1]
                self.say(f"227 passive (127,0,0,1,{port >> 8},{port & 255})")
            elif word == "REST" and files.begins:
                self.start = int(rest)
                self.say("350 from there")
            elif word == "RETR":
                self.send(rest)
            else:
                self.say("550 no" if rest in files.files or word in ("SIZE", "MDTM") else "502 not known")

        def send(self, path: str) -> None:
            start, self.start = self.start, 0
            files.asked.append((path, start))
            if path not in files.files:
                self.say("550 no such file")
                return
            self.say("150 here it is")
            data, _ = self.listening.accept()
            body = files.files[path][start:]
            cut = files.cuts.pop(0) if files.cuts else None
            data.sendall(body[:cut])
            data.close()
            self.say("226 done" if cut is None else "426 broken off")

    return Handler


@contextmanager
def serving_ftp(files: FtpFiles) -> Iterator[FtpFiles]:
    """The files on a port of this machine; `address` says where."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler_of(files)) as server:
        files.address = f"ftp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield files
        finally:
            server.shutdown()
            thread.join()
