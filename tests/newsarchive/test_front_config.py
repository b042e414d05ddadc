"""Settings: file, environment and command line become one value, and every mistake names its place."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from newsarchive.config import Attachments, BadSettings, read_settings, unknown_variables


@pytest.fixture
def write(tmp_path):
    def written(text: str, name: str = "newsarchive.toml") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return written


def read(folder, environment=None, **given):
    return read_settings(folder=folder, environment=environment or {}, **given)


def test_without_a_file_there_are_defaults(tmp_path):
    settings = read(tmp_path)
    assert settings.archive == f"sqlite:///{tmp_path}/newsarchive.db"
    assert settings.captures == tmp_path / "captures"
    assert settings.limits.delay == timedelta(seconds=2)
    assert (settings.contact, settings.proxy, settings.file) == (None, None, None)


def test_paths_in_a_file_are_relative_to_that_file(tmp_path, write):
    file = write('archive = "sqlite:///data/a.db"\nsources = ["mine"]', "etc/newsarchive.toml")
    settings = read(tmp_path, config=file)
    assert settings.archive == f"sqlite:///{tmp_path}/etc/data/a.db"
    assert settings.captures == tmp_path / "etc/data/captures"
    assert settings.sources == (tmp_path / "etc/mine",)


def test_without_a_word_own_sources_lie_in_my_sources_once_it_is_there(tmp_path, write):
    """`sources new` writes there, and what it wrote is crawled from then on."""
    file = write("", "etc/newsarchive.toml")
    settings = read(tmp_path, config=file)
    assert (settings.own_sources, settings.folders()) == (tmp_path / "etc/my-sources", ())
    settings.own_sources.mkdir()
    assert settings.folders() == (tmp_path / "etc/my-sources",)
    named = read(tmp_path, sources=(tmp_path / "mine",))
    assert (named.own_sources, named.folders()) == (tmp_path / "mine", (tmp_path / "mine",))


def test_the_environment_is_above_the_file_and_the_command_line_above_both(tmp_path, write):
    write('archive = "sqlite:///file.db"\ncontact = "file@example.org"\n[limits]\ndelay = "9s"\nworkers = 3')
    environment = {
        "NEWSARCHIVE_ARCHIVE": "sqlite:///env.db",
        "NEWSARCHIVE_CONTACT": "env@example.org",
        "NEWSARCHIVE_LIMITS_DELAY": "0s",
        "NEWSARCHIVE_LIMITS_WORKERS": "7",
        "NEWSARCHIVE_SOURCES": "a:b",
    }
    settings = read(tmp_path, environment, archive="sqlite:////abs/line.db", sources=(Path("c"),))
    assert settings.archive == "sqlite:////abs/line.db"
    assert settings.contact == "env@example.org"
    assert settings.limits.delay == timedelta(0)
    assert settings.limits.workers == 7
    assert settings.sources == (tmp_path / "a", tmp_path / "b", tmp_path / "c")


def test_another_archive_has_captures_of_its_own(tmp_path, write):
    """Nobody erases the captures of the archive in use by trying something out on another one."""
    write('archive = "sqlite:///a.db"\ncaptures = "/srv/captures"')
    assert read(tmp_path).captures == Path("/srv/captures")
    assert read(tmp_path, archive="sqlite:///a.db").captures == Path("/srv/captures")
    assert read(tmp_path, archive="sqlite:///drill/a.db").captures == tmp_path / "drill" / "captures"
    said = {"NEWSARCHIVE_CAPTURES": "/drill/captures"}
    assert read(tmp_path, said, archive="sqlite:///drill/a.db").captures == Path("/drill/captures")
    assert read(tmp_path, archive="postgresql:///other").captures == Path("/srv/captures")
    write('captures = "/srv/captures"')
    assert read(tmp_path, archive="sqlite:///drill/a.db").captures == Path("/srv/captures")


def test_the_file_is_found_by_name_in_the_environment(tmp_path, write):
    write('contact = "named@example.org"', "other.toml")
    assert read(tmp_path, {"NEWSARCHIVE_CONFIG": "other.toml"}).contact == "named@example.org"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('contcat = "x"', "unknown key 'contcat' (did you mean 'contact'?)"),
        ('[limits]\ndelya = "2s"', "unknown key 'limits.delya' (did you mean 'limits.delay'?)"),
        ('delay = "2s"', "did you mean 'limits.delay'?"),
        ('[limits]\ndelay = "2"', "limits.delay: '2' is not a length of time"),
        ("[limits]\nworkers = 0", "limits.workers must be a whole number from 1 to 64"),
        ("archive = 3", "archive must be text in quotes"),
        ('archive = "mysql://x"', "not 'mysql'"),
        ('archive = "sqlite://"', "names no file"),
        ('sources = "mine"', "sources must be a list of folders"),
        ('proxy = "ftp://x"', "is no HTTP proxy"),
        ("archive = ", "is not valid TOML"),
        ('log = "loud"', "write 'words' or 'json'"),
        ('metrics = "9464"', 'is no host and port: write "127.0.0.1:9464"'),
        ('[limits]\nmemory = "much"', "is no amount of memory"),
        ('[limits]\nmemory = "5MB"', "the least is 200MB"),
        ('[alarms]\nemial = ["a@b"]', "did you mean 'alarms.email'?"),
        ('[alarms]\nemail = ["ops@example.org"]', "alarms.email needs alarms.smtp"),
        ('[alarms]\nemail = ["ops"]\nsmtp = "smtp://mail.example.org"', "'ops' is no mail address"),
        ('[alarms]\nemail = "ops@example.org"', 'must be a list of addresses, like ["ops@example.org"]'),
        ('[alarms]\nsmtp = "mail.example.org"', 'write "smtp://user:password@mail.example.org:587"'),
        ('[alarms]\nwebhook = "ops"', 'write "https://ops.example.org/alarms"'),
        ('[alarms]\ndigest = "25:00"', 'is no time of day: write "08:00"'),
        ('[alarms]\nallow_private = ["10.0.0.5"]', 'write "10.0.0.5:9000"'),
        ('[alarms]\nlate = "1s"', "too short"),
        ('[attachments]\nfetch = "no"', "attachments.fetch must be true or false, not 'no'"),
        ('[attachments]\nmax_bytes = "1GB"', "is out of bounds: from 1B to 100MB"),
        ("[attachments]\nimgaes = false", "did you mean 'attachments.images'?"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_what_to_write(tmp_path, write, text, said):
    file = write(text)
    with pytest.raises(BadSettings) as error:
        read(tmp_path)
    assert said in str(error.value)
    assert str(file) in str(error.value)


def test_a_mistake_in_the_environment_names_the_variable(tmp_path):
    with pytest.raises(BadSettings, match="NEWSARCHIVE_LIMITS_CRAWL"):
        read(tmp_path, {"NEWSARCHIVE_LIMITS_CRAWL": "soon"})


def test_attachments_are_switched_in_the_file_and_above_it_in_the_environment(tmp_path, write):
    assert read(tmp_path).attachments == Attachments(fetch=True, images=True, max_bytes=32_000_000)
    write('[attachments]\nfetch = false\nmax_bytes = "5MB"')
    told = read(tmp_path, {"NEWSARCHIVE_ATTACHMENTS_IMAGES": "no"}).attachments
    assert told == Attachments(fetch=False, images=False, max_bytes=5_000_000)
    assert read(tmp_path, {"NEWSARCHIVE_ATTACHMENTS_FETCH": "true"}).attachments.fetch


def test_a_named_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(BadSettings, match="--config names"):
        read(tmp_path, config=Path("nope.toml"))


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({"http_proxy": "http://p:3128"}, "http://p:3128"),
        ({"https_proxy": "p:3128"}, "http://p:3128"),
        ({"HTTP_PROXY": "http://evil:1"}, None),
        ({"http_proxy": "http://p:1", "NEWSARCHIVE_PROXY": "http://own:2"}, "http://own:2"),
    ],
)
def test_the_proxy_is_the_operators_own_or_the_usual_variable(tmp_path, environment, proxy):
    assert read(tmp_path, environment).proxy == proxy


def test_misspelt_variables_are_noticed():
    assert unknown_variables({"NEWSARCHIVE_CONTCAT": "x", "NEWSARCHIVE_CONTACT": "y", "PATH": "z"}) == [
        "NEWSARCHIVE_CONTCAT"
    ]


def test_a_plain_path_is_a_sqlite_file(tmp_path):
    assert read(tmp_path, archive="here.db").archive == f"sqlite:///{tmp_path}/here.db"


def test_alarms_are_set_in_the_file_or_by_variables(tmp_path, write):
    write(
        '[alarms]\nwebhook = "https://ops.example.org/x"\nsecret = "whsec_YQ=="\nemail = ["a@example.org"]\n'
        'smtp = "smtp+starttls://u:p@mail.example.org"\ncommand = ["page", "me"]\ndigest = "07:30"\nlate = "3h"'
    )
    alarms = read(tmp_path).alarms
    assert (alarms.webhook, alarms.email, alarms.command) == (
        "https://ops.example.org/x",
        ("a@example.org",),
        ("page", "me"),
    )
    assert (alarms.digest, alarms.late) == (time(7, 30), timedelta(hours=3))
    environment = {
        "NEWSARCHIVE_ALARMS_EMAIL": "b@example.org, c@example.org",
        "NEWSARCHIVE_ALARMS_COMMAND": "page 'all of us'",
        "NEWSARCHIVE_ALARMS_ALLOW_PRIVATE": "10.0.0.5:9000,[::1]:80",
        "NEWSARCHIVE_LIMITS_MEMORY": "2.5GB",
        "NEWSARCHIVE_METRICS": "[::1]:9464",
        "NEWSARCHIVE_LOGS": "elsewhere",
    }
    settings = read(tmp_path, environment)
    assert settings.alarms.email == ("b@example.org", "c@example.org")
    assert settings.alarms.command == ("page", "all of us")
    assert settings.alarms.allow_private == ("10.0.0.5:9000", "[::1]:80")
    assert (settings.limits.memory, settings.metrics) == (2_500_000_000, ("::1", 9464))
    assert settings.logs == tmp_path / "elsewhere"
    assert read(tmp_path, {"NEWSARCHIVE_LIMITS_MEMORY": "0"}).limits.memory == 0
