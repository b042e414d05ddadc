"""The crawler room, extraction: the words that label the fields of an article on its page, in the languages we read.

One table, role by role. A label is found only with its colon, or, where it announces a date, directly before one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from crawler.extraction.dates import find_dates


class Role(StrEnum):
    """What a label announces."""

    PUBLISHED = "published"
    MODIFIED = "modified"
    ORIGIN = "origin"
    PUBLISHER = "publisher"  #: the unit that put it on line: an origin where none is named
    AUTHOR = "author"
    EDITOR = "editor"
    SECTION = "section"
    VIEWS = "views"
    OTHER = "other"  #: a field we know and do not keep (photographer, proof reader, tags, address of the page)
    EVENT = "event"  #: when and where something takes place: such a line says nothing about the article itself


DATED = {Role.PUBLISHED, Role.MODIFIED}

_WORDS: dict[Role, str] = {
    Role.PUBLISHED: """
        发布时间 发布日期 发表时间 发表日期 发文日期 公开日期 公布日期 公布时间 公开时间 刊发时间 刊发日期 发稿时间 上传时间 上传日期 录入时间 添加时间 加入时间 创建时间
        创建日期 新闻时间 文章时间 信息时间 编发时间 提交时间 时间 日期 发布于 发表于 发布 發布時間 發布日期 發佈時間 發佈日期 發表時間 張貼日期 刊登日期 公布日期 公告日期 時間 發布於
        公開日 掲載日 投稿日 発表日 発行日 作成日 配信日 登録日 公開日時 発表日時 등록일 등록일자 작성일 작성일자 게시일 입력 입력일 날짜 등록일시 보도일
        published | published on | published at | published date | publish date | publish time | publishing time | publication date | date of publication
        posted | posted on | posted at | post date | date posted | date published | date | time | release date | release time | released | released on
        issued | issued on | issue date | issue time | created | created on | date created | pubdate | pub date | first published | uploaded | upload time
        add time | added | news date | for release | for immediate release | entry date | the date | dated
        veröffentlicht | veröffentlicht am | veröffentlichung | veröffentlichungsdatum | datum | erscheinungsdatum | erschienen am | erschienen | meldung vom | erstellt am | pressemitteilung vom | publiziert am | online seit
        publié le | publié | publiée le | date de publication | date de parution | mis en ligne le | paru le | mise en ligne | publication | posté le | créé le
        publicado | publicado el | publicada el | fecha | fecha de publicación | publicado em | publicada em | publicação | data | data de publicação | data da publicação | publicat | publicat el | data de publicació | postado em | criado em
        pubblicato | pubblicato il | pubblicata il | data di pubblicazione | data pubblicazione | publicat la
        опубликовано | дата публикации | дата | размещено | опубликована | дата размещения | опубліковано | дата публікації
        gepubliceerd | gepubliceerd op | publicatiedatum | geplaatst op | geplaatst | opublikowano | opublikowane | data publikacji | data dodania | dodano | data utworzenia
        yayın tarihi | yayınlanma tarihi | yayınlanma | tarih | yayınlandı | eklenme tarihi | publicerad | publicerat | publicerades | publiceringsdatum | offentliggjort | publisert | udgivet | dato
        publikováno | vydáno | zveřejněno | datum zveřejnění | publikované | objavljeno | objavljeno dne | objavljeno: | julkaistu | julkaisupäivä | közzétéve | megjelent | közzététel dátuma | dátum
        ngày đăng | đăng lúc | ngày xuất bản | tanggal | dipublikasikan | diterbitkan | tarikh | تاريخ النشر | نشر في | التاريخ | تاريخ | δημοσιεύτηκε | δημοσίευση | ημερομηνία | פורסם | תאריך | วันที่ | เผยแพร่""",
    Role.MODIFIED: """
        更新时间 更新日期 最后更新 最近更新 最后更新时间 修改时间 修改日期 最后修改 更新于 更新 編修日期 更新時間 最後更新 最後更新日期 更新日 最終更新日 最終更新 更新日時 改定日 수정일 최종수정일 최종수정 수정 업데이트
        updated | updated on | updated at | last updated | last updated on | last update | update time | update date | date updated | update | modified | modified on | last modified
        last modified on | date modified | last reviewed | reviewed | revised | revised on | last revised | page last updated | this page was last updated | this page last updated | last edited
        aktualisiert | aktualisiert am | zuletzt aktualisiert | letzte aktualisierung | letzte änderung | zuletzt geändert | zuletzt geändert am | geändert am | stand | update vom
        mis à jour le | mis à jour | mise à jour | mise à jour le | dernière mise à jour | modifié le | dernière modification
        actualizado | actualizado el | última actualización | modificado | última modificación | atualizado | atualizado em | última atualização | modificado em | última modificação | actualitzat
        aggiornato | aggiornato il | ultimo aggiornamento | ultima modifica | aggiornamento | обновлено | дата обновления | изменено | последнее обновление | оновлено
        bijgewerkt | bijgewerkt op | laatst bijgewerkt | laatst gewijzigd | laatste update | zaktualizowano | ostatnia aktualizacja | aktualizacja | data modyfikacji | ostatnia modyfikacja
        güncelleme tarihi | son güncelleme | güncelleme | güncellenme tarihi | uppdaterad | senast uppdaterad | opdateret | oppdatert | sist oppdatert | sist endret | senest opdateret
        aktualizováno | poslední aktualizace | päivitetty | frissítve | utolsó módosítás | cập nhật | diperbarui | آخر تحديث | تحديث""",
    Role.ORIGIN: """
        来源 文章来源 信息来源 新闻来源 稿件来源 资料来源 内容来源 消息来源 稿源 出处 转自 转载自 原文来源 本文来源 來源 新聞來源 資料來源 文章來源 出典 出所 情報源 引用元 출처 자료출처
        source | sources | news source | article source | information source | source from | from | origin | resource | comes from | by source
        quelle | quellen | source de l'article | fuente | fuentes | fonte | font | bron | źródło | источник | джерело | kaynak | källa | kilde | zdroj | forrás | nguồn | sumber | المصدر | πηγή | מקור""",
    Role.PUBLISHER: """
        发布单位 发布机构 发文机关 制发机关 公开机构 发布部门 来源单位 供稿单位 供稿部门 发文机构 信息提供 信息提供单位 提供单位 撰稿单位 發布單位 發佈單位 公告單位 発表者 発行元 담당부서 작성부서 제공
        publisher | published by | issued by | issuer | department | herausgeber | éditeur | publicado por | editora | uitgever | wydawca""",
    Role.AUTHOR: """
        作者 文章作者 记者 本报记者 本网记者 通讯员 撰稿 撰稿人 撰文 供稿 供稿人 文字 執筆者 執筆 文責 著者 記者 撰文者 글 글쓴이 기자 작성자
        author | authors | by | written by | text by | text | words by | reporter | writer | story by | posted by | contributed by
        autor | autoren | autorin | autor/in | von | verfasser | verfasserin | text von | auteur | auteurs | auteure | par | rédigé par | écrit par | autores | autora | por | escrito por
        autore | autori | autrice | a cura di | scritto da | testo di | автор | авторы | текст | auteur(s) | door | tekst | autorzy | autorka | yazar | författare | av | forfatter | forfattere | af | autoři | kirjoittaja | szerző | tác giả | penulis | الكاتب | بقلم | συγγραφέας""",
    Role.EDITOR: """
        责任编辑 责编 编辑 网络编辑 本网编辑 编辑者 编审 值班编辑 实习编辑 執行編輯 編輯 責任編輯 編集 編集者 편집 편집자
        editor | editors | edited by | responsible editor | managing editor | web editor | copy editor | redaktion | redakteur | redakteurin | rédaction | rédacteur | redacción | redactor | redazione | a cura della redazione | redação | редактор | redactie | redakcja | redakcia | editör | redaktör""",
    Role.SECTION: """
        栏目 所属栏目 当前栏目 所在栏目 栏目名称 分类 类别 所属分类 信息分类 新闻类别 频道 欄目 類別 分類 カテゴリ カテゴリー 분류 카테고리
        category | categories | section | column | channel | filed under | posted in | filed in | kategorie | kategorien | rubrik | rubrique | catégorie | catégories | sección | categoría | categorias | categoria | categorie | sezione | rubrica | seção | рубрика | категория | rubriek | kategoria | kategori""",
    Role.VIEWS: """
        浏览次数 浏览量 浏览数 浏览 点击数 点击次数 点击量 点击率 点击 阅读次数 阅读量 阅读数 阅读 访问量 访问次数 访问统计 访问 查看 查看次数 人气 瀏覽次數 點閱數 點閱次數 點擊數 閱覽數 瀏覽人次 点阅 閲覧数 閲覧回数 조회 조회수
        views | view | hits | clicks | click | reads | read | page views | pageviews | visits | read times | viewed | number of views | click count | browse | browsing times | browse times | pv | aufrufe | zugriffe | lectures | vues | visitas | visualizaciones | acessos | visualizações | visite | letture | visualizzazioni | просмотров | просмотры | wyświetlenia | odsłon | okunma | görüntülenme | comments | comment | likes | shares""",
    Role.OTHER: """
        摄影 摄 图片 图 摄影报道 校对 审核 审核人 审校 审校人 校对人 签发人 录入人 审稿 审阅 初审 复审 终审 一审 二审 三审 核稿 签发 监制 编校 校审 策划 美编 排版 翻译 译者 字号 字体 字体大小 大小 关键词 关键字 标签 主题词 文号 发文字号 索引号 信息索引 信息索引号 主题分类 体裁分类 有效性 成文日期 成文时间 签发日期 签署日期 印发日期 生效日期 失效日期 实施日期 施行日期 废止日期 有效期 原文链接 链接 网址 附件 责任校对 录入 录入者 发布人 发布者 上传 上传者 信息员 建立于 注册时间 注册日期 打印 分享 分享到 相关链接 關鍵字 字級 タグ キーワード 태그 첨부파일
        joined | join date | joined on | member since | registered | registered on | born | photo | photos | photo by | photographer | photography | image | picture | pictures | tags | tag | keywords | key words | topics | font | fonts | font size | text size | size | share | share to | share on | print | translated by | translator | proofreader | reviewer | schlagwörter | mots-clés | etiquetas | теги | foto | fotos""",
    Role.EVENT: """
        地点 会议地点 活动地点 报告地点 讲座地点 举办地点 会议时间 活动时间 报告时间 讲座时间 举办时间 开会时间 考试时间 报名时间 截止时间 截止日期 报告人 主讲人 主持人 主讲 演讲人 讲座题目 报告题目 联系人 联系电话 地點 會議時間 日時 場所 会場 開催日 開催日時 講師 締切 장소 일시 강사
        venue | location | place | where | when | speaker | speakers | lecturer | host | deadline | event date | event time | start | starts | end | ends | start date | end date | start time | end time | date and time | date & time | duration | registration | contact | contacts | room | zoom link | meeting id | ort | wo | wann | beginn | veranstaltungsort | referent | referentin | anmeldung | lieu | quand | où | intervenant | lugar | hora | cuándo | dónde | local | luogo | ora | relatore | место | начало | plaats | locatie | miejsce | yer | saat | aanvang""",
}  # fmt: skip

_PARTING = "|｜丨·•・,，;；-–—/>»()（）[]【】:："
LABEL_CHARS = 40  # of the longest label


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label found in a line."""

    role: Role
    word: str  #: as it stands in the line, without its colon
    start: int
    end: int  #: where its value begins


def _spread() -> dict[str, Role]:
    table: dict[str, Role] = {}
    for role, block in _WORDS.items():
        for line in block.strip().splitlines():
            words = line.strip().split("|") if "|" in line else line.split()
            for word in words:
                table.setdefault(word.strip(" :").lower(), role)
    return table


_ROLES = _spread()


_DENSE = re.compile("[\u2e80-\u9fff가-힣]")
_WORD_STARTS = re.compile(r"(?<![^\W\d_'-])\S")  # of a label in ASCII letters: not inside of a word


def _is_dense(word: str) -> bool:
    return not word.isascii() and _DENSE.search(word) is not None


# What may stand between a label and the date it announces when there is no colon: a bracket, a small word.
_BEFORE_DATE = re.compile(r"[\s(\[（【]*(?:(?<=\s)(?:the|on|am|le|el|il|em|at|den)\s)?[\s(\[（【]*$", re.IGNORECASE)
_COLON = re.compile(r"\s{0,3}[:：∶﹕](?![/:])")
_PLURAL = re.compile(r"\s?\(s\)$")


def find_labels(text: str) -> list[Label]:
    """The labels of a short line, in order. `text` is folded (`dates.fold`)."""
    found = [label for match in _COLON.finditer(text) if (label := _label_before(text, match.start(), match.end()))]
    if any("0" <= char <= "9" for char in text):
        colons = {label.end for label in found}
        for spot in find_dates(text, language="en"):
            end = _BEFORE_DATE.search(text[: spot.start])
            label = _label_before(text, end.start(), end.start()) if end and end.start() else None
            if label and label.role in DATED and label.end not in colons and _opens(text[: label.start], label.word):
                found.append(label)
    found.sort(key=lambda label: (label.start, -label.end))
    return [label for i, label in enumerate(found) if not (i and label.start < found[i - 1].end)]


def role_of(text: str) -> Role | None:
    """What a text announces that is one label and nothing else, with its colon or without: "发布日期：", "Published"."""
    return _ROLES.get(_key(_PLURAL.sub("", text.strip(" :：")))) if len(text) <= LABEL_CHARS else None


def _label_before(text: str, end: int, value: int) -> Label | None:
    """The longest label that ends at `end`; its value begins at `value`."""
    first = max(0, end - LABEL_CHARS)
    tail = text[first:end].rstrip()
    bare = _PLURAL.sub("", tail) if tail.endswith(")") else tail
    starts = [match.start() for match in _WORD_STARTS.finditer(bare)] if bare.isascii() else range(len(bare))
    for start in starts:
        word = bare[start:]
        if word[0].isspace():
            continue
        role = _ROLES.get(_key(word))
        if role is None:
            continue
        before = text[first + start - 1] if first + start else " "
        if _is_dense(word) or (not (before.isalpha() and not _is_dense(before)) and before not in "'’-"):
            return Label(role=role, word=word, start=first + start, end=value)
    return None


def _opens(before: str, word: str) -> bool:
    """Whether a label without a colon begins the line or a part of it: "4o update 2024-09-05" holds none."""
    bare = before.rstrip()
    return not bare or _is_dense(word) or bare[-1] in _PARTING or bare[-1].isdigit()


def _key(word: str) -> str:
    """As the table has it: lower case, white space folded (dropped in Chinese, where it spreads two characters)."""
    lower = word.lower()
    return "".join(lower.split()) if _is_dense(word) else " ".join(lower.split())
