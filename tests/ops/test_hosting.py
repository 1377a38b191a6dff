"""The hosting guide and the files for it agree with the settings, and with each other."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from nrr_core.settings import Settings, settings_table

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def table():
    return "".join(f"| `{name}` | {default} | {meaning} |\n" for name, default, meaning in settings_table())


def test_the_table_of_settings_is_made_from_the_settings():
    block = re.search(r"<!-- settings:[^\n]*\n(.*?)<!-- /settings -->", read("docs/hosting.md"), re.DOTALL)[1]
    assert block == table()


@pytest.mark.parametrize("name", ["docs/hosting.md", "deploy/compose.yaml", "deploy/Dockerfile", "deploy/nginx.conf"])
def test_every_setting_that_is_named_exists(name):
    known = {f"{variable}{ending}" for variable, _, _ in settings_table() for ending in ("", "_FILE")}
    named = set(re.findall(r"NRR_[A-Z_]*[A-Z]", read(name)))
    assert named
    assert named <= known


def test_links_and_anchors_of_the_guide_lead_somewhere():
    text = read("docs/hosting.md")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / "docs" / target).exists(), target
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")
    }
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        assert anchor in anchors


@pytest.fixture
def compose():
    return yaml.safe_load(read("deploy/compose.yaml"))


def test_compose_names_what_it_has(compose):
    assert set(compose["services"]) == {"app", "db", "proxy"}
    for name, service in compose["services"].items():
        for one in service.get("secrets", ()):
            assert one in compose["secrets"], name
        for one in service.get("networks", ()):
            assert one in compose["networks"], name
        for one in service["volumes"]:
            source = one.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file(), one
        assert "mem_limit" in service
        assert service["restart"] == "unless-stopped"
    files = {name: one["file"] for name, one in compose["secrets"].items()}
    guide = read("docs/hosting.md")
    assert all(f"> {Path(file).name}" in guide for file in files.values())


def test_compose_gives_every_variable_it_asks_for():
    asked = set(re.findall(r"\$\{([A-Z_]+)", read("deploy/compose.yaml")))
    given = set(re.findall(r"^([A-Z_]+)=", read("deploy/env.example"), re.MULTILINE))
    assert asked == given


def test_the_app_s_settings_in_compose_can_be(compose, tmp_path):
    given = {}
    for name, text in compose["services"]["app"]["environment"].items():
        value = re.sub(r"\$\{([A-Z_]+)(?::-([^}]*))?[^}]*\}", lambda found: found[2] or f"{found[1].lower()}.example.com", str(text))
        if name.endswith("_FILE"):
            secret = tmp_path / Path(value).name
            secret.write_text(f"{secret.name:-<32}\n")
            assert secret.name in compose["services"]["app"]["secrets"]
            value = str(secret)
        given[name] = value
    settings = Settings.from_environment(given)
    assert settings.sign_in
    assert settings.database.startswith("database-")
    assert settings.cookie_secret.startswith("cookie_secret-")
    assert settings.trusted_proxy


def test_the_container_is_confined_and_has_time_to_stop(compose):
    app = compose["services"]["app"]
    assert app["read_only"] is True
    assert app["cap_drop"] == ["ALL"]
    assert app["user"] == "10001:10001"
    assert "ports" not in app  # only the proxy is reached from outside
    assert "ports" not in compose["services"]["db"]
    assert int(app["stop_grace_period"].removesuffix("s")) > 20
    assert int(app["mem_limit"].removesuffix("g")) << 10 > Settings().imports * Settings().import_memory_mb + 1024


def test_the_image_is_pinned_small_and_not_run_by_root():
    lines = [line for line in read("deploy/Dockerfile").splitlines() if line and not line.startswith("#")]
    base = next(line for line in lines if line.startswith("ARG BASE="))
    assert re.fullmatch(r"ARG BASE=python:3\.\d+-slim-\w+", base)
    assert "USER 10001:10001" in lines
    assert not [line for line in lines if line.startswith("ADD ")]
    assert all(line.split(" ", 1)[1].startswith("[") for line in lines if line.startswith(("CMD", "ENTRYPOINT")))
    assert any("/healthz" in line for line in lines)
    copied = {part for line in lines if line.startswith("COPY ") and "--from" not in line for part in line.split()[1:-1]}
    for one in copied:
        assert list(ROOT.glob(one)), one
    ignored = read("deploy/Dockerfile.dockerignore")
    assert ignored.splitlines()[1] == "*"
    for one in copied:
        assert f"!{one}" in ignored or f"!{one}/config.toml" in ignored, one


def test_body_sizes_are_the_upload_limit_and_a_little():
    wanted = Settings().upload_mb + 1
    assert f"client_max_body_size {wanted}m;" in read("deploy/nginx.conf")
    assert f"max_size {{$BODY:{wanted}MB}}" in read("deploy/Caddyfile")
    assert f"BODY={wanted}MB" in read("deploy/env.example")
    assert f"BODY:-{wanted}MB" in read("deploy/compose.yaml")


def test_secrets_stay_out_of_the_repository():
    assert {"deploy/.env", "deploy/secrets/"} <= set(read(".gitignore").splitlines())


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_its_file(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=x"],
        check=True, capture_output=True,
    )  # fmt: skip
    site = read("deploy/nginx.conf").replace("/etc/ssl/nrr.pem", str(certificate)).replace("/etc/ssl/private/nrr.key", str(key))
    for text, well in ((site, True), (site.replace("proxy_pass ", "proxy_pas "), False)):
        (tmp_path / "site.conf").write_text(text)
        (tmp_path / "nginx.conf").write_text(
            f"pid {tmp_path}/pid; error_log {tmp_path}/log;\nevents {{}}\nhttp {{ access_log off; include {tmp_path}/site.conf; }}\n"
        )
        done = subprocess.run(["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is well, done.stderr


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_takes_its_file(tmp_path):
    good = read("deploy/Caddyfile")
    for text, well in ((good, True), (good.replace("lb_policy cookie", "lb_policy cake"), False)):
        (tmp_path / "Caddyfile").write_text(text)
        done = subprocess.run(
            ["caddy", "validate", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"],
            env=os.environ | {"SITE_HOST": "nrr.example.com", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) is well, done.stderr
