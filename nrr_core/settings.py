"""Configuration by environment: every name, its default and its meaning, in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nrr_core.errors import SettingsError

__all__ = ["ROLES", "Grant", "Settings", "settings_table"]

ROLES = ("viewer", "editor", "owner")  # each may do what the one before it may, and more
_SECRET = 32  # characters of a cookie secret
_HERE = ("localhost", "127.0.0.1", "::1")
_YES = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a workspace that members of a group get when they sign in."""

    group: str
    workspace: str
    role: str


def _setting(default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"meaning": meaning, "secret": secret}, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One deployment's configuration. ``NRR_`` and the field's name in capitals is the variable; ``…_FILE`` reads it from a file."""

    data: Path | None = _setting(None, "Folder for files, catalogue and caches. Default: the user's data folder.")
    database: str = _setting("", "SQLAlchemy address of the catalogue. Default: SQLite in the data folder.", secret=True)
    public_url: str = _setting("", "Address people use, such as https://nrr.example.com. https makes cookies secure.")
    oidc_metadata_url: str = _setting("", "The provider's …/.well-known/openid-configuration. Turns sign-in on.")
    oidc_client_id: str = _setting("", "Client id at the provider.")
    oidc_client_secret: str = _setting("", "Client secret at the provider.", secret=True)
    oidc_scope: str = _setting("openid email profile", "What to ask the provider for; some need groups as well to send them.")
    cookie_secret: str = _setting("", "At least 32 random characters, the same on every replica.", secret=True)
    domains: tuple[str, ...] = _setting((), "E-mail domains that may sign in, separated by commas. Needed with sign-in; * allows all.")
    owners: tuple[str, ...] = _setting((), "E-mail addresses that own the first workspace.")
    groups_claim: str = _setting("groups", "Claim of the identity token that lists a person's groups.")
    groups: tuple[Grant, ...] = _setting((), "Roles by group: group=workspace:role, separated by commas.")
    session_hours: float = _setting(12.0, "A sign-in ends after so many hours.")
    idle_minutes: float = _setting(60.0, "A sign-in ends after so many minutes without a click.")
    allow_network: bool = _setting(False, "yes: answer other machines without sign-in. Only behind a proxy that signs people in.")
    trusted_proxy: bool = _setting(False, "yes: a proxy in front sets X-Forwarded-For; take the visitor's address for the log from it.")
    imports: int = _setting(2, "Imports at the same time; further ones wait in a visible queue.")
    upload_mb: int = _setting(500, "Largest upload in megabytes.")
    import_memory_mb: int = _setting(4096, "Memory of one import.")
    import_seconds: int = _setting(900, "Longest time of one import.")
    sample: Path | None = _setting(None, "Folder with revenue.csv, perhaps accounts.csv, to show in place of the sample data.")
    open_datasets: int = _setting(12, "Datasets kept open in one process.")
    keep_days: int = _setting(30, "Days after which deleted datasets are removed for good.")
    log_format: str = _setting("text", "text or json.")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR.")
    metrics_token: str = _setting("", "Bearer token for /metrics. Without one, only this machine may read it.", secret=True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """The settings of this process.

        Raises
        ------
        SettingsError
            A value that cannot be, or an unknown ``NRR_`` variable; the text names it and what is allowed.

        """
        given = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for one in fields(cls):
            text = _text(given, f"NRR_{one.name.upper()}")
            if text:
                values[one.name] = _parsed(one.name, text, one.default)
        known = {f"NRR_{one.name.upper()}{ending}" for one in fields(cls) for ending in ("", "_FILE")} | {"NRR_TOKEN"}
        unknown = sorted(name for name in given if name.startswith("NRR_") and name not in known)
        if unknown:
            raise SettingsError(f"{unknown[0]} is not a setting. See the table in docs/hosting.md.")
        settings = cls(**values)
        _complete(settings)
        return settings

    @property
    def folder(self) -> Path:
        """The data folder."""
        if self.data is not None:
            return self.data
        import platformdirs  # noqa: PLC0415 - only where no folder is given

        return Path(platformdirs.user_data_dir("nrr-explorer", appauthor=False))

    @property
    def database_url(self) -> str:
        """Where the catalogue is."""
        return self.database or f"sqlite:///{self.folder / 'catalogue.db'}"

    @property
    def sign_in(self) -> bool:
        """Whether people sign in."""
        return bool(self.oidc_metadata_url)


def _complete(settings: Settings) -> None:
    """Sign-in is whole or off: what is missing or unsafe is named, before anybody can come in."""
    if not settings.sign_in:
        return
    needed = ("public_url", "oidc_client_id", "oidc_client_secret", "cookie_secret", "domains")
    missing = [f"NRR_{name.upper()}" for name in needed if not getattr(settings, name)]
    if missing:
        raise SettingsError(f"Sign-in is on (NRR_OIDC_METADATA_URL is set), and these are missing: {', '.join(missing)}.")
    if len(settings.cookie_secret) < _SECRET:
        raise SettingsError(f"NRR_COOKIE_SECRET has {len(settings.cookie_secret)} characters. At least {_SECRET} random ones are needed.")
    address = urlsplit(settings.public_url)
    if address.path or address.query or not address.netloc or address.scheme not in {"http", "https"}:
        raise SettingsError(f"NRR_PUBLIC_URL is “{settings.public_url}”. It must be like https://nrr.example.com, without a path.")
    if address.scheme == "http" and address.hostname not in _HERE:
        raise SettingsError(f"NRR_PUBLIC_URL is “{settings.public_url}”. Sign-in needs https; http only works on this machine.")


def _text(given: Mapping[str, str], name: str) -> str:
    """A variable's text, or that of the file it points to; secrets are usually mounted as files."""
    if file := given.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE names {file}, which can't be read: {error.strerror}.") from error
    return given.get(name, "").strip()


def _parsed(name: str, text: str, default: Any) -> Any:
    """A setting's value from its text."""
    variable = f"NRR_{name.upper()}"
    if name in {"data", "sample"}:
        return Path(text).expanduser()
    if name == "groups":
        return tuple(_grant(variable, part.strip()) for part in text.split(",") if part.strip())
    if isinstance(default, bool):
        if text.lower() not in _YES:
            raise SettingsError(f"{variable} is “{text}”. Allowed: yes or no.")
        return _YES[text.lower()]
    if isinstance(default, tuple):
        return tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if isinstance(default, int | float):
        try:
            number = type(default)(text)
        except ValueError as error:
            raise SettingsError(f"{variable} is “{text}”. It must be a number.") from error
        if number <= 0:
            raise SettingsError(f"{variable} is {text}. It must be above 0.")
        return number
    return text.rstrip("/") if name == "public_url" else text


def _grant(variable: str, text: str) -> Grant:
    group, _, place = text.partition("=")
    workspace, _, role = place.rpartition(":")
    if not group or not workspace or role not in ROLES:
        raise SettingsError(f"{variable}: “{text}” is not group=workspace:role with a role of {', '.join(ROLES)}.")
    return Grant(group, workspace, role)


def settings_table() -> list[tuple[str, str, str]]:
    """Variable, default and meaning of every setting, for documents."""
    rows = []
    for one in fields(Settings):
        default = (
            ""
            if one.default in (None, "", ())
            else "no"
            if one.default is False
            else f"{one.default:g}"
            if isinstance(one.default, float)
            else str(one.default)
        )
        rows.append((f"NRR_{one.name.upper()}", default, str(one.metadata["meaning"])))
    return rows
