"""What holds from the start: settings that fit together, headers on every answer."""

import deployment
import pytest
from front import FILE, UPLOAD, URL
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config

from nrr_core.errors import SettingsError
from nrr_core.settings import Settings
from pages.server.headers import SecurityHeaders
from pages.server.provider import auth_secrets

WHOLE = {
    "NRR_OIDC_METADATA_URL": "https://id.acme.com/.well-known/openid-configuration", "NRR_OIDC_CLIENT_ID": "nrr",
    "NRR_OIDC_CLIENT_SECRET": "s", "NRR_COOKIE_SECRET": deployment.SECRET, "NRR_PUBLIC_URL": "https://nrr.acme.com/",
    "NRR_DOMAINS": "acme.com",
}  # fmt: skip


def test_sign_in_is_whole_or_off():
    settings = Settings.from_environment(WHOLE)
    assert settings.sign_in
    assert settings.public_url == "https://nrr.acme.com"
    assert not Settings.from_environment({}).sign_in


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "NRR_OIDC_METADATA_URL"])
def test_a_missing_piece_of_sign_in_is_named(name):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(WHOLE | {name: ""})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NRR_COOKIE_SECRET", "short", "At least 32"),
        ("NRR_PUBLIC_URL", "nrr.acme.com", "https://nrr.example.com"),
        ("NRR_PUBLIC_URL", "https://nrr.acme.com/app", "without a path"),
        ("NRR_PUBLIC_URL", "http://nrr.acme.com", "needs https"),
        ("NRR_PUBLIC_URL", "ftp://nrr.acme.com", "https://nrr.example.com"),
    ],
)
def test_an_unsafe_piece_of_sign_in_is_refused(name, value, words):
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment(WHOLE | {name: value})


def test_streamlit_is_told_of_sign_in_only_where_it_is_on():
    assert auth_secrets(Settings()) is None
    auth = auth_secrets(Settings.from_environment(WHOLE | {"NRR_OIDC_SCOPE": "openid email profile groups"}))["auth"]
    assert auth["redirect_uri"] == "https://nrr.acme.com/oauth2callback"
    assert auth["client_kwargs"] == {"scope": "openid email profile groups"}
    assert config.get_option("server.cookieSecret") == deployment.SECRET


def headers_of(path, **given):
    app = SecurityHeaders(
        Starlette(routes=[Route("/{rest:path}", lambda _: PlainTextResponse("x", headers={"cache-control": "public"}))]), **given
    )
    return TestClient(app, base_url=URL).get(path).headers


def test_every_answer_carries_the_headers():
    headers = headers_of("/")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    policy = headers["content-security-policy"]
    assert "script-src 'self' 'unsafe-eval' 'sha256-" in policy  # on one machine; see the next test
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "http" not in policy
    assert "strict-transport-security" not in headers
    assert headers["cache-control"] == "public"


def test_where_others_reach_the_app_nothing_is_evaluated():
    policy = headers_of("/", public_url="https://nrr.example.com")["content-security-policy"]
    assert "'unsafe-eval'" not in policy
    assert "script-src 'self' 'sha256-" in policy


def test_https_is_for_good():
    assert headers_of("/", public_url=URL)["strict-transport-security"] == "max-age=31536000"
    assert "wss://nrr.acme.com" in headers_of("/", public_url=URL)["content-security-policy"]


@pytest.mark.parametrize("path", [FILE, UPLOAD, "/s/abc", "/oauth2callback", "/auth/logout"])
def test_what_is_personal_is_kept_nowhere(path):
    assert headers_of(path)["cache-control"] == "no-store"


def test_a_file_opened_by_itself_runs_nothing():
    assert headers_of(FILE)["content-security-policy"].endswith("sandbox allow-downloads")
