"""Sign-in in a browser, against a provider on this machine: who comes in, who does not, and how it ends."""

import json
import re
import time
from datetime import timedelta

import deployment
import pytest
from axe_playwright_python.sync_playwright import Axe
from guest import NOTHING_RUNS
from playwright.sync_api import expect

from nrr_core.errors import AccessError
from nrr_core.store.catalogue import now
from pages.server.cookies import RETURN

pytestmark = pytest.mark.browser


def more(*cases):
    """The same check on other cases: left out of the quick form."""
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow) for case in cases]


FILE = f"/media/{'a1' * 16}.csv"  # nobody has it


def held_by(guest):
    """Cookies by name."""
    return {one["name"]: one for one in guest.cookies()}


# --- coming in --------------------------------------------------------------------------------------------------------


def test_an_owner_by_the_settings_comes_in(house, provider, guest):
    provider.knows("olga", name="Olga *Owner*")
    olga = guest().sign_in("olga").inside()
    expect(olga.page.get_by_test_id("stSidebar")).to_contain_text("Olga *Owner*")
    made = held_by(olga)["_streamlit_user"]
    assert made["httpOnly"]
    assert made["sameSite"] == "Lax"
    assert made["expires"] - time.time() <= 12 * 3600
    assert RETURN not in held_by(olga)


@pytest.mark.parametrize("address", ["/waterfall?window=3+months&f_region=EMEA", *more("/cohorts")])
def test_the_address_one_came_for_is_where_one_lands(provider, guest, address):
    provider.knows("ada", groups=["cs"])
    ada = guest().sign_in("ada", address).inside()
    ada.page.wait_for_url(re.compile(re.escape(address.split("?")[0])))
    assert "window=3+months" in ada.address or "?" not in address


REFUSED = {
    "mallory": ({"email": "mallory@evil.example"}, "evil.example may not sign in"),
    "una": ({"email_verified": False}, "not verified"),
    "noel": ({"email": None, "email_verified": None}, "no e-mail address"),
}


@pytest.mark.parametrize("name", ["mallory", *more("una", "noel")])
def test_somebody_the_rules_refuse_stays_out_and_reads_why(provider, guest, plain, name):
    claims, words = REFUSED[name]
    provider.knows(name, **claims)
    refused = guest().sign_in(name).outside(words)
    assert refused.identity() == []
    assert refused.open("/data").outside().identity() == []
    control = guest(plain).come(name)  # Streamlit alone lets anybody in whom the provider knows
    expect(control.page.get_by_role("heading", name="Inside")).to_be_visible()


def test_somebody_who_was_disabled_cannot_come_back(house, provider, guest):
    provider.knows("dora", groups=["cs"])
    guest().come("dora").inside()
    house.store.people.set_disabled(house.owner(), "dora@acme.com", disabled=True)
    guest().sign_in("dora").outside("switched off by an owner")
    house.store.people.set_disabled(house.owner(), "dora@acme.com", disabled=False)
    guest().come("dora").inside()


def test_somebody_in_no_workspace_is_told_whom_to_ask(provider, guest):
    provider.knows("nina")
    nina = guest().sign_in("nina")
    expect(nina.page.get_by_role("heading", name="No workspace yet")).to_be_visible()
    expect(nina.page.get_by_text("Ask olga@acme.com")).to_be_visible()
    expect(nina.page.get_by_test_id("stSidebarNav")).to_have_count(0)


def test_groups_give_roles_and_take_them_at_the_next_sign_in(house, provider, guest):
    provider.knows("gus", groups=["cs"])
    guest().come("gus").inside()
    roles = [[m.role for m in house.store.people.of_session(house.sessions("gus")[0]).memberships]]
    provider.knows("gus", groups=["board"])
    guest().come("gus").inside()
    roles.append([m.role for m in house.store.people.of_session(house.sessions("gus")[0]).memberships])
    provider.knows("gus", groups=[])
    expect(guest().come("gus").page.get_by_role("heading", name="No workspace yet")).to_be_visible()
    assert roles == [["editor"], ["viewer"]]


# --- what goes wrong on the way ---------------------------------------------------------------------------------------


def test_somebody_who_cancels_reads_so_and_can_try_again(provider, guest):
    provider.knows("ada", groups=["cs"])
    ada = guest().sign_in("ada", "/segments", deny=True).outside("cancelled")
    ada.go_to_provider().answer("ada").inside()
    assert ada.address == "/segments"


@pytest.mark.parametrize("mood", ["nonce", *more("unreachable")])
def test_an_identity_that_cannot_be_checked_is_none(provider, guest, mood):
    provider.knows("ada", groups=["cs"])
    with provider.being(mood):
        ada = guest().sign_in("ada").outside("not completed")
    assert ada.identity() == []
    guest().come("ada").inside()  # the same, with a provider that is well


def test_a_provider_that_is_down_is_told(provider, guest):
    ada = guest().open().outside()
    with provider.being("down"):
        ada.page.get_by_role("button", name="Sign in", exact=True).click()
        ada.page.wait_for_url(re.compile("denied=1"))
        ada.outside("does not answer")
    assert ada.identity() == []


