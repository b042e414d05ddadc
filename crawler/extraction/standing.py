"""The crawler room, extraction: whether a text tells of something that happened or describes what stands.

For pages that carry no date, no origin and no address to judge by: an "about us" is a page, a report is an article.
Weights are small and few on purpose; each reason is named, so that a wrong verdict can be explained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

OPENING = 3  # paragraphs that say what a text is about
OPENING_CHARS = 1500

_TITLE = re.compile(
    r"^(?:about\b(?!\s\d)(?!.*\b(?:how|why|what)\b).{0,60}|(?:a\s)?(?:brief\s|general\s)?(?:introduction|overview|profile|history|background)|who we are|what we do|our\s(?:mission|vision|history|story|team|people|values|institute|partners?)|(?:the\s)?(?:mission|vision)(?:\s(?:and|&)\s\w+)?(?:\sstatement)?"
    r"|contact(?:\s?us|s)?|get in touch|location|how to (?:reach|find|get to) us|directions|organi[sz]ation(?:al)?(?:\s(?:chart|structure))?|structure|leadership|management|directors?|staff|team|people|faculty|members|facilities|research (?:areas?|fields?|divisions?|groups?)|departments?|divisions?|laborator(?:y|ies)|campus(?:\slife)?|privacy(?:\s(?:policy|statement|notice))?|terms(?:\s(?:of|and)\s.+)?|imprint|legal\s?notices?|disclaimer|sitemap|site map|faqs?|frequently asked questions|links|partners?|message from the (?:director|president)|director[’']s message|welcome(?:\sto\b.{0,60})?|cooperation|admissions?|services?"
    r"|über uns|das institut|profil|geschichte|leitbild|impressum|datenschutz(?:erklärung)?|kontakt|anfahrt|organisation|à propos.{0,40}|qui sommes[- ]nous|présentation|historique|mentions légales|nous contacter|quiénes somos|sobre (?:nosotros|el\s.{1,40}|a\s.{1,40}|o\s.{1,40}|nós)|historia|presentación|contacto|aviso legal|quem somos|apresentação|contato|chi siamo|storia|contatti|о нас|об институте|история|контакты|o nas|kontakt|over ons|hakkımızda|om oss"
    r"|.{0,24}(?:简介|概况|介绍|概览|总览|简史|历史沿革|大事记|组织机构|机构设置|组织结构|领导班子|现任领导|历任领导|所长致辞|院长致辞|主任致辞|联系我们|联系方式|关于我们|关于本站|网站声明|隐私政策|版权声明|法律声明|发展历程|办学理念|校训|师资队伍|研究方向|机构职能|主要职责|簡介|關於我們|聯絡我們|沿革|組織架構)|会社概要|研究所概要|沿革|所長挨拶|お問い合わせ|アクセス|소개|연혁|인사말|오시는\s?길)$",
    re.IGNORECASE,
)
_MAYBE_TITLE = re.compile(
    r"^(?:the\s|a\s)?(?:brief\s|general\s|short\s)?(?:introduction|overview|profile|history|background|structure|organi[sz]ation)\s(?:to|of)\b",
    re.IGNORECASE,
)
_STANDS = re.compile(
    r"\b(?:was|were)\s(?:first\s|originally\s|formally\s|officially\s)?(?:founded|established|set up|created|built|formed)\s(?:in|on)\s(?:\w+\s)?(?:1[89]|20)\d\d|\b(?:founded|established)\sin\s(?:1[89]|20)\d\d|\b(?:is|are)\s(?:located|situated|based|headquartered)\sin\b|\bthere are (?:currently|now|about|more than|over)\b|\bcurrently,?\s(?:\w+\s){0,3}(?:has|have|employs|hosts|offers)\b|\bit (?:offers|consists of|comprises|is (?:a|an|one of))\b|\b(?:our|the) (?:mission|vision|aim) is\b|\bwe (?:are|offer|provide|believe|strive)\b|\bis (?:a|an|the) (?:\w+[\s-]){0,4}(?:institute|institution|university|organi[sz]ation|agency|laboratory|centre|center|body|network|association|base)\b|\bfull-time (?:staff|employees)\b|\b(?:has|with) (?:a staff of|(?:more than |over |about )?[\d,]+ (?:employees|staff|researchers|professionals|members|students))"
    r"|wurde (?:im jahr(?:e)? )?(?:1[89]|20)\d\d gegründet|(?:1[89]|20)\d\d gegründet|hat (?:seinen|ihren) sitz in|ist (?:ein|eine|das|die) (?:\w+ ){0,3}(?:institut|einrichtung|forschungs\w+)|a été (?:fondé|créé)e? en (?:1[89]|20)\d\d|fondée? en|créée? en (?:1[89]|20)\d\d|fue (?:fundad|cread)[oa] en|fundad[oa] en|foi (?:fundad|criad)[oa] em|fondato nel|основан[ао]? в|был[ао]? основан|został[ao]? założon"
    r"|(?:成立|创建|始建|创立|组建|建立|筹建|創立|設立)(?:于|於)|(?:1[89]|20)\d\d年\S{0,12}(?:成立|创建|组建|建立|创办)|(?:位于|坐落于|坐落在|地处)|(?:现有|拥有|设有|下设|现设|占地)\S{0,16}(?:人|名|个|余|平方|实验室|部门|专业|亩)|我(?:所|院|校|中心)(?:是|现)|是(?:我国|中国|国家|全国|一所|一个|国内)\S{0,30}(?:研究所|研究院|大学|机构|单位|基地|中心)|设立され|に所在|でできた|설립",
    re.IGNORECASE,
)
_MONTHS = r"(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
_HAPPENS = re.compile(
    rf"\b(?:on|from|until|by)\s(?:the\s)?(?:{_MONTHS}\s\d{{1,2}}(?:st|nd|rd|th)?\b|\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTHS})|\b(?:on\s)?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b(?!s)|\b(?:recently|yesterday|today|last (?:week|month|night)|this (?:week|month|morning)|earlier this)\b|\b(?:announced|unveiled|inaugurated|signed|visited|attended|opened|celebrated|took part|was held|were held|took place|has launched|was launched|launched|reported|published in|was awarded|were awarded|won|hosted|organi[sz]ed|kicked off|concluded|delivered (?:a|the) (?:speech|report|lecture|talk))\b"
    r"|am \d{1,2}\. (?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)|\b(?:gestern|heute|kürzlich|eröffnet|verliehen|ausgezeichnet|unterzeichnet|stattgefunden|fand\b.{0,40}statt)\b|\ble \d{1,2}(?:er)? (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)|\b(?:hier|aujourd[’']hui|récemment|a annoncé|a signé|s[’']est tenue?|a eu lieu|inauguré|lance)\b|\bel \d{1,2} de \w+|\b(?:ayer|hoy|anunció|inauguró|firmó|se celebró|tuvo lugar|ontem|hoje|anunciou|inaugurou|assinou|realizou|ieri|oggi|annunciato|inaugurato|firmato|si è svolt)\w*|(?:вчера|сегодня|состоял|прошел|прошла|подписал|открыл)\w*"
    r"|\d{1,2}月\d{1,2}日|近日|日前|昨日|昨天|今日|今天|本周|上周|上午|下午|日晚|举行|召开|举办|发布了|出席|参加了|签署|揭牌|启动|开幕|闭幕|获奖|荣获|获得|考察|调研|来访|座谈|会议|讲座|报告会|論文|発表|開催|受賞|개최|수상|발표",
    re.IGNORECASE,
)
_NEWS_PLACES = re.compile(r"news|press|events?|media|stor(?:y|ies)|blog|announcements?|aktuell|meldung|presse|actualit|communiqu|notici|prensa|notíci|notizi|comunicat|новост|пресс|新闻|新聞|动态|動態|公告|通知|要闻|快讯|头条|进展|资讯|活动|ニュース|お知らせ|プレス|뉴스|소식|보도", re.IGNORECASE)  # fmt: skip
_STANDING_PLACES = re.compile(r"^about|^contact|introduction|overview|organi[sz]ation|über uns|institut$|à propos|présentation|quiénes|sobre|chi siamo|о нас|概况|简介|关于|机构|联系|概要|소개", re.IGNORECASE)  # fmt: skip


def is_standing_title(title: str) -> bool:
    """Whether a headline names a standing page ("About us", "研究所简介")."""
    return _TITLE.match(title.strip(" .:：")) is not None


def weigh(title: str | None, paragraphs: Sequence[str], trail: Sequence[str] = ()) -> Iterator[tuple[float, str]]:
    """Signs for an article (positive) and for a standing page (negative), each with its reason."""
    if title and is_standing_title(title):
        yield -1.5, "titled like a standing page"
    elif title and _MAYBE_TITLE.match(title):
        yield -0.7, "titled somewhat like a standing page"
    places = " ".join(trail[:-1] if title and trail and trail[-1] == title else trail)
    if places and _NEWS_PLACES.search(places):
        yield 1.5, "among news"
    elif any(_STANDING_PLACES.search(crumb) for crumb in trail):
        yield -1.5, "among the pages about the house"
    opening = " ".join(paragraphs[:OPENING])[:OPENING_CHARS]
    stands = len({match[0].lower() for match in _STANDS.finditer(opening)})
    happens = len({match[0].lower() for match in _HAPPENS.finditer(f"{title or ''} {opening}")})
    if stands:
        yield -0.7 * min(stands, 3), "describes what stands"
    if happens:
        yield 0.5 * min(happens, 4), "tells what happened"
