"""What tests and benchmarks give to processes they start: this process's environment, without settings or proxies of an operator."""

import os


def clean_environment() -> dict[str, str]:
    """Everything but settings of newsarchive and addresses of proxies."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith("NEWSARCHIVE_")
    }
