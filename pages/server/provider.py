"""Sign-in as Streamlit wants it told: its ``auth`` secrets, made of the settings."""

from typing import Any

from streamlit import config

from nrr_core.settings import Settings

__all__ = ["auth_secrets"]


def auth_secrets(settings: Settings) -> dict[str, Any] | None:
    """The secrets for ``st.App``; None without sign-in.

    The cookie secret is set in Streamlit's configuration as well: the cookie that carries a sign-in on its way to the
    provider and back is signed with it before secrets are read, and has to hold on every replica.
    """
    if not settings.sign_in:
        return None
    config.set_option("server.cookieSecret", settings.cookie_secret, "NRR_COOKIE_SECRET")
    return {
        "auth": {
            "redirect_uri": f"{settings.public_url}/oauth2callback",
            "cookie_secret": settings.cookie_secret,
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret,
            "server_metadata_url": settings.oidc_metadata_url,
            "client_kwargs": {"scope": settings.oidc_scope},
        }
    }
