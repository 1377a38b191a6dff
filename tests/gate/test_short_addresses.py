"""Short addresses: where a link leads, and for whom."""

import deployment
import pytest
from front import came_in, gated
from starlette.applications import Starlette

from nrr_core.store import Link, session_key
from nrr_core.store.catalogue import now
from pages.server import share
from pages.server.cookies import Cookies


@pytest.mark.parametrize(
    ("page", "dataset_id", "version", "parameters", "expected"),
    [
        ("waterfall", "D1", 3, {"window": ["3 months"]}, "/waterfall?d=D1&v=3&link=L1&window=3+months"),
        ("overview", "D1", None, {"f_region": ["A&B", "C"]}, "/?d=D1&link=L1&f_region=A%26B&f_region=C"),
        ("segments", None, None, {}, "/segments?link=L1"),
        ("segments", None, None, {"d": ["D2"], "v": ["1"], "link": ["L2"]}, "/segments?link=L1"),
    ],
)
def test_a_link_leads_to_its_page(page, dataset_id, version, parameters, expected):
    link = Link("L1", "W1", dataset_id, version, page, parameters, {}, "", "U1", now(), None, None)
    assert share.address(link) == expected


def test_a_link_opens_with_the_rights_of_its_reader(store, tmp_path, monkeypatch):
    monkeypatch.setattr(share.backend, "_held", [store])
    behind = Starlette(routes=share.routes)
    olga, eve = (gated(store, behind=behind) for _ in range(2))
    came_in(store, olga, "olga")
    came_in(store, eve, "eve")
    owner = store.people.of_session(session_key(Cookies(store.settings).claims(olga.cookies)))
    place = owner.memberships[0].workspace_id
    held = deployment.publish(store, owner, place, tmp_path / "book", name="Book", amount=50)
    link = store.links.create(owner, place, page="waterfall", parameters={}, dataset_id=held.dataset_id, version=None, title="", days=None)
    assert olga.get(f"/s/{link.id}").headers["location"] == f"/waterfall?d={held.dataset_id}&link={link.id}"
    assert eve.get(f"/s/{link.id}").headers["location"] == f"/?link={link.id}"
    assert olga.get("/s/unknown").headers["location"] == "/?link=unknown"
    assert gated(store, behind=behind).get(f"/s/{link.id}").headers["location"] == "/?signin=link"
    log = store.audit.read(owner, place)
    assert list(log[log["action"] == "open-link"]["actor"]) == ["olga@acme.com"]
