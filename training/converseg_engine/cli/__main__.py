"""``python -m converseg_engine.cli``."""

import sys

from converseg_engine.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