def test_a_callback_works_once_and_only_in_the_browser_it_belongs_to(provider, guest):
    provider.knows("ada", groups=["cs"])
    ada, seen = guest(), []
    ada.page.on("request", lambda request: seen.append(request.url) if "/oauth2callback?" in request.url else None)
    ada.sign_in("ada").inside()
    other = guest()
    other.page.goto(seen[0])  # somebody else's callback: the state is not in this browser
    other.outside("not completed")
    again = guest().give([one for one in ada.cookies() if not one["name"].startswith("_streamlit_user")])
    again.page.goto(seen[0])
    again.outside("not completed")
    forged = guest().open("/oauth2callback?code=1&state=forged")
    forged.outside("not completed")
    assert other.identity() == again.identity() == forged.identity() == []
    ada.open("/definitions").inside()


@pytest.mark.parametrize("value", ["Ly9ldmlsLmV4YW1wbGU=", *more("L1xldmlsLmV4YW1wbGU=")])
def test_a_changed_return_cookie_leads_nowhere_else(house, provider, guest, value):
    provider.knows("ada", groups=["cs"])
    ada = guest().open().outside().go_to_provider()
    ada.give([{"name": RETURN, "value": value}])
    ada.answer("ada").inside()
    assert ada.page.url.startswith(f"{house.url}/")
    assert ada.address == "/"


# --- cookies of others ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tampered", *more("another secret", "never came in")])
def test_a_made_up_cookie_opens_nothing(house, guest, kind):
    told = json.dumps(deployment.claims("olga", url=house.url))
    value = {
        "tampered": deployment.signed(told)[:-3] + "abc",
        "another secret": deployment.signed(told, key=deployment.OTHER),
        "never came in": deployment.signed(told),
    }[kind]
    thief = guest().give([{"name": "_streamlit_user", "value": value}])
    thief.open("/waterfall").outside()
    assert thief.fetch(FILE).status == 401


def test_a_sign_out_ends_every_copy_of_the_cookie(provider, guest, plain):
    provider.knows("ada", groups=["cs"])
    ada = guest().come("ada", "/waterfall").inside()
    copy = guest().give(ada.identity()).open("/waterfall").inside()
    stolen = ada.identity()
    ada.sign_out()
    assert ada.identity() == []
    copy.page.get_by_text("ARR", exact=True).click()
    copy.outside("You have signed out")
    thief = guest().give(stolen)
    assert thief.fetch(FILE).status == 401
    thief.open("/waterfall").outside("You have signed out")
    assert thief.identity() == []

    control = guest(plain).come("ada")
    expect(control.page.get_by_role("heading", name="Inside")).to_be_visible()
    kept = control.identity()
    control.sign_out()
    replayed = guest(plain).give(kept).open()  # without the gate the copy goes on working
    expect(replayed.page.get_by_role("heading", name="Inside")).to_be_visible()


def test_a_sign_in_gets_a_session_of_its_own(house, provider, guest):
    provider.knows("ada", groups=["cs"])
    provider.knows("bob", groups=["cs"])
    planted = guest().come("bob").inside().identity()
    before = house.sessions("bob")[0]
    ada = guest().give(planted).open("/definitions").inside()
    ada.page.goto(f"{house.url}/auth/logout")
    ada = ada.sign_in("ada").inside()
    assert {one["value"] for one in ada.identity()}.isdisjoint(one["value"] for one in planted)
    with pytest.raises(AccessError):
        house.store.people.of_session(before)
    expect(ada.page.get_by_test_id("stSidebar")).to_contain_text("Ada")


def test_everybody_shut_out_while_looking_is_out_within_a_minute(house, provider, guest):
    """Disabled, too old, idle, and signed out everywhere: four people who do nothing but look."""
    names = ("dan", "olive", "ida", "rex")
    for name in names:
        provider.knows(name, groups=["cs"])
    looking = {name: guest().come(name, "/waterfall").inside() for name in names}
    keys = {name: house.sessions(name)[0] for name in names}
    started = time.monotonic()
    house.store.people.set_disabled(house.owner(), "dan@acme.com", disabled=True)
    house.move(keys["olive"], created_at=now() - timedelta(hours=13))
    house.move(keys["ida"], seen_at=now() - timedelta(minutes=61))
    house.store.people.end_sessions(house.store.people.of_session(keys["rex"]))
    looking["dan"].outside("switched off by an owner")
    looking["olive"].outside("12 hours")
    looking["ida"].outside("more than 60 minutes")
    looking["rex"].outside("signed out")
    assert time.monotonic() - started < 60
    assert looking["dan"].address == "/waterfall"
    assert looking["dan"].fetch(FILE).status == 401
    looking["ida"].go_to_provider().answer("ida").inside()
    assert looking["ida"].address == "/waterfall"


# --- files, uploads, links --------------------------------------------------------------------------------------------


def downloaded(guest):
    """The address of a file that was made for this guest, saved by them."""
    asked = []
    guest.page.on("request", lambda request: asked.append(request.url) if "/media/" in request.url else None)
    with guest.page.expect_download() as saved:
        guest.page.get_by_role("button", name="SVG").first.click()
    assert saved.value.path().stat().st_size > 1_000
    return asked[-1]


