"""The crawler room: Scrapy's settings, every default that bites set by hand. Also read by `scrapy list` and `scrapy crawl`.

The four settings of our own are given by whoever starts a crawl; for the bare `scrapy` command alone they may also come
from `-s NAME=…` or from the environment, which no other module of this room reads.
"""

from __future__ import annotations

import os

# ---- ours -----------------------------------------------------------------------------------------------------------
NEWSARCHIVE_ARCHIVE = os.environ.get("NEWSARCHIVE_ARCHIVE", "sqlite:///newsarchive.db")
NEWSARCHIVE_CAPTURES = os.environ.get("NEWSARCHIVE_CAPTURES", "")  # empty: "captures" beside the SQLite file
NEWSARCHIVE_CONTACT = os.environ.get("NEWSARCHIVE_CONTACT", "")
NEWSARCHIVE_PROXY = os.environ.get("NEWSARCHIVE_PROXY", "")
NEWSARCHIVE_SOURCES = [p for p in os.environ.get("NEWSARCHIVE_SOURCES", "").split(os.pathsep) if p]

# ---- Scrapy's -------------------------------------------------------------------------------------------------------
BOT_NAME = "newsarchive"
SPIDER_LOADER_CLASS = "crawler.catalog.SourceLoader"
SPIDER_MODULES: list[str] = []
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
ASYNCIO_EVENT_LOOP = None

# Nothing listens, nothing takes orders from outside.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_HANDLERS = {
    "http": "crawler.http.Handler",
    "https": "crawler.http.Handler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_MAXSIZE = 16 * 1024**2  # bytes, before and after decompression; each request names its own
DOWNLOAD_WARNSIZE = 0  # what is too large is counted in the report
DOWNLOAD_TIMEOUT = 30  # seconds from sending to the last byte; each request names its own
DOWNLOAD_FAIL_ON_DATALOSS = True  # half a page must not become a revision

# One request at a time; the pause between two is kept by crawler.pace, across processes.
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0
AUTOTHROTTLE_ENABLED = False
REACTOR_THREADPOOL_MAXSIZE = 8

# crawler.fetch follows redirects, retries, reads robots.txt and sets headers itself, so that scope and address are
# judged at every hop, and crawler.unpack undoes encodings strictly. None of Scrapy's middlewares is left.
ROBOTSTXT_OBEY = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
RETRY_ENABLED = False
COOKIES_ENABLED = False
HTTPCACHE_ENABLED = False
REFERER_ENABLED = False
HTTPPROXY_ENABLED = False
COMPRESSION_ENABLED = False
DEFAULT_REQUEST_HEADERS: dict[str, str] = {}
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}
ITEM_PIPELINES: dict[str, int] = {}

LOG_LEVEL = "WARNING"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_FORMATTER = "crawler.http.Quiet"
LOG_SHORT_NAMES = True
STATS_DUMP = False
