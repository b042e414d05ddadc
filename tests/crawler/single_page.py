"""A site that is empty until JavaScript has run: every page is the same shell, and a script fills it from an interface."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass

import pytest
from institute import FILLER, Institute, Reply

from crawler import NoBrowser, find_browser

SHELL = """<!DOCTYPE html>
<html lang="en"><head><meta charset="gbk"><title>Leaf Institute</title>
<link rel="stylesheet" href="/style.css"><script defer src="{script}"></script></head>
<body><noscript>Please enable JavaScript to view this site.</noscript><div id="app"></div></body></html>"""

APP = """
const app = document.getElementById("app");
const text = (tag, words, name) => {
  const made = document.createElement(tag); made.textContent = words; if (name) made.className = name; return made;
};
const nav = document.createElement("div");
nav.className = "nav";
nav.innerHTML = '<a href="/">Home</a> <a href="/news/">News</a> <a href="/about/">About us</a>';
fetch("/api" + location.pathname).then(answer => answer.json()).then(page => {
  const main = text("div", "", "main");
  document.title = page.title + " - Leaf Institute";
  if (page.items) {
    const list = text("ul", "", "list");
    for (const item of page.items) {
      const line = document.createElement("li"), link = text("a", item.title);
      link.href = item.url; line.append(link, text("span", item.date)); list.append(line);
    }
    main.append(text("h2", page.title), list);
  } else {
    const content = text("div", "", "content");
    for (const words of page.paragraphs) content.append(text("p", words));
    main.append(text("h1", page.title), text("p", "Date: " + page.date, "meta"), content);
  }
  const image = document.createElement("img"); image.src = "/logo.png";
  app.append(nav, main, image, text("div", "Leaf Institute, 1 Moss Lane. All rights reserved.", "foot"));
});
"""


def has_browser() -> bool:
    """Whether there is a Chromium, and what drives it."""
    try:
        find_browser()
    except NoBrowser:
        return False
    return True


needs_browser = pytest.mark.skipif(not has_browser(), reason="needs Chromium and the extra `render`")


@dataclass
class SinglePage(Institute):
    """An institute whose pages are written by a script."""

    script: str = "/app.js"

    def __post_init__(self) -> None:
        self.pages["/app.js"] = Reply(APP.encode(), type="text/javascript", etag=False)
        self.scripts["/api/"] = lambda _: self._said({"title": "Welcome", "items": self._items(5)})
        self.scripts["/api/news/"] = lambda _: self._said({"title": "News", "items": self._items(40)})
        self.scripts["/"] = self.scripts["/news/"] = lambda _: self.shell()

    def shell(self) -> Reply:
        """What every page is."""
        return Reply(SHELL.format(script=self.script).encode())

    def article(self, path: str, title: str, *paragraphs: str, date: str = "2031-04-02") -> SinglePage:
        said = paragraphs or (FILLER.format(word=title), FILLER.format(word=f"the root of {title}"))
        self.entries[path] = (title, date)
        self.scripts[path] = lambda _: self.shell()
        self.scripts[f"/api{path}"] = lambda _: self._said({"title": title, "date": date, "paragraphs": said})
        return self

    def bad_page(self, path: str, title: str, script: str, more: str = "") -> SinglePage:
        """An article that stands in the page, beside a script."""
        self.entries[path] = (title, "2031-04-02")
        body = "".join(f"<p>{FILLER.format(word=f'{title} {n}')}</p>" for n in range(3))
        self.pages[path] = Reply(
            f"<!DOCTYPE html><html><head><title>{html.escape(title)}</title></head><body><div id='app'></div>"
            f'<h1>{html.escape(title)}</h1><p class="meta">Date: 2031-04-02</p><div class="content">{body}</div>{more}'
            f"<script>{script}</script></body></html>".encode()
        )
        return self

    def _items(self, most: int) -> list[dict[str, str]]:
        newest = list(reversed(self.entries.items()))[:most]
        return [{"url": path, "title": title, "date": date} for path, (title, date) in newest]

    def _said(self, value: object) -> Reply:
        return Reply(json.dumps(value).encode(), type="application/json", etag=False)
