"""Short addresses: ``/s/{link}`` leads to the page a link was made of, with the rights of whoever opens it."""

from functools import partial
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from nrr_core.errors import AccessError
from nrr_core.store import Actor, Link
from pages.ui import backend

__all__ = ["address", "routes"]

_OURS = ("d", "v", "link")  # parameters that name what is shown; a link's own parameters never overwrite them


def address(link: Link) -> str:
    """Where a link leads: its page, its dataset and version, itself, and its filters."""
    shown = [("d", link.dataset_id)] if link.dataset_id else []
    if link.version is not None:
        shown.append(("v", str(link.version)))
    shown.append(("link", link.id))
    shown += [(name, value) for name, values in link.parameters.items() if name not in _OURS for value in values]
    page = "" if link.page == "overview" else link.page
    return f"/{page}?{urlencode(shown)}"


def _opened(actor: Actor | None, link_id: str) -> str:
    """The address for this reader; the page says why where there is none."""
    store = backend.store()
    if actor is None:
        actor = store.people.local
    try:
        link = store.links.resolve(actor, link_id)
    except AccessError:
        return f"/?{urlencode({'link': link_id[:64]})}"
    store.links.opened(actor, link)
    return address(link)


async def _follow(request: Request) -> Response:
    """Resolve and redirect. The gate has put the reader in ``state`` wherever people sign in."""
    actor = request.scope["state"]["actor"] if backend.settings().sign_in else None
    target = await to_thread.run_sync(partial(_opened, actor, request.path_params["link_id"]))
    return RedirectResponse(target, 302)


routes = [Route("/s/{link_id}", _follow, methods=["GET"])]
