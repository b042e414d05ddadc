"""The crawler room: the version that names itself in User-Agent and WARC files."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("newsarchive")
except PackageNotFoundError:  # run from a checkout that is not installed
    VERSION = "0"
