"""The documentation names everything there is: commands, options, settings, source keys; and every link in it leads somewhere."""

import re
import tomllib
from pathlib import Path

import pytest
import typer

from archive import ChangeKind, Outcome, Status
from crawler import load_source
from crawler.source import _KEYS as SOURCE_KEYS
from newsarchive.cli import app
from newsarchive.config import KEYS as SETTINGS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text_of(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def commands(group=None, path=()):
    """Every command with its options, as ("schedule list", ["--json"])."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            options = [long for p in command.params for long in p.opts if long.startswith("-")]
            yield " ".join((*path, name)), options


@pytest.mark.parametrize(
    ("command", "options"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_is_documented(command, options):
    text = text_of("commands.md")
    assert re.search(rf"`{command}[ `]", text), command
    own = next(part for part in re.split(r"\n(?=\n|## )", text) if f"**`{command}" in part)
    missing = [option for option in options if option not in {"--help", "-h"} and f"`{option}" not in own]
    assert not missing


def test_the_shared_options_are_documented():
    text = text_of("commands.md")
    for parameter in typer.main.get_command(app).params:
        for option in parameter.opts:
            if option not in {"--install-completion", "--show-completion"}:
                assert f"`{option}" in text


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_is_documented_with_its_variable(key):
    text = text_of("settings.md")
    assert f"| `{key}` |" in text
    assert f"`NEWSARCHIVE_{key.upper().replace('.', '_')}`" in text


@pytest.mark.parametrize(("table", "key"), [(table, key) for table, keys in SOURCE_KEYS.items() for key in keys])
def test_every_source_key_is_documented(table, key):
    assert (
        f"`{key}`" in text_of("sources.md")
        or f"`[{key}]`" in text_of("sources.md")
        or f"`[[{key}]]`" in text_of("sources.md")
    )


@pytest.mark.parametrize("word", [*ChangeKind, *Status])
def test_every_kind_of_change_and_status_is_documented(word):
    assert f"`{word}`" in text_of("archive-and-feed.md")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_documented(outcome):
    assert f"| `{outcome}` |" in text_of("outcomes.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_toml_example_is_valid(page, tmp_path):
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)):
        table = tomllib.loads(block)
        if "discover" in table:  # a whole source file: it loads as one
            file = tmp_path / f"example-{number}.toml"
            file.write_text(block, encoding="utf-8")
            assert load_source(file).discover


def test_the_example_source_loads():
    assert load_source(ROOT / "examples" / "leaf-genetics.toml").slug == "leaf-genetics"
