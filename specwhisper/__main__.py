"""``python -m specwhisper``."""

import sys

from specwhisper.cli import main

sys.exit(main())
