"""The crawler room, extraction: pages that stand in the place of a page: bot challenges, login walls, soft 404s, empty shells.

Each is told by what it says of itself, and only when it has little else to say: an article about captchas is an article.
"""

from __future__ import annotations

import re

from crawler.extraction.blocks import Blocks, Flag
from crawler.extraction.declared import Declared
from crawler.stations import PageKind

WALL_CHARS = 1_500  # visible characters; a page that says more than this is no bare wall
BARE_CHARS = 400  # a page with no more has next to no text
MISSING_CHARS = 2_500  # a soft 404 comes with the site's menus
SOURCE_CHARS = 60_000  # of the source looked into for marks

# Marks in the source of pages made by protection services; each is theirs alone.
_CHALLENGE_MARKS = (
    "__jsl_clearance", "/cdn-cgi/challenge-platform/", "cf-browser-verification", "cf_chl_opt", "_cf_chl", "acw_sc__v2", "aliyun_waf", "_incapsula_resource",
    "ddos-guard", "captcha-delivery.com", "px-captcha", "_pxappid", "awswafcookiedomainlist", "gokuprops", "sucuri_cloudproxy", "sgcaptcha", "wzws-waf-cgi",
    "perfdrive.com", "/_guard/", "jschl_vc", "challenge.rbzns", "kpsdk", "$_ts=window", "yunsuo_session", "security_session_verify", "anubis_challenge",
)  # fmt: skip
_CHALLENGE_WORDS = re.compile(
    r"just a moment\.\.\.|checking your browser|checking if the site connection is secure|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|"
    r"unusual traffic|enable javascript and cookies to continue|attention required! \| cloudflare|ddos protection by|request unsuccessful\. incapsula|"
    r"access denied.{0,80}(?:reference #|permission to access)|this request was blocked|pardon our interruption|bot verification|security check to access|"
    r"complete the captcha|making sure you(?:'|’)re not a bot|"
    r"安全验证|请完成(?:以下|下列)?验证|人机验证|访问验证|滑动验证|浏览器安全检查|您的(?:访问|请求)(?:被|已被|过于)(?:拒绝|拦截|阻断|频繁)|请求被拦截|网站防火墙|"
    r"einen moment bitte\.\.\.|vérification de sécurité|проверка браузера",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPT_WORDS = re.compile(
    r"(?:please |you need to |must )?(?:enable|turn on|activate|requires?|without) (?:your )?java ?script|javascript (?:is|must be|has to be|needs to be) (?:required|disabled|enabled|not enabled|activated)|"
    r"doesn(?:'|’)t work (?:properly )?without javascript|(?:请|請)(?:先)?(?:启用|开启|打开|啟用|開啟)\s*java ?script|javascript (?:aktivieren|erforderlich)|(?:aktivieren sie|activez|activer|habilite|active|attivare|включите) (?:bitte )?java ?script|"
    r"java ?scriptを有効",
    re.IGNORECASE,
)
_MISSING_HEAD = re.compile(
    r"^\W*(?:error\s*)?(?:404|410)\b|\b404\b.{0,30}(?:not found|error|页面|seite|page|página|pagina|fehler)|(?:error|fehler|erreur)\s*[:\-]?\s*404|"
    r"page (?:was |is |could |can(?:no|')t ?)?(?:be |not )*(?:found|available|exist)|(?:page|content|article|document|file|resource) (?:you (?:requested|are looking for) )?(?:has been removed|no longer (?:exists|available)|does not exist|doesn(?:'|’)t exist|not found|unavailable)|"
    r"^\W*(?:not found|nothing found|object not found|oops)\W*|"
    r"(?:页面|网页|頁面|網頁|文章|内容|信息|该页|文件|栏目)(?:不存在|已(?:被)?删除|未找到|找不到|無法|无法(?:访问|找到|显示)|走丢)|(?:找不到|没有找到|未找到|無法找到|抱歉.{0,12}(?:不存在|删除)|访问的(?:页面|内容|文章).{0,6}(?:不存在|删除|找不到))|"
    r"seite (?:wurde )?(?:leider )?nicht gefunden|nicht gefunden|existiert nicht|page (?:introuvable|non trouvée|inexistante)|n(?:'|’)existe (?:pas|plus)|"
    r"página (?:no|não) (?:encontrada|existe|disponible)|pagina (?:non|niet) (?:trovata|gevonden)|страница не найдена|ページ(?:が|は)(?:見つかりません|存在しません|ありません)|"
    r"찾을 수 없|strona nie (?:została znaleziona|istnieje)|sidan (?:kunde inte hittas|hittades inte)|siden (?:ble|blev) ikke funnet|sayfa bulunamadı|الصفحة غير موجودة",
    re.IGNORECASE,
)
# One of these stands in whatever the pattern above matches; to look for them costs a fiftieth.
_MISSING_STEMS = ("404", "410", "found", "available", "exist", "removed", "oops", "存在", "删除", "找到", "找不到", "無法", "无法", "走丢", "gefunden", "introuvable",
                  "trouvée", "encontrada", "disponible", "trovata", "gevonden", "найден", "ページ", "찾을", "znaleziona", "istnieje", "hitta", "funnet",
                  "bulunamad", "موجودة")  # fmt: skip
_LOGIN_HEAD = re.compile(
    r"\b(?:log ?in|sign ?in|log on|sign on|single sign[- ]on|authentication|anmeld(?:en|ung)|einloggen|connexion|se connecter|identification|iniciar sesión|acceder|entrar|accedi|inloggen|logga in|вход|авторизация)\b|"
    r"登录|登入|登錄|登陆|统一身份认证|身份认证|ログイン|로그인|تسجيل الدخول",
    re.IGNORECASE,
)  # fmt: skip
_LOGIN_WALL = re.compile(
    r"(?:please |you (?:must|need to) )(?:log ?in|sign ?in|be logged in)|(?:请|請)(?:先)?(?:登录|登入)|bitte (?:melden sie sich an|einloggen)|veuillez vous (?:connecter|identifier)|(?:debe|debes) iniciar sesión",
    re.IGNORECASE,
)
_PASSWORD = re.compile(r"""<input\b[^<>]{0,500}?\stype\s*=\s*["']?password\b""", re.IGNORECASE)
NOSCRIPT_CHARS = 800  # of prose, in <noscript> too: a page with more has its text in the file
# Hidden text counts: many pages hide themselves whole until a script shows them, and hold their text all the same.
_UNSEEN, _HEADING = int(Flag.NOSCRIPT), int(Flag.HEADING)
_MOUNTS = ("root", "app", "__next", "__nuxt", "___gatsby", "svelte", "ember", "main-app", "react-root", "q-app")


def wall_of(source: str, blocks: Blocks, declared: Declared) -> tuple[PageKind, str] | None:
    """The kind and reason, when the page is a wall or a hull instead of a page; None when it is a page."""
    size = sum(len(t) for t, flags in zip(blocks.texts, blocks.flags, strict=True) if not flags & _UNSEEN)
    title = (declared.title_tag or "")[:300]
    if size <= BARE_CHARS:  # protection scripts also ride on real pages: alone they count where no text is beside them
        head = source[:SOURCE_CHARS].lower()
        if mark := next((mark for mark in _CHALLENGE_MARKS if mark in head), None):
            return PageKind.CHALLENGE, f"a bot check stands in the place of the page ({mark})"
    if size <= WALL_CHARS and (words := _CHALLENGE_WORDS.search(f"{title}\n" + "\n".join(blocks.texts[:60])[:4000])):
        return PageKind.CHALLENGE, f"a bot check stands in the place of the page (“{_shown(words)}”)"
    if missing := _missing(title, blocks, size):
        return PageKind.SOFT_404, f"it says that there is no such page (“{missing}”)"
    if login := _login(source, title, blocks, size):
        return PageKind.LOGIN, login
    # Forums keep a whole thread in <noscript>: that is text, a sentence about JavaScript there is not.
    if size <= BARE_CHARS and _prose(blocks) <= NOSCRIPT_CHARS:
        return _shell(source, blocks, size)
    return None


def _missing(title: str, blocks: Blocks, size: int) -> str | None:
    if size > 4 * MISSING_CHARS:
        return None
    found = _MISSING_HEAD.search(title) if _may_be_missing(title) else None
    if found and _prose(blocks) <= WALL_CHARS:
        return _shown(found)
    if size <= MISSING_CHARS and _prose(blocks) <= 600:
        for index, text in enumerate(blocks.texts):
            short = len(text) <= 90
            if (
                short
                and _may_be_missing(text)
                and (found := _MISSING_HEAD.search(text))
                and (blocks.flags[index] & _HEADING or size <= 500)
            ):
                return _shown(found)
    return None


def _may_be_missing(text: str) -> bool:
    lower = text.lower()
    return any(stem in lower for stem in _MISSING_STEMS)


def _login(source: str, title: str, blocks: Blocks, size: int) -> str | None:
    prose = _prose(blocks)
    if prose > 800 or size > 2 * MISSING_CHARS:
        return None
    head = " ".join([title, *(text for i, text in enumerate(blocks.texts[:80]) if blocks.flags[i] & _HEADING)])
    if _PASSWORD.search(source) and (prose < 200 or _LOGIN_HEAD.search(head)):
        return "a login form stands in the place of the page"
    wall = _LOGIN_WALL.search("\n".join(blocks.texts[:100])[:4000]) if prose < 400 and size <= WALL_CHARS else None
    if wall:
        return f"it asks to log in (“{_shown(wall)}”)"
    return None


def _shell(source: str, blocks: Blocks, size: int) -> tuple[PageKind, str] | None:
    scripts = source.count("<script") + source.count("<SCRIPT")
    asks = _SCRIPT_WORDS.search("\n".join(blocks.texts[:40])[:4000])
    if asks:
        return PageKind.SHELL, f"empty until JavaScript has run (“{_shown(asks)}”)"
    empty = (node for node, tag in enumerate(blocks.node_tags) if tag == "div" and _is_empty(blocks, node))
    ids = (blocks.attributes(blocks.node_places[node]).get("id") for node in empty)
    mount = next((name for name in ids if name in _MOUNTS), None)
    if mount and scripts:
        return PageKind.SHELL, f"empty until JavaScript has run (nothing in #{mount})"
    if scripts and size < 60 and len(source) > 2_000:
        return PageKind.SHELL, "scripts and no text"
    if (
        scripts
        and size < 60
        and re.search(r"location\.(?:href|replace)|document\.cookie|eval\(", source[:SOURCE_CHARS])
    ):
        return PageKind.SHELL, "a script that leads elsewhere, and no text"
    return None


def _is_empty(blocks: Blocks, node: int) -> bool:
    return blocks.node_first[node] == blocks.node_last[node]


def _prose(blocks: Blocks) -> int:
    """Characters of blocks that read like paragraphs."""
    return sum(len(t) for i, t in enumerate(blocks.texts) if len(t) >= 100 and 2 * blocks.linked[i] < len(t))


def _shown(match: re.Match[str]) -> str:
    return " ".join(match.group().split())[:60]
