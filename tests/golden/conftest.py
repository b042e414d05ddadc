"""`pytest tests/golden --update-golden` rewrites every article.json from today's reading; the diff is reviewed like code."""


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite article.json of every golden page")
