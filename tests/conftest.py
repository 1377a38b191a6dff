"""Settings of the property tests: `HYPOTHESIS_PROFILE=quick` for the quick loop, `thorough` for a long look.

Tests keep what lasts in a folder of this process, never in the one of the person who runs them.
"""

import atexit
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

os.environ["NRR_DATA"] = tempfile.mkdtemp(prefix="nrr-tests-")
atexit.register(shutil.rmtree, os.environ["NRR_DATA"], ignore_errors=True)

for name, examples in (("quick", 3), ("default", 25), ("thorough", 300)):
    settings.register_profile(
        name, max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=name == "default"
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
