"""Every bar in its quick form: the demand is met, and the check was seen to fail where the protection is left out."""

import pytest

from qa import bars
from qa.__main__ import main
from qa.bar import Result, judged

ELSEWHERE = {"disk", "kill", "power"}  # tests/qa/test_faults.py
NAMES = [name for name in bars.names() if name not in ELSEWHERE]
BROWSER = [name for name in NAMES if getattr(bars.bar(name), "BROWSER", False)]


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.browser] if name in BROWSER else []) for name in NAMES])
def test_the_bar_is_met_and_its_control_is_not(name):
    result = judged(bars.bar(name), full=False)
    assert result.passed, (result.found, result.faults)
    assert result.control_failed, result.control


def test_a_bar_that_cannot_see_its_control_is_not_met():
    kept = {"name": "x", "demanded": "0", "found": "0", "control": "0"}
    assert Result(**kept, passed=True, control_failed=True).met
    assert not Result(**kept, passed=True, control_failed=False).met
    assert not Result(**kept, passed=False, control_failed=True).met


def test_an_unknown_bar_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["everything"])
    assert "There is: " in capsys.readouterr().err
