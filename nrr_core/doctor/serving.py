"""Checks of how the app is served: who can reach it, upload limits, memory."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nrr_core.doctor.finding import Finding, fail, ok, warn
from nrr_core.doctor.sign_in import loopback
from nrr_core.settings import Settings

__all__ = ["address", "memory", "texts", "uploads"]

CONFIG: Final = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_SERVER_MB: Final = 1024  # the app itself, with some datasets open
_MB: Final = 1 << 20
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")


def _option(config: Path, environment: Mapping[str, str], name: str, variable: str) -> Any:
    """A server option of Streamlit: the environment's, or the file's."""
    if variable in environment:
        return environment[variable]
    return tomllib.loads(config.read_text(encoding="utf-8")).get("server", {}).get(name) if config.is_file() else None


def address(settings: Settings, *, config: Path = CONFIG, environment: Mapping[str, str] = os.environ) -> Finding:
    """Whether other machines can reach the app without sign-in."""
    bound = str(_option(config, environment, "address", "STREAMLIT_SERVER_ADDRESS") or "0.0.0.0")  # noqa: S104 - its default
    if loopback(bound) or settings.sign_in:
        return ok("address", f"{bound}, {'with' if settings.sign_in else 'without'} sign-in")
    if settings.allow_network:
        return warn("address", f"{bound} without sign-in, allowed by NRR_ALLOW_NETWORK: only a proxy that signs people in may reach it.")
    return fail("address", f"{bound} without sign-in: other machines reach the port. Bind to 127.0.0.1 or set up sign-in.")


def uploads(settings: Settings, *, config: Path = CONFIG, environment: Mapping[str, str] = os.environ) -> Finding:
    """Whether Streamlit takes uploads of the size that the settings allow."""
    limit = int(_option(config, environment, "maxUploadSize", "STREAMLIT_SERVER_MAX_UPLOAD_SIZE") or 200)
    if limit != settings.upload_mb:
        return warn(
            "uploads",
            f"NRR_UPLOAD_MB is {settings.upload_mb:,}, Streamlit's own limit is {limit:,}: start with “python -m nrr_core serve”, "
            "which applies the first, or set maxUploadSize to the same.",
        )
    return ok("uploads", f"up to {limit:,} MB")


def memory(settings: Settings, *, limits: tuple[Path, ...] = _LIMITS) -> Finding:
    """Whether the imports that may run at once fit into the memory there is."""
    have = _limit(limits) // _MB
    need = settings.imports * settings.import_memory_mb + _SERVER_MB
    if have < settings.import_memory_mb:
        return fail("memory", f"{have:,} MB, and one import may take {settings.import_memory_mb:,}. Lower NRR_IMPORT_MEMORY_MB.")
    if have < need:
        return warn("memory", f"{have:,} MB; {settings.imports} imports at once and the app may take {need:,}. Lower NRR_IMPORTS.")
    return ok("memory", f"{have:,} MB for at most {need:,}")


def _limit(limits: tuple[Path, ...]) -> int:
    """The memory this process may use: the container's limit or the machine's own."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 1 << 62
    given = [int(text) for path in limits if path.is_file() and (text := path.read_text(encoding="ascii").strip()).isdigit()]
    return min([machine, *given])


def texts(settings: Settings) -> list[Finding]:
    """Settings whose texts allow only certain words."""
    found = []
    if settings.log_format not in {"text", "json"}:
        found.append(fail("settings", f"NRR_LOG_FORMAT is “{settings.log_format}”. Allowed: text or json."))
    if settings.log_level.upper() not in _LEVELS:
        found.append(fail("settings", f"NRR_LOG_LEVEL is “{settings.log_level}”. Allowed: {', '.join(_LEVELS)}."))
    return found or [ok("settings", "valid")]
