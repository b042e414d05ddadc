"""What the demo's six sites publish in a month: news every few hours to once a week, corrections, a withdrawal. For month.py."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta

from newsarchive.demo.server import FIRST_DAY
from newsarchive.demo.sites import Edit, Item, Site, Withdrawal

LAST_QUIET = 1.5  # days at the end without news, so that what came last is found
SPECIES = [
    "moss",
    "fern",
    "lichen",
    "sedge",
    "heather",
    "birch",
    "alder",
    "rowan",
    "juniper",
    "gorse",
    "thistle",
    "clover",
    "vetch",
    "yarrow",
    "sorrel",
    "plantain",
]
PLACES = [
    "garden",
    "ridge",
    "harbour",
    "quarry",
    "meadow",
    "terrace",
    "island",
    "valley",
    "greenhouse",
    "cellar",
    "tower",
    "bridge",
    "orchard",
    "canal",
]
DEEDS = [
    "measured",
    "counted",
    "mapped",
    "weighed",
    "photographed",
    "compared",
    "dried",
    "numbered",
    "traced",
    "sorted",
    "watered",
    "drew",
]
ZH_SPECIES = [
    "苔藓",
    "蕨类",
    "地衣",
    "石楠",
    "白桦",
    "赤杨",
    "花楸",
    "杜松",
    "蓟草",
    "三叶草",
    "野豌豆",
    "酸模",
    "车前",
    "芦苇",
    "睡莲",
    "冷杉",
]
ZH_PLACES = [
    "花园",
    "山脊",
    "港口",
    "采石场",
    "草甸",
    "梯田",
    "岛屿",
    "山谷",
    "温室",
    "地窖",
    "塔楼",
    "桥梁",
    "果园",
    "运河",
]
ZH_DEEDS = ["测量", "统计", "绘制", "称量", "拍摄", "比较", "晾晒", "编号", "追踪", "分类", "浇灌", "描绘"]


@dataclass(frozen=True)
class Manner:
    """How a site publishes in the month."""

    path: str
    every_days: float
    chinese: bool = False


MANNERS = {
    "yiao-english": Manner("/ns/{ym}/t{ymd}_{n}.html", 0.4),
    "lipp-english": Manner("/news/ue/{ym}/t{ymd}_{n}.html", 1.1),
    "yunchuan-city": Manner("/news/{y}-{m}/{d}/c_{n}.html", 0.7, chinese=True),
    "meridian-press": Manner("/news/finding-{n}.html", 2.5),
    "yiao-chinese": Manner("/xwdt/zhxw/{ym}/t{ymd}_{n}.html", 0.6, chinese=True),
    "hollin-lake": Manner("/{y}/{m}/story-{n}/", 7.0),
}


def text(rng: random.Random, *, chinese: bool) -> tuple[str, tuple[str, ...]]:
    """A title and paragraphs that nobody else has."""
    if chinese:
        pick = lambda: f"{rng.choice(ZH_PLACES)}里的{rng.choice(ZH_SPECIES)}{rng.randint(2, 999)}株"  # noqa: E731
        title = f"研究人员{rng.choice(ZH_DEEDS)}{pick()}"
        lines = [
            f"工作组在{rng.randint(2, 30)}天内{rng.choice(ZH_DEEDS)}了{pick()}，并与{pick()}作了{rng.choice(ZH_DEEDS)}。"
            for _ in range(12)
        ]
        return title, tuple("".join(lines[n : n + 4]) for n in (0, 4, 8))
    pick = lambda: f"{rng.randint(2, 999)} {rng.choice(SPECIES)} plants in the {rng.choice(PLACES)}"  # noqa: E731
    title = f"A group {rng.choice(DEEDS)} {pick()}"
    lines = [
        f"Within {rng.randint(2, 30)} days the group {rng.choice(DEEDS)} {pick()} and {rng.choice(DEEDS)} {pick()} as well."
        for _ in range(12)
    ]
    return title, tuple(" ".join(lines[n : n + 4]) for n in (0, 4, 8))


def month_of(site: Site, days: float, seed: int = 1) -> Site:
    """The site with a month of news after its own: items at fractions of days, corrections, one withdrawal."""
    manner, rng = MANNERS[site.slug], random.Random(f"{site.slug} {seed}")
    model = next(item for item in site.items if item.news)
    items: list[Item] = []
    at = 2.0
    while (at := at + manner.every_days * rng.uniform(0.4, 1.6)) < 1 + days - LAST_QUIET:
        when = (FIRST_DAY + timedelta(days=at - 1)).date()
        values = {"y": when.year, "m": f"{when:%m}", "d": f"{when:%d}", "ym": f"{when:%Y%m}", "ymd": f"{when:%Y%m%d}"}
        title, paragraphs = text(rng, chinese=manner.chinese)
        items.append(
            replace(
                model,
                path=manner.path.format(n=500_000 + len(items), **values),
                title=title,
                paragraphs=paragraphs,
                since=at,
                date=_day_in(model.date, when.isoformat()),
                listed=_day_in(model.listed, when.isoformat()),
                reprint_of=None,
                attachment=None,
                image=None,
            )
        )
    edits = list(site.edits)
    for item in items[3::7]:
        was = item.paragraphs[0]
        edits.append(Edit(path=item.path, since=item.since + rng.uniform(0.2, 1.5), was=was, now=f"{was} (2026)"))
    gone = tuple(Withdrawal(path=item.path, since=item.since + 3) for item in items[5:6])
    return replace(
        site, items=(*reversed(items), *site.items), edits=tuple(edits), withdrawals=(*site.withdrawals, *gone)
    )


def _day_in(stated: str | None, day: str) -> str | None:
    return stated and day + stated[10:]
