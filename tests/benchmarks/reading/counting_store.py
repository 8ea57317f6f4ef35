"""A store that speaks as much S3 as readers need, over a folder, and counts what it sends.

Run as a program with a folder, it prints its address and serves until its standard input ends. `GET /-/counts` returns
the requests and bytes since the last such request, as JSON.
"""

import json
import re
import sys
import threading
from collections import Counter
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

COUNTS = "/-/counts"
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
LISTED = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-28T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
    "<Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
LIST = (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>{bucket}</Name><Prefix>{prefix}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>1000</MaxKeys>"
    "<IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
)


class CountingStore(ThreadingHTTPServer):
    """Serves the files of a folder, whose subfolders are buckets; no request is signed or refused."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path) -> None:
        """Listen at a free port of this machine."""
        super().__init__(("127.0.0.1", 0), StoreAnswer)
        self.folder = folder
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, kind: str, sent: int = 0) -> None:
        """Count a request and the bytes of its answer."""
        with self._lock:
            self._counts.update({kind: 1, "bytes": sent})

    def take_counts(self) -> dict[str, int]:
        """Return the counts, and begin again."""
        with self._lock:
            counts = dict(self._counts)
            self._counts.clear()
        return counts


class StoreAnswer(BaseHTTPRequestHandler):
    """Answers the requests of one client."""

    protocol_version = "HTTP/1.1"
    # Headers and body would otherwise wait for each other.
    wbufsize = -1
    server: CountingStore  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log nothing."""

    def do_HEAD(self) -> None:
        """Return the size of an object."""
        path = self._path()
        self.server.count("head")
        self._answer(200 if path.is_file() else 404, length=path.stat().st_size if path.is_file() else 0)

    def do_GET(self) -> None:
        """Return an object, the range of it that is asked for, or a list."""
        parts = urlsplit(self.path)
        if parts.path == COUNTS:
            self._answer(200, json.dumps(self.server.take_counts()).encode())
        elif "list-type" in parse_qs(parts.query, keep_blank_values=True):
            self._list(parts.path.strip("/"), parse_qs(parts.query).get("prefix", [""])[0])
        elif (path := self._path()).is_file():
            self._send(path)
        else:
            self.server.count("get")
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _path(self) -> Path:
        return self.server.folder / unquote(urlsplit(self.path).path).lstrip("/")

    def _send(self, path: Path) -> None:
        size = path.stat().st_size
        first, last, ranged = 0, size - 1, ""
        if asked := RANGE.match(self.headers.get("Range", "")):
            first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
            last = min(last, int(asked[2])) if asked[1] and asked[2] else last
            ranged = f"bytes {first}-{last}/{size}"
        with path.open("rb") as file:
            file.seek(first)
            body = file.read(last - first + 1)
        self.server.count("get", len(body))
        self._answer(206 if ranged else 200, body, ranged=ranged)

    def _list(self, bucket: str, prefix: str) -> None:
        """Return all keys below a prefix: few enough for one answer, and no client asks for folders only."""
        self.server.count("list")
        root = self.server.folder / bucket
        found = {path.relative_to(root).as_posix(): path.stat().st_size for path in root.rglob("*") if path.is_file()}
        entries = [LISTED.format(key=escape(key), size=found[key]) for key in sorted(found) if key.startswith(prefix)]
        text = LIST.format(bucket=escape(bucket), prefix=escape(prefix), count=len(entries), entries="".join(entries))
        self._answer(200, text.encode())

    def _answer(self, status: int, body: bytes = b"", length: int | None = None, ranged: str = "") -> None:
        self.send_response(status)
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", formatdate(0, usegmt=True))
        if ranged:
            self.send_header("Content-Range", ranged)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    store = CountingStore(Path(sys.argv[1]))
    threading.Thread(target=store.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{store.server_port}", flush=True)  # noqa: T201
    sys.stdin.read()
