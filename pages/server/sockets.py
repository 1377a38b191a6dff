"""The websocket of somebody who signed in: every message is checked, and what was sent to whom is known.

Streamlit reads the identity once, when a socket opens. Here a socket whose sign-in is over can do one thing only: run the
whole script, which draws the sign-in page. A socket that is silent is told so as well, so that nobody goes on reading.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

__all__ = ["EVERY", "SIGN_IN_KEY", "Issued", "Watched", "allowed", "screened"]

EVERY = 10.0  # seconds between looks at a silent socket
SIGN_IN_KEY = "sign_in"  # the one widget that still works for somebody whose sign-in is over
_PLACES = (b"/media/", b"/_stcore/upload_file/")
_HELD = re.compile(rb"/media/[0-9a-f]{32}|/_stcore/upload_file/[0-9a-f-]{36}/[0-9a-f-]{36}")
_PEOPLE, _ADDRESSES = 1_000, 300  # the last ones of each, tens of megabytes at most


def allowed(data: bytes, last: bytes = b"") -> bytes:
    """What of a browser's message counts without a sign-in: a run of the whole script, and the sign-in button.

    ``last`` is an earlier message, which knows the page; it serves where ``data`` is not a request to run.
    """
    message = next((one for one in map(_read, (data, last)) if one.WhichOneof("type") == "rerun_script"), BackMsg())
    kept = [one for one in message.rerun_script.widget_states.widgets if one.id.endswith(f"-{SIGN_IN_KEY}")]
    del message.rerun_script.widget_states.widgets[:]
    message.rerun_script.widget_states.widgets.extend(kept)
    message.rerun_script.fragment_id = ""
    message.rerun_script.is_auto_rerun = False
    return bytes(message.SerializeToString())


def _read(data: bytes) -> BackMsg:
    """A browser's message; an empty one where it is none."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return BackMsg()
    return message


def screened(receive: Receive) -> Receive:
    """A ``receive`` for somebody who never was in."""

    async def screen() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive":
            return {"type": "websocket.receive", "bytes": allowed(message.get("bytes") or b"")}
        return message

    return screen


class Issued:
    """Addresses of files and uploads by the sign-in they were sent to. Others can't use them, though they be signed in."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, OrderedDict[bytes, None]] = OrderedDict()

    def note(self, key: str, frame: bytes) -> None:
        """Remember the addresses in a frame that goes to somebody."""
        if not any(place in frame for place in _PLACES):
            return
        mine = self._by_key.setdefault(key, OrderedDict())
        self._by_key.move_to_end(key)
        for address in _HELD.findall(frame):
            mine[address] = None
            mine.move_to_end(address)
        while len(mine) > _ADDRESSES:
            mine.popitem(last=False)
        while len(self._by_key) > _PEOPLE:
            self._by_key.popitem(last=False)

    def to(self, key: str, path: str) -> bool:
        """Whether the address was sent to this sign-in."""
        found = _HELD.match(path.encode("latin-1", "replace"))
        return found is not None and found[0] in self._by_key.get(key, ())

    def sending(self, key: str, send: Send) -> Send:
        """A ``send`` that remembers."""

        async def noted(message: Message) -> None:
            if message["type"] == "websocket.send" and message.get("bytes"):
                self.note(key, message["bytes"])
            await send(message)

        return noted


class Watched:
    """A ``receive`` that asks before each message, and from time to time without one, whether the sign-in still holds."""

    def __init__(self, receive: Receive, live: Callable[[], Awaitable[bool]]) -> None:
        self._receive = receive
        self._live = live
        self._pending: asyncio.Future[Message] | None = None
        self._told = False
        self._last = b""

    async def __call__(self) -> Message:
        """The next message, or a rerun of our own once the sign-in is over."""
        while True:
            if self._pending is None:
                self._pending = asyncio.ensure_future(self._receive())
            await asyncio.wait({self._pending}, timeout=EVERY)
            live = await self._live()
            if self._pending.done():
                message, self._pending = self._pending.result(), None
                if message["type"] == "websocket.receive":
                    data = message.get("bytes") or b""
                    if not live:
                        return {"type": "websocket.receive", "bytes": allowed(data, self._last)}
                    self._last = data
                return message
            if live or self._told:
                self._told = not live
            else:
                self._told = True
                return {"type": "websocket.receive", "bytes": allowed(self._last)}

    def close(self) -> None:
        """Let go of a message that is still awaited."""
        if self._pending is not None:
            self._pending.cancel()
