"""Where the institute of the crawler's tests is found, for those who crawl one through the command."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "crawler"))
