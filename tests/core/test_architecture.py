"""The house: imports point one way, and each hazard has one owner."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = (  # a module imports from its own floor's package or from floors above it in this list, never below
    ("errors", "schema", "recipe"),
    ("periods", "settings"),
    ("formats", "definition", "roles"),
    ("presets",),
    ("selection",),
    ("ingest", "engine"),
    ("rollups",),
    ("dataset", "model.statements"),
    ("engines", "model"),
    ("facts",),
    ("stamp", "ledgers", "contracts", "kept"),
    ("measures", "metrics", "frames"),
    ("families", "targets"),
    ("explore", "ledger"),
    ("scenarios",),
    ("explain",),
    ("charts", "report"),
    ("reading",),
    ("examples",),
    ("store",),
    ("verification",),
    ("doctor",),
    ("commands",),
    ("cli",),
    ("__main__",),
)


def modules():
    """Every module but the package's entry and the steps of the schema, which Alembic loads by path."""
    found = (p for p in (ROOT / "nrr_core").rglob("*.py") if p != ROOT / "nrr_core" / "__init__.py")
    return sorted(p for p in found if "migrations" not in p.parts)


def name_of(path):
    parts = path.relative_to(ROOT / "nrr_core").with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def floor(module):
    fitting = [(len(name), i) for i, names in enumerate(FLOORS) for name in names if f"{module}.".startswith(f"{name}.")]
    assert fitting, f"{module} has no floor: add it to FLOORS"
    return max(fitting)[1]


def imported(path, package="nrr_core"):
    """Modules of a package that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and f"{node.module}.".startswith(f"{package}."):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if f"{alias.name}.".startswith(f"{package}.")}
    return found


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_one_way(path):
    own = name_of(path)
    for full in imported(path):
        other = full.removeprefix("nrr_core.")
        if other in {"__version__", "VERSION"} or other.split(".")[0] == own.split(".")[0]:
            continue
        assert floor(other) < floor(own), f"{own} imports {other}"


def owners(needle, folder):
    return {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / folder).rglob("*.py")
        if any(needle in line for line in p.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#"))
    }


def test_importing_the_library_leaves_streamlit_and_altair_out():
    code = "import sys, nrr_core as n; n.read, n.retention, n.accounts; print(sorted({'streamlit', 'altair'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("streamlit", ()),
        ("altair", ("charts",)),
        ("duckdb", ("ingest", "engines", "model", "reading")),
        ("xlsxwriter", ("report",)),
        ("pptx", ("report",)),
        ("PIL", ("report",)),
        ("lxml", ()),
        ("sqlalchemy", ("store",)),
        ("alembic", ("store",)),
    ],
)
def test_package_is_imported_in_its_rooms_only(package, rooms):
    for path in modules():
        if imported(path, package):
            assert name_of(path).split(".")[0] in rooms, name_of(path)


@pytest.mark.parametrize(
    ("needle", "owner"),
    [
        ("st.session_state", "pages/ui/state.py"),
        ("@st.cache", "pages/ui/cache.py"),
        ("except Exception", None),
    ],
)
def test_hazard_has_one_owner(needle, owner):
    allowed = {owner} if owner else {"pages/ui/shell.py", "pages/ui/jobs.py", "pages/server/health.py"}
    assert owners(needle, "pages") <= allowed


def test_data_never_reaches_html_or_a_markdown_table():
    for needle in ("unsafe_allow_html", "st.html(", "st.table(", "st.write("):
        assert not owners(needle, "pages"), needle


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda p: p.name)
def test_page_is_short_and_computes_nothing(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 60
    names = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert not names, "a page wires; the library computes"
    assert not imported(path, "pandas")
    assert not imported(path, "numpy")


def test_public_names_are_the_listed_ones():
    import nrr_core as nrr  # noqa: PLC0415 - looked at from outside

    for name in nrr.__all__:
        assert getattr(nrr, name) is not None
    assert set(dir(nrr)) == set(nrr.__all__)
    with pytest.raises(AttributeError):
        _ = nrr.no_such_name


def test_every_module_says_what_is_public():
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), name_of(path)
        public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
        if public and path.name != "__main__.py":
            listed = [n for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"]
            assert listed, f"{name_of(path)} has public names and no __all__"


def test_what_draws_a_pack_knows_nothing_of_retention():
    """Slides, sheets and tables take pages; only what makes the pages asks the library."""
    renderers = ("slides", "slide_charts", "slide_tables", "chart_data", "canvas", "fit", "book", "brand", "page")
    asking = ("explore", "ledger", "explain", "metrics", "measures", "dataset", "definition")
    for name in renderers:
        path = ROOT / "nrr_core" / "report" / "pack" / f"{name}.py"
        for full in imported(path):
            assert full.removeprefix("nrr_core.").split(".")[0] not in asking, f"{name} imports {full}"
            assert not full.startswith("nrr_core.report.pack.facts"), name


def test_a_deck_is_paid_for_by_who_builds_one():
    asked = "import sys; from nrr_core import report; report.pages('qbr'); "
    code = asked + "print(sorted({'pptx', 'PIL', 'lxml', 'xlsxwriter'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
