"""Quick forms of the bars on kills, power cuts and full disks; each with the control that its check must catch."""

import os

import pytest

from qa.bar import judged
from qa.bars import bar
from qa.faults.shim import available

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        available() is None and os.environ.get("CI") != "true", reason="needs Linux and a C compiler: tests/ensure_tools.sh"
    ),
]


@pytest.mark.parametrize("name", ["kill", "power", "disk"])
def test_bar_holds_and_its_control_is_caught(name):
    result = judged(bar(name), full=False)
    assert result.passed, (result.found, result.faults)
    assert result.control_failed, result.control
