"""To the provider and back: what is kept, what is refused, where one lands."""

import base64

import deployment
import pytest
import sqlalchemy as sa
from front import URL, back, came_in, cookies_of, gated, inner, kept, reason
from starlette.responses import RedirectResponse
from starlette.testclient import TestClient
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from nrr_core.store import tables
from pages.server.cookies import RETURN, TOLD, Cookies, address_of, own_address


def test_an_accepted_sign_in_goes_on_to_the_kept_address_with_cookies_of_its_own_length(store):
    client = back(store, deployment.claims("ada"))
    client.cookies.set(RETURN, base64.urlsafe_b64encode(b"/waterfall?window=3+months&f_region=EMEA").decode())
    answer = client.get("/oauth2callback?code=1&state=2")
    assert answer.headers["location"] == "/waterfall?window=3+months&f_region=EMEA"
    made = cookies_of(answer)
    for name in (USER_COOKIE_NAME, "_streamlit_user_tokens"):
        assert "Max-Age=43200;" in made[name]
        assert made[name].endswith("; Secure")
    assert "Secure" in made["_streamlit_session"]
    assert "Max-Age=0" in made[RETURN]
    assert client.get("/export/all").json()["person"] == "ada@acme.com"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"email": "eve@evil.example"}, "evil.example may not"),
        ({"email": "ada@acme.com.evil.example"}, "may not"),
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "true"}, "not verified"),
        ({"email": None}, "no e-mail"),
        ({"iat": 1}, "too old"),
        ({"sub": ""}, "who you are"),
    ],
)
def test_a_refused_sign_in_leaves_no_cookie_and_says_why(store, more, words):
    client = back(store, deployment.claims("ada", **more))
    answer = client.get("/oauth2callback?code=1&state=2")
    assert answer.headers["location"] == "/?denied=1"
    assert USER_COOKIE_NAME not in cookies_of(answer)
    assert "_streamlit_user_tokens" not in cookies_of(answer)
    assert "_streamlit_session" in cookies_of(answer)
    assert words in reason(store, answer)
    bare = TestClient(inner({"/oauth2callback": lambda: RedirectResponse("/", 302)}), base_url=URL, follow_redirects=False)
    assert bare.get("/oauth2callback?code=1").headers["location"] == "/"


def test_the_same_identity_token_begins_one_session(store):
    told = deployment.claims("ada")
    assert back(store, told).get("/oauth2callback?code=1").headers["location"] == "/"
    again = back(store, told).get("/oauth2callback?code=1")
    assert again.headers["location"] == "/?denied=1"
    assert "used before" in reason(store, again)


def test_a_new_sign_in_ends_the_one_before_in_this_browser(store):
    client = back(store, deployment.claims("bob"))
    key = came_in(store, client, "ada")
    client.get("/oauth2callback?code=1")
    with store.catalogue.read() as con:
        assert con.execute(sa.select(tables.sessions.c.ended_at).where(tables.sessions.c.key == key)).scalar_one() is not None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("error=access_denied&error_description=Send+money", "cancelled"),
        ("error=server_error&error_description=<b>", "identity provider could not"),
        ("code=1&state=forged", "not completed"),
    ],
)
def test_a_sign_in_that_failed_is_told_in_our_words(store, query, words):
    answer = back(store, None).get(f"/oauth2callback?{query}")
    assert answer.headers["location"] == "/?denied=1"
    assert words in reason(store, answer)


def test_coming_back_from_signing_out_is_no_failure(store):
    answer = back(store, None).get("/oauth2callback")
    assert answer.headers["location"] == "/"
    assert TOLD not in cookies_of(answer)


HOSTILE = (
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/..//evil.example", "/%2f%2fevil.example",
    "javascript:alert(1)", "/waterfall#//evil", "/a/b/c", "/auth/logout", "/oauth2callback?code=1", "/s/../../x", "/\t/evil", "/ /evil",
    "/x\r\nSet-Cookie: a=b", "/?x=\r\nLocation: //evil", "", "waterfall", "/?" + "x" * 2048, "/é", "/?é", "/static/js/x.js",
    "/@evil.example", "/?a=\\b", "/nowhere", "/waterfall/",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_kept_address_leads_elsewhere(store, text):
    assert own_address(text) is None
    client = back(store, deployment.claims("ada"))
    client.cookies.set(RETURN, base64.urlsafe_b64encode(text.encode()).decode())
    assert client.get("/oauth2callback?code=1").headers["location"] == "/"


@pytest.mark.parametrize("value", ["x", "====", "é", "Ly9ldmlsLmV4YW1wbGU=", "/waterfall"])
def test_a_kept_address_that_cannot_be_read_is_none(store, value):
    assert Cookies(store.settings).kept_address({RETURN: value}) is None


@pytest.mark.parametrize("text", ["/", "/waterfall", "/s/Ab_-9", "/waterfall?f_region=EMEA&f_region=A%20B&window=3+months"])
def test_our_own_addresses_are_kept(text):
    assert own_address(text) == text


def test_a_page_asked_for_without_a_sign_in_is_kept_for_ten_minutes(store):
    answer = gated(store).get("/waterfall?window=3+months")
    assert kept(store, answer) == "/waterfall?window=3+months"
    header = cookies_of(answer)[RETURN]
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=600", "Secure"):
        assert part in header


@pytest.mark.parametrize(
    "path", ["/", "/?denied=1", "/?signin=link", "/static/js/x.js", "/_stcore/health", "/healthz", "/auth/login", "/nowhere"]
)
def test_other_requests_keep_no_address(store, path):
    assert RETURN not in cookies_of(gated(store).get(path))


def test_nothing_is_kept_for_somebody_inside(store):
    client = gated(store)
    came_in(store, client)
    assert cookies_of(client.get("/waterfall?window=3+months")) == {}


def test_the_start_page_forgets_what_another_tab_wanted(store):
    client = gated(store)
    client.cookies.set(RETURN, base64.urlsafe_b64encode(b"/waterfall").decode())
    assert "Max-Age=0" in cookies_of(client.get("/"))[RETURN]


@pytest.mark.parametrize(
    ("referer", "expected"),
    [(f"{URL}/cohorts?cadence=quarter", "/cohorts?cadence=quarter"), (f"{URL}/?denied=1", None), ("https://evil.example/cohorts", None),
     (f"{URL}.evil.example/cohorts", None), (f"{URL}//evil.example", None), ("", None)],
)  # fmt: skip
def test_signing_in_from_a_page_comes_back_to_it(store, referer, expected):
    answer = gated(store).get("/auth/login?provider=x", headers={"referer": referer} if referer else {})
    assert kept(store, answer) == expected
    assert address_of(referer, URL) is None or expected or "denied" in referer


def test_a_page_takes_a_dead_cookie_away_and_remembers_why(store):
    client = gated(store)
    store.people.sign_out(came_in(store, client))
    answer = client.get("/waterfall")
    assert "Max-Age=0" in cookies_of(answer)[USER_COOKIE_NAME]
    assert reason(store, answer) == "You have signed out."


def test_a_short_address_waits_for_the_sign_in(store):
    answer = gated(store).get("/s/Ab_-9")
    assert answer.headers["location"] == "/?signin=link"
    assert kept(store, answer) == "/s/Ab_-9"


def test_without_https_cookies_are_not_marked_secure(store):
    plain = "http://127.0.0.1:8501"
    answer = back(store, deployment.claims("ada", url=plain), url=plain).get("/oauth2callback?code=1")
    assert answer.headers["location"] == "/"
    assert "Secure" not in "".join(answer.headers.get_list("set-cookie"))
