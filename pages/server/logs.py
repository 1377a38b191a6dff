"""The log: one line an event, as text or JSON, with nothing in it that is a person's or a customer's data.

Every record is made harmless where it is made, whatever handler shows it later. Our own messages hold no data. Others'
messages are shown without what was put into them, errors without their texts: both may quote a file, an address or a token.
"""

import linecache
import logging
import re
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nrr_core.errors import SettingsError
from nrr_core.settings import Settings
from pages.server.requests import REQUEST, address_of, id_of, path_of
from pages.ui import meter

__all__ = ["RequestLog", "configure", "harmless"]

_FIELDS: Final = ("asctime", "levelname", "name", "message", "request")
_RENAMED: Final = {"asctime": "time", "levelname": "level", "name": "logger"}
_SHOWN: Final = {"time", "level", "logger", "message", "request", "exc_info"}
_TEXT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s [%(request)s]"
_QUIET: Final = ("/healthz", "/readyz", "/metrics", "/_stcore/health")
_OURS: Final = "nrr"
_LEVELS: Final = {"streamlit.runtime.scriptrunner_utils.script_run_context": logging.ERROR}  # it complains about warming up
_WITHHELD: Final = "(message withheld)"
_WORD: Final = 12  # a constant text of a message is longer than any word that may be data
_PLACE: Final = re.compile(r'File "([^"\n]+)", line (\d+)')  # in the text of an error that another process has reported
_CODE: Final = (Path(__file__).resolve().parents[2], Path(sys.prefix), Path(sys.base_prefix))
_log = logging.getLogger("nrr.server")
_plain_record = logging.LogRecord


def configure(settings: Settings) -> None:
    """Send every logger's records, made harmless, to standard error in the chosen form. May be called again."""
    handler = logging.StreamHandler()
    formatter: logging.Formatter = logging.Formatter(_TEXT)
    if settings.log_format == "json":
        formatter = _Json(list(_FIELDS), rename_fields=_RENAMED)
    formatter.converter = time.gmtime
    formatter.default_time_format, formatter.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler, _Count(logging.ERROR)]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(settings.log_level.upper())
    logging.setLogRecordFactory(_record)
    logging.captureWarnings(capture=True)
    sys.excepthook = _fell
    sys.unraisablehook = lambda seen: _fell(seen.exc_type, seen.exc_value, seen.exc_traceback)
    threading.excepthook = lambda seen: _fell(seen.exc_type, seen.exc_value, seen.exc_traceback)
    for name in {*logging.root.manager.loggerDict, *_LEVELS}:
        if not _ours(name):
            _tame(name)


def _ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == _OURS


def _tame(name: str) -> None:
    """Take a logger's own handlers and level away, so that the root's have the only say."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(_LEVELS.get(name, logging.NOTSET))


def _record(
    name: str, level: int, place: str, line: int, message: object, args: Any, error: Any, *more: Any, **named: Any
) -> logging.LogRecord:
    """Make a record that may be shown: every logger of the process comes through here."""
    if not _ours(name):
        _tame(name)
        message, args = _template(message, args, place), ()
    made = _plain_record(name, level, place, line, message, args, None, *more, **named)
    made.stack_info = None
    made.request = REQUEST.get() or "-"
    if error and isinstance(error, tuple) and error[1] is not None:
        made.exc_text = harmless(error[1])
    return made


def _template(message: object, args: Any, place: str) -> str:
    """The constant part of a foreign message: the text before anything is put into it, and only if the source holds it."""
    first = str(message).split("\n", maxsplit=1)[0][:300] if isinstance(message, str) else ""
    known = bool(args) or (len(first) > _WORD and any(first in line for line in linecache.getlines(place)))
    return first if known else _WITHHELD


def harmless(error: BaseException) -> str:
    """An error for the log: kinds and places in the code, the last one last. Texts about settings are shown, they are no data."""
    parts: list[str] = []
    seen: set[int] = set()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        lines = [f"  {one.filename}:{one.lineno} in {one.name}" for one in traceback.extract_tb(now.__traceback__)]
        lines += [f"  {path}:{line} in another process" for path, line in _PLACE.findall(str(now)) if _is_code(Path(path))]
        said = f": {now}" if isinstance(now, SettingsError) else ""
        parts.append("\n".join([*lines, f"{type(now).__module__}.{type(now).__qualname__}{said}"]))
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    return "\ncaused:\n".join(reversed(parts))


def _is_code(path: Path) -> bool:
    return any(path.is_relative_to(place) for place in _CODE) and path.suffix == ".py" and path.is_file()


def _fell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """An error that nobody caught."""
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        _log.critical("an error that nobody caught", exc_info=(kind, error or kind(), trace))


class _Json(JsonFormatter):
    """One JSON object a line, with our fields and no others."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Leave out what a foreign logger adds."""
        super().add_fields(log_data, record, message_dict)
        for name in set(log_data) - _SHOWN:
            del log_data[name]


class _Count(logging.Handler):
    """Counts errors for the metrics."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        meter.errors("app" if record.name == "nrr.app" else "server")


class RequestLog:
    """Gives every request an id, answers with it, and writes one line when it is over: never a query, a cookie or a body."""

    def __init__(self, app: ASGIApp, *, trusted_proxy: bool = False) -> None:
        self.app = app
        self.trusted_proxy = trusted_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it went."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        number, started, status = id_of(headers, trusted_proxy=self.trusted_proxy), time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", number.encode())]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        token = REQUEST.set(number)
        try:
            await self.app(scope, receive, noted)
        finally:
            client = address_of((scope.get("client") or ("", 0))[0], headers, trusted_proxy=self.trusted_proxy)
            path, took = path_of(scope["path"]), (time.perf_counter() - started) * 1000
            level = logging.DEBUG if path in _QUIET or path.startswith("/static") else logging.INFO
            _log.log(level, "%s %s %d %.0f ms from %s", scope.get("method", "WEBSOCKET"), path, status, took, client)
            REQUEST.reset(token)
