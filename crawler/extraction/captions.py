"""The crawler room, extraction: captions of pictures, and whom they credit, recognised by their words alone.

`Signing ceremony (Photo by CIOMP)`, `图为会议现场（刘通摄）`, `Foto: Max Muster`. Nothing here needs the picture itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from crawler.extraction.dates import LINES_KEPT

CAPTION_MAX = 400  # characters; a caption is short
CREDIT_MAX = 80

_CREDIT_WORDS = (
    r"photos?(?:graphs?|graphy|s)?|images?|pictures?|pics?|illustrations?|graphics?|credits?|(?:photo|image|picture)\s?(?:credits?|courtesy|source|by)|courtesy(?:\sof)?|visual|artwork|video"
    r"|fotos?|bild(?:er|nachweis|quelle)?|grafik|abbildung|aufnahme|quelle|©|copyright|photographe|crédits?|photographies?|crédit\sphoto|fotografía|fotograf[oí]a?|imagen|crédito|imagem|divulgação|immagine|foto\sdi"
    r"|фото|снимок|изображение|zdj\.?|fot\.?|foto’s|valokuva|kuva|kép|fotó|fotoğraf|foto\soleh|ảnh"
)
_BRACKETED = re.compile(
    rf"[(\[（【]\s*(?P<credit>(?:{_CREDIT_WORDS})(?:\s?[:：/by]|\s(?:by|from|of|von|par|di|de|courtesy|provided)\b)[^()（）\[\]【】]{{1,{CREDIT_MAX}}}"
    rf"|(?:courtesy\s(?:of\s)?|provided\sby\s|by\s)[^()（）\[\]]{{2,{CREDIT_MAX}}}"
    r"|[^()（）\[\]【】]{1,30}?\s?(?:摄|攝|摄影|供图|供圖|提供|图|图片|绘|制图|/文|撮影|提供|사진|=사진)"
    r"|(?:图片?|摄影|供图|图源|图片来源|写真|사진)\s?[:：/=／][^()（）\[\]]{1,40})\s*[)\]）】]\s*[.。]?\s*$",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    rf"(?:^|[.。!?|]\s*)(?P<credit>(?i:{_CREDIT_WORDS}|图片来源|摄影|图源|供图|写真提供|写真|사진)\s?(?:[:：]|(?i:by|courtesy(?:\sof)?)\s(?=[^\Wa-z]))\s?(?:[^.。!?]|(?<=[A-Z])\.){{2,{CREDIT_MAX}}}?[.。]?)$"
    rf"|(?<=\w\s)(?P<credit3>(?:Photo|Image|Picture|Foto|Bild|Credit|Photo credit|Image credit|Photograph)s?(?::|\s(?:by|courtesy of)\s(?=[^\Wa-z]))\s?(?:[^.。!?]|(?<=[A-Z])\.){{2,{CREDIT_MAX}}}?[.。]?)$"
    r"|(?:\s|(?<=[。.]))(?P<credit2>[^\s。，,.]{2,8}\s?[摄攝]影?)$"
)
WORDS_BEFORE_CREDIT = 3  # "The Photo: A History" is a title
_OPENS = re.compile(
    r"^(?:图为|圖為|图\s?\d{1,2}(?:[-.]\d+)?[\s:：.、]|图[一二三四五六七八九十][\s:：.、]|上图|下图|左图|右图|图片说明|图说|图注|配图|資料圖|资料图|圖說|写真\d?[:：]|図\s?\d+|그림\s?\d+"
    r"|(?:fig(?:ure)?|abb(?:ildung)?|bild|figura|photo|image|picture|foto|рис(?:унок)?|obr|rys|kuva|afbeelding)\.?\s?\d{1,2}[a-z]?\s?[:：.|–-]"
    r"|(?:image|photo|picture|photo caption|image caption|caption|credit|credits|image credit|photo credit|bildunterschrift|légende|pie de foto|foto|bild|фото|fot)\s?[:：]"
    r"|(?:pictured|above|below|left|right|from left|top|in this photo|this (?:photo|image|picture) (?:shows|taken)|a (?:photo|view) (?:of|taken)|file photo|l-r|clockwise from)\b.{0,3}[:,])",
    re.IGNORECASE,
)
_CREDIT_ONLY = re.compile(rf"^(?:{_CREDIT_WORDS}|图片来源|摄影|图源|供图|图片|写真)\s?(?:[:：]|\sby\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A caption and the credit in it."""

    text: str | None  #: without the credit; None where only a credit stands
    credit: str | None


@lru_cache(maxsize=LINES_KEPT)
def read_caption(line: str) -> Caption | None:
    """The caption in `line`, with its credit apart; None when nothing shows that it is one."""
    text = line.strip()
    if not text or len(text) > CAPTION_MAX:
        return None
    match = _BRACKETED.search(text)
    if match:
        return Caption(text=text[: match.start()].rstrip() or None, credit=match["credit"].strip())
    trailing = _TRAILING.search(text)
    if trailing and len(text) <= CAPTION_MAX // 2:
        name = str(trailing.lastgroup)
        before = text[: trailing.start(name)].rstrip()
        if name != "credit3" or len(before.split()) >= WORDS_BEFORE_CREDIT:
            return Caption(text=before or None, credit=trailing[name].strip())
    if _CREDIT_ONLY.match(text) and len(text) <= CREDIT_MAX:
        return Caption(text=None, credit=text)
    if _OPENS.match(text):
        return Caption(text=text, credit=None)
    return None


def is_caption(line: str) -> bool:
    """Whether the words of `line` show that it is the caption of a picture."""
    return read_caption(line) is not None
