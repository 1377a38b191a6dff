"""One owner per hazard: what may stand where, read from the source."""

import ast
import re
import subprocess
import sys

import pytest
from face import ROOT

PAGES = sorted((ROOT / "pages").glob("*.py"))
FACE = sorted((ROOT / "pages").rglob("*.py"))
CORE = sorted((ROOT / "nrr_core").rglob("*.py"))
LOGGED = {"number", "path", "status", "took", "client", "scope.get"}  # error and request ids, paths without data, figures
APP = [ROOT / "app.py", *FACE]


def name(path):
    return str(path.relative_to(ROOT))


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def dotted(node):
    """``st.session_state`` of such an expression, or an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def mentions(path):
    return {dotted(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}


def imports(path):
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def users(paths, pattern):
    return {name(path) for path in paths if any(re.fullmatch(pattern, mention) for mention in mentions(path))}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_has_at_most_sixty_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


def test_one_module_touches_session_state():
    assert users(APP, r"st\.session_state.*") <= {"pages/ui/state.py"}


def caches_of(path):
    """The calls that make a cache: Streamlit's and our shelves."""
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return [call for call in calls if dotted(call.func).startswith("st.cache_") or dotted(call.func) == "Shelf"]


def test_one_module_caches():
    assert users(APP, r"st\.cache_.*") <= {"pages/ui/cache.py"}
    assert {name(path) for path in APP if caches_of(path)} == {"pages/ui/cache.py"}


def test_every_cache_is_bounded():
    caches = caches_of(ROOT / "pages/ui/cache.py")
    assert caches
    assert all("max_entries" in {word.arg for word in call.keywords} for call in caches)


def test_one_place_shows_exceptions():
    handlers = [(path, node) for path in APP for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    shown = {"st.error", "st.exception"}
    found = {name(path) for path, handler in handlers if shown & {dotted(node) for node in ast.walk(handler)}}
    assert found == {"pages/ui/shell.py"}


def test_nobody_catches_everything_in_silence():
    bare = [name(path) for path in (*APP, *CORE) for node in ast.walk(tree(path))
            if isinstance(node, ast.ExceptHandler) and node.type is None]  # fmt: skip
    assert bare == []


@pytest.mark.parametrize("path", FACE, ids=name)
def test_no_element_takes_html(path):
    words = {word.arg for node in ast.walk(tree(path)) if isinstance(node, ast.Call) for word in node.keywords}
    assert "unsafe_allow_html" not in words
    assert "unsafe_allow_javascript" not in words
    assert not mentions(path) & {"st.html", "st.table", "st.iframe", "st.components", "st.write"}


def test_the_library_does_not_know_the_app():
    assert [name(path) for path in CORE if imports(path) & {"streamlit", "pages", "app"}] == []


def test_importing_the_library_loads_no_streamlit():
    code = "import sys, nrr_core; sys.exit(int('streamlit' in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_server_s_side_stays_in_its_room():
    found = {name(path) for path in (*APP, *CORE) if imports(path) & {"starlette", "uvicorn", "anyio"}}
    assert {one for one in found if not one.startswith("pages/server/")} <= {"app.py"}
    assert {name(path) for path in (*APP, *CORE) if imports(path) & {"prometheus_client", "pythonjsonlogger"}} <= {
        "pages/ui/meter.py", "pages/server/metrics.py", "pages/server/logs.py",
    }  # fmt: skip


def test_what_we_log_is_words_of_ours_and_numbers():
    said = [
        (name(path), node)
        for path in (*APP, *CORE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and dotted(node.func).startswith("_log.")
    ]
    assert said
    for where, call in said:
        message, *given = call.args[1:] if dotted(call.func) == "_log.log" else call.args
        assert isinstance(message, ast.Constant), where
        assert {dotted(one) or dotted(getattr(one, "func", one)) for one in given} <= LOGGED, where


def test_altair_stays_in_the_charts():
    found = {name(path) for path in (*APP, *CORE) if "altair" in imports(path)}
    assert all(one.startswith("nrr_core/charts/") for one in found)


def test_duckdb_stays_in_engine_model_and_import():
    allowed = ("nrr_core/ingest/", "nrr_core/engines/", "nrr_core/model/", "nrr_core/dataset.py", "nrr_core/reading.py")
    found = {name(path) for path in (*APP, *CORE) if "duckdb" in imports(path)}
    assert [one for one in found if not one.startswith(allowed)] == []


def test_the_server_s_own_packages_stay_in_the_server():
    packages = {"starlette", "uvicorn", "anyio", "authlib"}
    found = {name(path) for path in (*APP, *CORE) if packages & imports(path)}
    assert [one for one in found if one != "app.py" and not one.startswith("pages/server/")] == []
    assert found


def test_pages_know_nothing_of_the_server():
    users = {name(path) for path in FACE if "pages.server" in path.read_text(encoding="utf-8")}
    assert [one for one in users if not one.startswith("pages/server/")] == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_computes_nothing(path):
    forbidden = {"groupby", "sum", "mean", "merge", "pivot", "pivot_table", "agg", "aggregate", "apply", "cumsum", "query"}
    called = {node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
              for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}  # fmt: skip
    assert called & forbidden == set()
    assert imports(path) & {"pandas", "numpy", "altair", "duckdb", "polars"} == set()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_divides_nothing(path):
    operators = [node for node in ast.walk(tree(path)) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult)]
    assert operators == []


def test_the_navigation_has_every_page():
    listed = next(node.value for node in tree(ROOT / "pages/ui/main.py").body
                  if isinstance(node, ast.Assign) and [dotted(target) for target in node.targets] == ["PAGES"])  # fmt: skip
    assert {entry[0] for entry in ast.literal_eval(listed)} == {path.stem for path in PAGES if path.stem != "__init__"}
