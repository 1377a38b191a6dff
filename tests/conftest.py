"""Settings of the property tests: `HYPOTHESIS_PROFILE=quick` for the quick loop, `thorough` for a long look; a store of our own."""

import atexit
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

for name, examples in (("quick", 3), ("default", 25), ("thorough", 300)):
    settings.register_profile(
        name, max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=name == "default"
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

os.environ["NRR_DATA"] = tempfile.mkdtemp(prefix="nrr-test-store-")
atexit.register(shutil.rmtree, os.environ["NRR_DATA"], ignore_errors=True)
