"""Serves a status page: finds a page, reads its rows, and writes it with headers that bound a browser."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple, cast

import psycopg
import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kalshi_data.errors import KalshiDataError
from kalshi_data.service.health import HealthReport
from kalshi_data.service.listener import CAUTIOUS, TEXT, HttpAnswer, HttpRequest
from kalshi_data.status_page.parameters import BadParameter, Parameters
from kalshi_data.status_page.sessions import PageReader, ReadSessions, SessionsBusy, describe
from kalshi_data.status_page.shown import FILTERS, FUNCTIONS
from kalshi_data.version import read_release

log = structlog.get_logger()

OWN = Path(__file__).parent
STATIC = {"style.css": "text/css; charset=utf-8", "refresh.js": "text/javascript", "icon.svg": "image/svg+xml"}
# What a browser may load and do on a page: this server's style, script and pictures, and forms that come back here.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    **CAUTIOUS,
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
HTML = "text/html; charset=utf-8"
BUSY_SECONDS = 2
ELSEWHERE = "the status page is for this host alone: forward the port to your machine, and open http://127.0.0.1:PORT/"

PageContext = dict[str, Any]


class PageView(NamedTuple):
    """A page: its path, its title, the template, and what reads its rows; `refresh_seconds` 0 if it does not change.

    `menu` is its name in the menu, or that of the page that leads to it.
    """

    path: str
    title: str
    template: str
    read: Callable[[PageReader, Parameters], PageContext]
    refresh_seconds: int = 0
    menu: str = ""


class PageMissing(KalshiDataError):
    """What a page is about does not exist; the message says what."""


class StatusPage:
    """The pages of one program; it answers clients on this host only."""

    def __init__(
        self,
        name: str,
        views: Sequence[PageView],
        templates: Path,
        conninfo: str,
        evaluate: Callable[[], HealthReport],
    ) -> None:
        """Prepare the pages of the program `name`, which read one database; `evaluate` returns its health."""
        self._name = name
        self._evaluate = evaluate
        self._views = {view.path: view for view in views}
        self._menu = [(view.path, view.title) for view in views if not view.menu]
        self._sessions = ReadSessions(conninfo, f"{name} status page")
        loader = FileSystemLoader([templates, OWN / "templates"])
        # Everything that is not a template's own text is escaped.
        self._environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters.update(FILTERS)
        cast("dict[str, Any]", self._environment.globals).update(FUNCTIONS)
        self._static = {
            f"/static/{file}": HttpAnswer(HTTPStatus.OK, kind, (OWN / "static" / file).read_bytes(), HEADERS)
            for file, kind in STATIC.items()
        }

    def close(self) -> None:
        """Close the sessions."""
        self._sessions.close()

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request for a page; an error is a page, too."""
        if not is_local(request):
            return HttpAnswer(HTTPStatus.FORBIDDEN, TEXT, f"{ELSEWHERE}\n".encode(), HEADERS)
        if file := self._static.get(request.path):
            return file
        try:
            return self._page(request)
        except Exception as error:
            log.exception("page failed", path=request.path)
            return self._problem(
                HTTPStatus.INTERNAL_SERVER_ERROR, "This page failed", f"{type(error).__name__}: {error}"
            )

    def _page(self, request: HttpRequest) -> HttpAnswer:
        view = self._views.get(request.path)
        if view is None:
            return self._problem(HTTPStatus.NOT_FOUND, "No such page", "The menu lists the pages that there are.")
        try:
            parameters = Parameters(request.target)
            with self._sessions.read() as reader:
                context = view.read(reader, parameters)
        except BadParameter as error:
            return self._problem(HTTPStatus.BAD_REQUEST, "This address cannot be used", str(error), view)
        except PageMissing as error:
            return self._problem(HTTPStatus.NOT_FOUND, "Not found", str(error), view)
        except SessionsBusy as error:
            return self._problem(HTTPStatus.SERVICE_UNAVAILABLE, "Busy", str(error), view)
        except psycopg.Error as error:
            title = "The database does not answer"
            return self._problem(HTTPStatus.SERVICE_UNAVAILABLE, title, describe(error), view)
        return self._render(HTTPStatus.OK, view.template, view, context)

    def _problem(self, status: HTTPStatus, title: str, text: str, view: PageView | None = None) -> HttpAnswer:
        context = {"problem_title": title, "problem": text}
        answer = self._render(status, "problem.html", view, context)
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            return answer._replace(headers={**answer.headers, "Retry-After": str(BUSY_SECONDS)})
        return answer

    def _render(
        self, status: HTTPStatus, template: str, view: PageView | None, context: Mapping[str, Any]
    ) -> HttpAnswer:
        """Write a page; the program's health is on each."""
        frame = {
            "program": self._name,
            "version": read_release().version,
            "menu": self._menu,
            "current": (view.menu or view.path) if view else "",
            "title": view.title if view else context.get("problem_title", ""),
            "refresh_seconds": view.refresh_seconds if view else 0,
            "health": self._evaluate(),
            "now": datetime.now(UTC),
        }
        text = self._environment.get_template(template).render(frame | dict(context))
        return HttpAnswer(status, HTML, text.encode(errors="backslashreplace"), HEADERS)


def is_local(request: HttpRequest) -> bool:
    """Return whether a request comes from this host, and names it so.

    A page of the web may let a browser resolve the page's own name to 127.0.0.1; the Host header shows that.
    """
    host = request.host.rpartition(":")[0] if request.host.count(":") == 1 or "]:" in request.host else request.host
    try:
        return ip_address(request.client).is_loopback and (
            host == "localhost" or ip_address(host.strip("[]")).is_loopback
        )
    except ValueError:
        return False