def test_a_file_is_for_the_one_it_was_made_for(provider, guest, plain):
    provider.knows("ada", groups=["cs"])
    provider.knows("bob", groups=["board"])
    ada = guest().come("ada", "/waterfall").inside()
    path = downloaded(ada).removeprefix(ada.url)
    again = ada.fetch(path)
    assert (again.status, again.headers["cache-control"]) == (200, "no-store")
    bob = guest().come("bob", "/waterfall").inside()
    assert bob.fetch(path).status == 404
    assert guest().fetch(path).status == 401

    control = guest(plain).come("ada")
    with control.page.expect_download() as saved:
        control.page.get_by_role("button", name="Download").click()
    file = saved.value.url.removeprefix(control.url)
    assert guest(plain).fetch(file).text() == "secret figures"  # without the gate: for everybody who has the address


def test_an_upload_needs_the_sign_in_it_was_offered_to(provider, guest):
    provider.knows("ada", groups=["cs"])
    provider.knows("bob", groups=["cs"])
    ada, sent = guest().come("ada", "/data").inside(), []
    ada.page.on("request", lambda request: sent.append(request.url) if "/upload_file/" in request.url else None)
    file = {"name": "revenue.csv", "mimeType": "text/csv", "buffer": b"account_id,month,mrr\nA,2025-01,100\n"}
    with ada.page.expect_response(re.compile("upload_file")) as answered:
        ada.page.locator("input[type=file]").first.set_input_files(file)
    assert answered.value.status == 204
    path = sent[0].removeprefix(ada.url)
    bob = guest().come("bob").inside()
    token = {"X-Xsrftoken": held_by(bob)["_streamlit_xsrf"]["value"]}
    assert bob.fetch(path, "PUT", headers=token, multipart={"file": file}).status == 404
    assert bob.fetch(path, "DELETE", headers=token).status == 404
    assert guest().fetch(path, "PUT", headers=token, multipart={"file": file}).status == 401


def test_a_short_address_leads_through_the_sign_in_to_what_it_names(house, provider, guest):
    owner = house.owner()
    place = owner.memberships[0].workspace_id
    held = deployment.publish(house.store, owner, place, house.folder / "book", name="Northwind secret", amount=50)
    link = house.store.links.create(
        owner, place, page="waterfall", parameters={"window": ["1 month"]}, dataset_id=held.dataset_id, version=None, title="", days=None
    )
    provider.knows("olga")
    olga = guest()
    olga.open(f"/s/{link.id}").outside().go_to_provider().answer("olga").inside()
    assert olga.address.startswith(f"/waterfall?d={held.dataset_id}&link={link.id}")
    assert b"Northwind" in olga.heard()
    provider.knows("eve", groups=["cs"])  # a member of another workspace
    eve = guest().come("eve", f"/s/{link.id}")
    eve.page.wait_for_url(re.compile(f"link={link.id}"))
    assert held.dataset_id not in eve.page.url
    for address in (f"/data?d={held.dataset_id}", f"/data?d={held.dataset_id}&v=1&link={link.id}", f"/data?link={link.id}"):
        eve.open(address).inside()
        expect(eve.page.get_by_test_id("stAlert").first).to_contain_text("nothing here that you may see")
    assert b"Northwind" not in eve.heard()
    opened = house.store.audit.read(owner, place)
    assert set(opened[opened["action"] == "open-link"]["actor"]) == {"olga@acme.com"}


# --- from outside -----------------------------------------------------------------------------------------------------


def test_nothing_but_the_shell_is_served_to_strangers(guest, plain):
    stranger = guest()
    for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json"):
        assert stranger.fetch(path).status == 404
    for path in (FILE, "/component/x/index.html", "/anything"):
        assert stranger.fetch(path).status == 401
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "olga@acme.com", "X-Forwarded-Email": "olga@acme.com"}
    assert stranger.fetch(FILE, headers=forged).status == 401
    assert stranger.fetch("/", headers={"Host": "evil.example"}).status == 421
    assert guest(plain).fetch("/_stcore/metrics").status == 200


def test_the_sign_in_page_holds_nothing_of_the_app(provider, guest):
    stranger = guest()
    stranger.open("/waterfall").outside()
    stranger.page.wait_for_selector(NOTHING_RUNS)
    assert b"Sign in" in stranger.heard()
    for word in (b"Sample data", b"2,000 accounts", b"Churn", b"Northwind"):
        assert word not in stranger.heard()
    provider.knows("ada", groups=["cs"])
    stranger.go_to_provider().answer("ada").inside()
    assert b"Sample data" in stranger.heard()  # the same search finds it inside


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), *more(("light", 390), ("dark", 1440))])
def test_the_sign_in_page_can_be_read_by_everybody(guest, theme, width):
    stranger = guest(color_scheme=theme)
    stranger.page.set_viewport_size({"width": width, "height": 844})
    stranger.open().outside()
    stranger.page.wait_for_selector(NOTHING_RUNS)
    assert [one["id"] for one in Axe().run(stranger.page).response["violations"]] == []
    assert stranger.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
