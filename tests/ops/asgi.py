"""Requests to an ASGI app of this process."""

import asyncio

import httpx


def asked(app, path, *, method="GET", client=("127.0.0.1", 1), host="127.0.0.1:8501", headers=None):
    """The answer to one HTTP request, from a client at an address."""

    async def ask():
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
            return await http.request(method, path, headers=headers)

    return asyncio.run(ask())


def connected(app, path, query=b""):
    """Open a WebSocket and let the app close it; returns what the app sent."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": query, "headers": [], "root_path": "",
        "scheme": "ws", "server": ("127.0.0.1", 8501), "client": ("127.0.0.1", 1), "subprotocols": [],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent
