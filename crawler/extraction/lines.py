"""The crawler room, extraction: what a short line of a page is, told from its words alone.

Shared by text pages and HTML: meta lines (see metaline), widgets, breadcrumbs, editor lines, links to the neighbours,
headings of attachments, footers, captions. Every question is answered for one line; what only recurrence or place can
tell (a footer's "Join Us") is asked elsewhere. Functions never raise and do not change their answer when asked again.
"""

from __future__ import annotations

import re
from functools import lru_cache

from crawler.extraction.captions import Caption, is_caption, read_caption
from crawler.extraction.dates import LINES_KEPT, fold
from crawler.extraction.labels import Role, find_labels
from crawler.extraction.metaline import MetaLine, read_meta_line
from crawler.extraction.widgets import is_widget

__all__ = [
    "Caption", "MetaLine", "is_address_line", "is_attachment_heading", "is_boilerplate", "is_caption", "is_editor_line", "is_event_line",
    "is_footer", "is_home", "is_neighbour_link", "is_notice", "is_page_count", "is_related_heading", "is_widget", "read_breadcrumb", "read_caption", "read_meta_line",
]  # fmt: skip

BREADCRUMB_MAX = 300  # characters
CRUMBS_MAX = 12
CRUMB_MAX = 120  # characters; the last crumb may be the title
FOOTER_MAX = 400  # characters
NEIGHBOUR_MAX = 160  # characters
ADDRESS_DIGITS_MIN = 3
HEADING_MAX = 40  # characters

_YOU_ARE_HERE = re.compile(
    r"^\W{0,3}(?:您?(?:当前|现在|目前|所在)的?(?:所在)?的?位置|您的?(?:当前)?位置|当前所在|目前位置|您现在所在的?位置|所在位置|位置|當前位置|目前所在位置|您的位置|您現在的位置|現在位置|現在地|현재\s?위치"
    r"|(?:the\s|your\s)?(?:current\s)?(?:position|location)|you\sare\s(?:currently\s)?(?:here|in|at)|you\sare\shere|where\syou\sare|breadcrumbs?|path|here"
    r"|sie\ssind\shier|sie\sbefinden\ssich\shier|ihr\sstandort|pfad|vous\sêtes\sici|fil\sd[’']ariane|est[áa]s?\s(?:en|aquí)|usted\sestá\saquí|se\sencuentra\sen|ud\.?\sestá\sen|você\sestá\saqui|está\sem|ti\strovi\sin|sei\sin|sei\squi|percorso"
    r"|вы\sздесь|вы\sнаходитесь|навигация|u\sbent\shier|jesteś\s(?:tutaj|w)|buradasınız|du\sär\shär|du\ser\sher|olet\stässä|nacházíte\sse|ви\sтут)\s*[:：>»›]\s*",
    re.IGNORECASE,
)
_HOME = re.compile(
    r"^(?:网站首页|本站首页|首页|主页|网站主页|官网首页|首頁|主頁|ホーム|トップ|トップページ|top|홈|메인|home|home\s?page|homepage|startseite|start|accueil|inicio|portada|início|página\sinicial|página\sprincipal|home\s?page|главная|на\sглавную|головна|strona\sgłówna|ana\s?sayfa|hem|forside|hjem|etusivu|domů|úvod|domov|početna|kezdőlap|főoldal|acasă|trang\schủ|beranda|laman\sutama|الرئيسية|αρχική|דף\sהבית|หน้าแรก)$",
    re.IGNORECASE,
)
_STRONG_PART = re.compile(r"\s*(?:[-=]{0,3}>{1,3}|›|»|≫|→|⟩|▸|▶|►|＞|&gt;|::)\s*")
_WEAK_PART = re.compile(r"\s+[/|\\·•–—-]\s+|\s*[／｜丨]\s*|(?<=\S)/(?=\S)")
_HERE_ITSELF = re.compile(r"^(?:正文|文章正文|新闻正文|内容|详情|新闻详情|文章详情|详细内容|信息详情|本页|浏览文章|查看|content|details?|article|text|body)$", re.IGNORECASE)  # fmt: skip

_PARTS = frozenset(">›»≫→⟩▸▶►＞:/|\\·•–—-／｜丨")  # one of them stands in every breadcrumb
# One of these stands in every claim of rights: looked for first, because the pattern is slow.
_RIGHTS = ("©", "(c)", "copy", "right", "版权", "版權", "著作", "icp", "公网安备", "网站标识码", "备案", "経営許可", "无障碍", "vorbehalten", "réservés", "derechos",
           "direitos", "diritti", "права", "prawa", "rechten", "hakları", "rättigheter", "무단", "転載", "轉載")  # fmt: skip
_COPYRIGHT = re.compile(
    r"(?:^|[\s|])(?:©|\(c\)|copy\s?rights?\b)\s*(?:©|@|\(c\)|[:：]|by\b)?\s*(?:(?:19|20)\d\d|[@©]|(?-i:[A-Z]))|all\srights?\sreserved|版权所有|版權所有|著作權|ICP[备備证證]|公网安备|网站标识码|网备案|备案序号|备案号|経営許可|无障碍声明"
    r"|alle\srechte\svorbehalten|tous\sdroits\s(?:de\sreproduction\s)?réservés|(?:todos|reservados)\s(?:los|os|todos)\s(?:derechos|direitos|los\sderechos|os\sdireitos)(?:\sreservados)?|tutti\si\sdiritti\s(?:sono\s)?riservati|все\sправа\sзащищены|wszelkie\sprawa\szastrzeżone|alle\srechten\svoorbehouden|tüm\shakları\ssaklıdır|alla\srättigheter|무단\s?전재|all\sright\sreserved|無断転載|禁止轉載",
    re.IGNORECASE,
)
_SPONSOR = re.compile(r"^\W{0,3}(?:主办单位|主办|承办单位|承办|协办|技术支持|网站维护|运维单位|建设单位|维护单位|主管单位|主管|指导单位|网站管理|版权|联系我们|网站地图|站长统计|友情链接|隐私声明|网站声明|法律声明|免责声明|建议使用|主辦單位|维护|设计制作|制作单位|powered\sby|designed\sby|site\sby|website\sby|technical\ssupport|sponsored\sby|hosted\sby)\s?(?:[:：|]|$|(?<=by)\s)", re.IGNORECASE)  # fmt: skip
_PHONE = re.compile(
    r"(?<![^\W_])(?:tel(?:ephone|\.)?|fax|phone|ph\.?|mobile|hotline|call\sus|电话|传真|總機|电\s?话|传\s?真|联系电话|總機電話|電話|傳真|팩스|전화|telefon|telefax|tél(?:éphone)?|teléfono|telefone|telefono|тел\.?|факс|faks|téléc)\s?[.:：]?\s?[+＋(（]?\d[\d\s().+–-]{5,}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?<![^\W_])(?:address|add\.?|addr\.?|postcode|post\s?code|zip|zip\s?code|p\.?o\.?\s?box|e-?mail|地址|地\s?址|邮编|邮政编码|邮\s?编|郵編|電郵|邮箱|信箱|郵遞區號|〒|주소|우편번호|anschrift|adresse|dirección|endereço|indirizzo|адрес|adres)\s?[:：]?\s?(?=[\w+])", re.IGNORECASE)  # fmt: skip
_STREET = re.compile(r"\b(?:road|street|avenue|rd|st|ave|boulevard|blvd|district|straße|strasse|rue|calle|via|viale|улица|no)\b\.?,?|[路街道巷号號]", re.IGNORECASE)  # fmt: skip

_PAGE_COUNT_STARTS = "PpSsСс第"
_PAGE_COUNT = re.compile(
    r"(?:page|seite|página|pagina|sida|side|strona|страница)\s\d{1,4}\s?(?:of|von|sur|de|di|van|av|af|z|из|/)\s?\d{1,4}"
    r"|第\s?\d{1,4}\s?[页頁][\s,，/]*[共总]\s?\d{1,4}\s?[页頁]",
    re.IGNORECASE,
)
_EDITOR = re.compile(
    r"^[\s(（\[【]*(?:责任编辑|责\s?编|编\s?辑|网络编辑|本网编辑|本文编辑|值班编辑|实习编辑|责任校对|编审|审核|审校|校对|初审|复审|终审|一审|二审|三审|一校|值班主编|主编|监制|责任编审|執行編輯|責任編輯|編輯|編集|文字编辑|美编|排版|策划|供稿|供图|投稿邮箱|采编|本期编辑|新媒体编辑|编校"
    r"|(?:responsible\s|web\s|managing\s|copy\s|duty\s)?editors?|edited\sby|(?:проф)?редактор|redaktion|redakteur(?:in)?|redaktör|編集者|편집)\s?[:：丨|/／]",
    re.IGNORECASE,
)
_NEIGHBOUR = re.compile(
    r"^[\s\W]{0,4}(?:上一篇|下一篇|上一条|下一条|上一页|下一页|上一则|下一则|上篇|下篇|前一篇|后一篇|上条|下条|上一個|下一個|上一則|下一則|前の記事|次の記事|前へ|次へ|前のページ|次のページ|이전글|다음글|이전|다음"
    r"|(?:previous|prev|next|last|newer|older)(?:\s(?:article|post|story|page|news|item|entry|one|piece))?|vorheriger(?:\s\w+)?|nächster(?:\s\w+)?|zurück|weiter|précédent|suivant|article\s(?:précédent|suivant)|anterior|siguiente|seguinte|próximo|precedente|successivo|предыдущая|следующая|предыдущий|следующий|vorige|volgende|poprzedni|następny|önceki|sonraki|föregående|nästa|forrige|neste|edellinen|seuraava)"
    r"\s*(?:[:：>»›←→|]|$|没有了|沒有了)|^(?:«|»|←|→|&laquo;|<{1,2}|>{1,2})\s?\S.{0,150}$|^(?:没有了|已经没有了|已是第一篇|已是最后一篇|暂无)\W*$",
    re.IGNORECASE,
)
_ATTACHMENT = re.compile(
    r"^\W{0,3}(?:相关附件|附件下载|附件列表|附件|附件信息|文件下载|相关下载|资料下载|附檔|附件檔案|相關附件|檔案下載|添付ファイル|添付資料|関連ファイル|資料|첨부파일|첨부"
    r"|related\s(?:accessories|attachments?|files?|downloads?)|attachments?|accessor(?:y|ies)|attached\sfiles?|appendix(?:es)?|appendices|downloads?|files?|documents?\sto\sdownload|anhänge?|anlagen?|dateien|zum\sdownload|pièces?\sjointes?|téléchargements?|fichiers?|adjuntos?|archivos?\sadjuntos?|descargas?|anexos?|allegat[oi]|приложени[ея]|файлы|bijlagen?|załączniki?|ekler|bilagor?|vedlegg|liitteet)\s?[:：]?\W{0,3}\d{0,2}\W*$",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"^\W{0,3}(?:相关文档|相关文章|相关新闻|相关链接|相关阅读|相关报道|相关信息|相关内容|相关推荐|相关资讯|相关政策|相关政策与解读|相关解读|推荐阅读|推荐文章|延伸阅读|热门文章|热门新闻|热点新闻|最新文章|最新新闻|最新资讯|最新动态|最新更新|排行榜|点击排行|图文推荐|猜你喜欢|为你推荐|精彩推荐|更多新闻|友情链接|相關新聞|相關文章|相關連結|延伸閱讀|推薦閱讀|関連記事|関連リンク|関連情報|関連ページ|あわせて読みたい|おすすめ記事|人気記事|新着記事|관련기사|관련뉴스|관련글|인기기사|최신기사"
    r"|(?:related|recommended|similar|latest|recent|more|other|popular|trending|featured|further|top|most\s(?:read|popular|viewed|shared))\s(?:documents?|articles?|news|stor(?:y|ies)|posts?|links?|content|reading|topics?|information|coverage|items?|resources?|pages?|publications?|from\s.{2,40}|in\s.{2,40})|read\s(?:also|next|more)|also\sread|see\salso|you\s(?:may|might)\s(?:also\s)?(?:like|be\sinterested\sin)|up\snext|don[’']t\smiss|what\sto\sread\snext|links?|useful\slinks|friendly\slinks"
    r"|(?:weitere|ähnliche|verwandte|aktuelle|neueste|mehr)\s(?:artikel|meldungen|nachrichten|beiträge|themen|informationen|news|links)|mehr\szum\sthema|das\skönnte\s(?:sie|dich)\s(?:auch\s)?interessieren|lesen\ssie\sauch|(?:articles?|contenus?|actualités|sujets?)\s(?:liés?|similaires?|connexes?|associés?)|à\slire\saussi|lire\saussi|voir\saussi|sur\sle\smême\s(?:sujet|thème)|en\ssavoir\splus|(?:noticias?|artículos?|contenidos?|temas?)\srelacionad[oa]s?|lea\stambién|te\spuede\sinteresar|más\snoticias|(?:notícias?|artigos?|conteúdos?)\srelacionad[oa]s?|leia\s(?:também|mais)|saiba\smais|veja\stambém|(?:articoli|notizie|contenuti)\scorrelat[ie]|leggi\sanche|potrebbe\sinteressarti"
    r"|(?:похожие|другие|связанные|последние)\s(?:материалы|новости|статьи|записи)|читайте\sтакже|по\sтеме|материалы\sпо\sтеме|смотрите\sтакже|lees\sook|gerelateerde?\s\w+|zobacz\s(?:także|też|również)|czytaj\s(?:także|też|również)|ilgili\shaberler|läs\smer|läs\sockså|relaterade\s\w+|les\sogså|læs\sogså|lue\smyös)\s?(?:[:：]|\W{0,4}$)",
    re.IGNORECASE,
)


@lru_cache(maxsize=LINES_KEPT)
def read_breadcrumb(line: str) -> tuple[str, ...] | None:
    """The crumbs of a breadcrumb line, home first; None when the line is none."""
    text = fold(line).strip()
    if not text or len(text) > BREADCRUMB_MAX or _PARTS.isdisjoint(text):
        return None
    label = _YOU_ARE_HERE.match(text)
    trail = text[label.end() :] if label else text
    crumbs = [crumb.strip(" :：") for crumb in _STRONG_PART.split(trail)]
    if len(crumbs) < 2:
        crumbs = [crumb.strip() for crumb in _WEAK_PART.split(trail)]
    crumbs = [crumb for crumb in crumbs if crumb]
    if len(crumbs) < 2 or len(crumbs) > CRUMBS_MAX or any(len(crumb) > CRUMB_MAX for crumb in crumbs):
        return None
    if not label and not _HOME.match(crumbs[0]):
        return None
    if _HERE_ITSELF.match(crumbs[-1]):
        crumbs.pop()
    return tuple(crumbs)


def is_home(crumb: str) -> bool:
    """Whether a crumb is the site's front page."""
    return _HOME.match(crumb.strip()) is not None


def is_footer(line: str) -> bool:
    """Whether a line is a copyright notice, a registration number, the publisher's postal address or the like."""
    return is_notice(line) or is_address_line(line)


def is_notice(line: str) -> bool:
    """Whether a line states the site's rights, registration or sponsor: a footer wherever it stands."""
    text = fold(line).strip()
    if not text or len(text) > FOOTER_MAX:
        return False
    return (_claims_rights(text) and not _reads_like_prose(text)) or _SPONSOR.match(text) is not None


def _claims_rights(text: str) -> bool:
    lower = text.lower()
    return any(mark in lower for mark in _RIGHTS) and _COPYRIGHT.search(text) is not None


def _has_digits(text: str) -> bool:
    """Whether a telephone, postcode or house number can stand in a line."""
    return sum(map(str.isdigit, text)) >= ADDRESS_DIGITS_MIN


def is_address_line(line: str) -> bool:
    """Whether a line is made of street, postcode, telephone: a footer's, or the contact a notice names."""
    text = fold(line).strip()
    if not text or len(text) > FOOTER_MAX or not _has_digits(text):
        return False
    phones, addresses = len(_PHONE.findall(text)), len(_ADDRESS.findall(text))
    if phones + addresses < 2 or not (phones or _STREET.search(text)):
        return False
    return not _reads_like_prose(text)


def is_editor_line(line: str) -> bool:
    """Whether a line names only those who edited, checked or handed in the text (责任编辑：…)."""
    text = fold(line).strip()
    if not text or len(text) > NEIGHBOUR_MAX or not _EDITOR.match(text):
        return False
    return not re.search(r"[。！？]|[.!?]\s+\w+\s+\w+\s+\w+", text)


def is_neighbour_link(line: str) -> bool:
    """Whether a line leads to the previous or next article (上一篇：…)."""
    text = fold(line).strip()
    return 0 < len(text) <= NEIGHBOUR_MAX and _NEIGHBOUR.match(text) is not None


def is_attachment_heading(line: str) -> bool:
    """Whether a line heads a list of files to download, and nothing else stands in it."""
    text = fold(line).strip()
    return 0 < len(text) <= HEADING_MAX and _ATTACHMENT.match(text) is not None


def is_related_heading(line: str) -> bool:
    """Whether a line heads links to other articles."""
    text = fold(line).strip()
    return 0 < len(text) <= HEADING_MAX * 2 and _RELATED.match(text) is not None


def is_event_line(line: str) -> bool:
    """Whether a line states when or where something takes place, so that its date is not the article's."""
    text = fold(line).strip()
    if not text or len(text) > FOOTER_MAX:
        return False
    return any(label.role is Role.EVENT and label.start <= 2 for label in find_labels(text))


@lru_cache(maxsize=LINES_KEPT)
def is_page_count(line: str) -> bool:
    """Whether a line says which page of how many this is, and nothing else."""
    return line[:1] in _PAGE_COUNT_STARTS and _PAGE_COUNT.fullmatch(line) is not None


def is_boilerplate(line: str) -> bool:
    """Whether a line belongs to the page and not to the article, whatever stands around it."""
    return (
        is_widget(line)
        or is_editor_line(line)
        or is_neighbour_link(line)
        or is_attachment_heading(line)
        or is_related_heading(line)
        or is_footer(line)
        or is_page_count(line)
        or read_breadcrumb(line) is not None
    )


def _reads_like_prose(text: str) -> bool:
    """Two sentences, or a long one with its full stop: a paragraph that merely speaks of copyright or an address."""
    bare = re.sub(r"(?i)all rights? reserved\.?|copyright", "", text)
    long_words = len(re.findall(r"[a-zà-ÿа-я]{2,}", bare))
    sentences = len(re.findall(r"[a-zà-ÿа-я]{3}[.!?](?:\s|$)|[。！？]", bare))
    return (sentences >= 2 and long_words + len(re.findall(r"[一-鿿]", bare)) / 2 > 25) or (
        sentences >= 1 and long_words > 30
    )
