"""The front door as a module: `python -m newsarchive` is `newsarchive`."""

import sys

from newsarchive.cli import main

if __name__ == "__main__":
    sys.exit(main())
