"""The audit's local page: a tiny HTTP server of the standard library, on this machine's own address only."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from converseg_engine.vlm.job import Job, Planned
from converseg_engine.vlm.photos import PhotoError, read_photo
from converseg_engine.vlm.pictures import as_picture, draw_region, fit
from converseg_engine.vlm.reviewing.verdicts import (
    VERDICTS,
    Verdict,
    add_verdict,
    read_verdicts,
    verdicts_path,
)
from converseg_engine.vlm.rows import PromptRow

_MAX_BODY = 10_000
_MAX_SIDE = 1400


@dataclass(frozen=True)
class Auditing:
    """What is judged, by whom.

    Attributes:
        job: the run.
        planned: its photos.
        rows: those to judge, in the order of showing.
        judge: name of who judges.
        token: known to the page alone; a verdict without it is refused.
    """

    job: Job
    planned: Sequence[Planned]
    rows: Sequence[PromptRow]
    judge: str
    token: str

    def items(self) -> list[dict[str, Any]]:
        """What the page shows of each row: nothing that would tell the verifier's verdict."""
        said = read_verdicts(verdicts_path(self.job.out))
        return [
            {
                "id": row.id,
                "prompt": row.prompt,
                "concept": row.concept,
                "no_target": row.no_target,
                "verdict": said[row.id].verdict if row.id in said else "",
            }
            for row in self.rows
        ]


class AuditServer(ThreadingHTTPServer):
    """Serves one audit; ``server_address`` says where."""

    daemon_threads = True

    def __init__(self, auditing: Auditing, port: int) -> None:
        self.auditing = auditing
        self.write_lock = Lock()
        self._rows = {row.id: row for row in auditing.rows}
        self._photos = {one.photo.id: one.photo for one in auditing.planned}
        self.picture = lru_cache(maxsize=64)(self._picture)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def row(self, row_id: str) -> PromptRow | None:
        """A row of the sample."""
        return self._rows.get(row_id)

    def _picture(self, row_id: str, marked: bool) -> bytes:
        row = self._rows[row_id]
        shown = fit(read_photo(self.auditing.job.photos, self._photos[row.photo]), _MAX_SIDE)
        return as_picture(draw_region(shown, row.mask().decode()) if marked else shown).jpeg


class _Handler(BaseHTTPRequestHandler):
    """GET / (the page), /rows, /picture/ID/plain, /picture/ID/marked; POST /verdict."""

    server: AuditServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a GET."""
        if not self._is_local():
            return
        path = urlsplit(self.path).path
        if path == "/":
            page = (resources.files(__package__) / "page.html").read_text("utf-8")
            token = json.dumps(self.server.auditing.token)
            self._send(page.replace('"@TOKEN@"', token).encode(), "text/html; charset=utf-8")
        elif path == "/rows":
            self._send(json.dumps(self.server.auditing.items()).encode(), "application/json")
        elif path.startswith("/picture/"):
            self._send_picture(path.split("/")[2:])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "no such page")

    def do_POST(self) -> None:
        """Store a verdict."""
        if not self._is_local():
            return
        length = int(self.headers.get("Content-Length") or 0)
        if urlsplit(self.path).path != "/verdict" or not 0 < length <= _MAX_BODY:
            self._refuse(HTTPStatus.NOT_FOUND, "only verdicts are taken here")
            return
        body = self.rfile.read(length)
        if self.headers.get("X-Token") != self.server.auditing.token:
            self._refuse(HTTPStatus.FORBIDDEN, "this page is of an earlier audit; load it again")
            return
        try:
            fields = json.loads(body)
            verdict = Verdict(str(fields["id"]), str(fields["verdict"]), self.server.auditing.judge)
        except (ValueError, KeyError, TypeError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, f"no verdict: {error}")
            return
        if self.server.row(verdict.id) is None:
            self._refuse(HTTPStatus.BAD_REQUEST, "id: no such row in this sample")
            return
        try:
            with self.server.write_lock:
                add_verdict(verdicts_path(self.server.auditing.job.out), verdict)
        except OSError as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error.strerror}: {error.filename}")
            return
        self._send(b"{}", "application/json")

    def _send_picture(self, parts: list[str]) -> None:
        if len(parts) != 2 or parts[1] not in ("plain", "marked") or self.server.row(parts[0]) is None:
            self._refuse(HTTPStatus.NOT_FOUND, "no such picture")
            return
        try:
            self._send(self.server.picture(parts[0], parts[1] == "marked"), "image/jpeg")
        except PhotoError as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))

    def _is_local(self) -> bool:
        """A page of another site may make a browser call this address under another name; not here."""
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host in ("127.0.0.1", "localhost"):
            return True
        self._refuse(HTTPStatus.FORBIDDEN, "open the page at 127.0.0.1")
        return False

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        content = json.dumps({"error": why}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def new_server(
    job: Job, planned: Sequence[Planned], rows: Sequence[PromptRow], *, judge: str = "", port: int = 0
) -> AuditServer:
    """A server that is bound to a port and not yet started.

    Raises:
        ValueError: the port is taken.
    """
    auditing = Auditing(job, planned, rows, judge, secrets.token_urlsafe(16))
    try:
        return AuditServer(auditing, port)
    except OSError as error:
        raise ValueError(f"port: {port} cannot be used ({error.strerror}); give another, or 0") from error


def serve(job: Job, planned: Sequence[Planned], rows: Sequence[PromptRow], *, judge: str, port: int) -> None:
    """Serve until Ctrl-C."""
    assert VERDICTS == ("good", "bad", "unsure"), "the page's keys name these"
    with new_server(job, planned, rows, judge=judge, port=port) as server:
        print(f"{len(rows)} rows to judge at {server.url} (Ctrl-C ends)", file=sys.stderr)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"verdicts are in {verdicts_path(job.out)}", file=sys.stderr)
