"""Settings of the property tests: `HYPOTHESIS_PROFILE=quick` for the quick loop, `thorough` for a long look."""

import os

from hypothesis import HealthCheck, settings

for name, examples in (("quick", 3), ("default", 25), ("thorough", 300)):
    settings.register_profile(
        name, max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=name == "default"
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
