"""``python -m nrr_core``."""

import sys

from nrr_core.cli import main

sys.exit(main())
