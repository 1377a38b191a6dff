"""README and docs agree with the code."""

import doctest
import re
from pathlib import Path

import pytest

import nrr_core as nrr
from nrr_core import PRESETS, charts, metrics
from nrr_core.definition import KNOBS, Definition
from nrr_core.examples import EXAMPLES
from nrr_core.ingest.layouts import LAYOUTS
from nrr_core.stamp import VERSION

ROOT = Path(__file__).resolve().parents[2]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_metric_table_of_the_readme_is_the_registry():
    block = re.search(r"<!-- metrics:[^\n]*\n(.*?)<!-- /metrics -->", read("README.md"), re.DOTALL)[1]
    want = "".join(f"| {m.label} | {m.formula} |\n" for m in metrics.METRICS.values())
    assert block == want


def test_every_metric_has_meaning_formula_and_source():
    for metric in metrics.METRICS.values():
        assert len(metric.meaning) > 20, metric.name
        assert metric.formula
        assert metric.source
        assert metric.better in {"up", "down"}


def test_the_notebook_of_the_readme_runs():
    code = re.search(r"```python\n(.*?)```", read("README.md"), re.DOTALL)[1].replace('"data/', f'"{ROOT}/data/')
    scope = {}
    exec(code, scope)  # noqa: S102 - our own README
    assert scope["data"].accounts == 2_000


def test_the_notebook_and_the_file_of_the_scenarios_page_run():
    text = read("docs/scenarios.md")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1].replace('"data/', f'"{ROOT}/data/')
    scope = {}
    exec(code, scope)  # noqa: S102 - our own documents
    plan = nrr.scenarios.from_json(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])
    assert [step.split(",")[0] for step in scope["found"].effects["step"]] == [
        "Baseline", "Churn −50%", "Price +4%", "Account decisions", "Interaction", "Scenario",
    ]  # fmt: skip
    assert nrr.project(scope["data"], plan).decided["account_id"].tolist() == ["A0981"]


def test_every_lever_and_decision_is_documented():
    text = read("docs/scenarios.md")
    for name in (*nrr.scenarios.LEVERS, *nrr.scenarios.ACTIONS):
        assert re.search(rf"\b{name}\b", text), name


def test_the_package_docstring_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert doctest.testmod(nrr).failed == 0
    assert doctest.testmod(nrr).attempted == 4


@pytest.mark.parametrize("layout", [module.NAME for module in LAYOUTS])
def test_every_layout_is_in_readme_and_docs(layout):
    assert f"| {layout} |" in read("README.md")
    assert f"| {layout} |" in read("docs/import.md")


@pytest.mark.parametrize("name", ["architecture", "adding", "testing", "import", "performance", "hosting", "scenarios", "pack"])
def test_links_between_documents_lead_somewhere(name):
    document = ROOT / "docs" / f"{name}.md"
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", read("README.md")):
        assert (ROOT / target).exists(), target


def test_versions_agree():
    assert nrr.__version__ == VERSION
    assert f'version = "{VERSION}"' in read("pyproject.toml")


def test_every_chart_is_public_and_documented():
    for name, chart in charts.CHARTS.items():
        assert name in charts.__all__
        assert "Parameters" in chart.__doc__
        assert "Returns" in chart.__doc__


def test_every_knob_of_the_card_is_explained_with_an_example():
    assert [knob.name for knob in KNOBS] == list(EXAMPLES) == list(Definition().as_dict())
    assert all(knob.label and knob.question.endswith("?") for knob in KNOBS)


def test_every_preset_and_knob_is_in_the_documents():
    page = read("docs/definitions.md")
    assert all(f"`{name}`" in page for name in (*PRESETS, *Definition().as_dict()))
