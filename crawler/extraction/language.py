"""The crawler room, extraction: the language of a text.

Three steps, the cheap ones first: scripts that settle it, small words that only one language has, and for the rest
py3langid, loaded on first need only (importing it and its model costs more than reading a hundred pages).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

SAMPLE_MAX = 2000  # characters; more adds time and no certainty
LETTERS_MIN = 12  # letters below which nothing is said (a third of that in Chinese, Japanese, Korean)
HAN_SHARE = 0.3  # of the letters; a Chinese text with many Latin names still is Chinese
SMALL_WORDS_MIN = 6  # hits before small words alone decide
SMALL_WORDS_LEAD = 2.0  # times the hits of the second language

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]+")
_SINGLE = {  # scripts that settle the language among those institutes publish in
    "el": re.compile(r"[\u0370-\u03ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "ka": re.compile(r"[\u10a0-\u10ff]"),
    "hy": re.compile(r"[\u0530-\u058f]"),
    "ta": re.compile(r"[\u0b80-\u0bff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
}
_SMALL_WORDS = {
    "en": "the of and to in is that for was with as are by this be at from have has it on which will been were their not or an",
    "de": "der die und das von zu mit den ist für auf des im nicht ein eine dem sich auch wird bei aus werden sind einer wurde zur über",
    "fr": "le les des et est pour dans une du que qui sur par au plus avec aux ce cette sont pas ont leur été ses",
    "es": "el los las del y que es por con una para como más su al fue este esta son sus ha entre desde también",
    "pt": "o os do da dos das e que em um uma para com não na no por mais como foi ao pela são também pelo sua",
    "it": "il di che è per una del della con non sono nel alla le gli dei delle più anche dal come ha si nella degli",
    "nl": "het een van en is op te dat voor met zijn aan niet ook door bij naar worden wordt deze om uit over heeft",
    "sv": "och att det som är på för med av den till inte ett har om från vid också eller kan nya där",
    "da": "og det er på til af med for den som ikke der en et har kan fra også ved blev eller nye",
    "nb": "og det er på til av med for den som ikke en et har kan fra også ved ble eller nye å",
    "fi": "ja on ei että se oli myös ovat mutta kun tai joka jotka sekä kuin mukaan ollut voi niin",
    "pl": "i w na z się do jest nie że to o oraz od przez po dla jak są za był które który także",
    "cs": "a v se na je že s z do to o pro jsou ve by jako které který také nebo byl při podle",
    "ro": "și de în la a cu pe din care este pentru nu că mai au fost prin sau ale unui",
    "tr": "ve bir bu için ile de da olarak çok daha olan en gibi kadar sonra ise her üzere tarafından",
    "hu": "a az és hogy nem is egy van meg volt mint vagy ez csak már szerint lesz ezt azt",
    "id": "yang dan di untuk dengan dari ini pada dalam tidak itu akan ke telah oleh juga adalah atau",
    "vi": "và của là các được có trong cho không với một những đã này để khi về người",
    "ca": "el els les del i que és per amb una als dels més són aquest aquesta ha seva van també",
    "ru": "и в на с по что не для из к от это как а также за его было года при он",
    "uk": "і в на з що не для до та у за це як від про його також є було року при він",
    "bg": "и на в за от се да с е по са че не това към който като беше през",
}
_BY_WORD: dict[str, tuple[str, ...]] = {}
for _tongue, _words in _SMALL_WORDS.items():
    for _word in _words.split():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _tongue)
_TAG = re.compile(r"^([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_.].*)?$", re.IGNORECASE)


def detect(text: str, *, languages: Sequence[str] = (), declared: Collection[str] = ()) -> str | None:
    """The language of `text` as a tag of two letters ("en", "zh"); None when there is too little to tell.

    `languages` are the tags the source says it publishes in: where the script leaves a choice, the answer is one of
    them. `declared` are the primary tags that the page gives itself: they are often wrong, but one that most of the
    small words speak for needs no further proof.
    """
    sample = text[:SAMPLE_MAX]
    if sample.isascii():
        letters = sum(map(str.isalpha, sample[: 5 * LETTERS_MIN]))  # of a text, its beginning has enough
        letters = letters if letters >= LETTERS_MIN else sum(map(str.isalpha, sample))
    else:
        letters = sum(map(str.isalpha, sample))
        if dense := _dense_language(sample, letters):
            return dense
        for tongue, script in _SINGLE.items():
            if len(script.findall(sample)) > letters / 2:
                return tongue
    if letters < LETTERS_MIN:
        return None
    allowed = {tag.lower().replace("_", "-").split("-", maxsplit=1)[0] for tag in languages if tag}
    latin = {tongue for tongue in allowed if tongue not in {"zh", "ja", "ko"}}
    if len(latin) == 1:
        return next(iter(latin))
    return _by_small_words(sample, latin, declared) or _by_model(sample, latin)


def normal_tag(declared: str | None) -> str | None:
    """A declared language (`zh-cn`, `EN_us`, `de-DE`) as a tidy BCP 47 tag; None for what is none ("unset", "")."""
    match = _TAG.match((declared or "").strip())
    if not match:
        return None
    tongue, script, region = match[1].lower(), match[2], match[3]
    if tongue in {"xx", "und", "mul", "zxx"}:
        return None
    return "-".join(part for part in (tongue, script and script.title(), region and region.upper()) if part)


def _dense_language(sample: str, letters: int) -> str | None:
    han, kana, hangul = len(_HAN.findall(sample)), len(_KANA.findall(sample)), len(_HANGUL.findall(sample))
    if (han + kana + hangul) * 3 < LETTERS_MIN:
        return None
    if kana > letters * 0.05:
        return "ja"
    if hangul > letters * 0.2:
        return "ko"
    return "zh" if han > letters * HAN_SHARE else None


def _by_small_words(sample: str, allowed: Collection[str], declared: Collection[str]) -> str | None:
    """The language whose small words stand in the text far more often than those of any other."""
    hits: dict[str, float] = {}
    for word in _WORD.findall(sample.lower()):
        tongues = _BY_WORD.get(word, ())
        for tongue in tongues:
            hits[tongue] = hits.get(tongue, 0.0) + 1 / len(tongues)
    ranked = sorted(
        ((count, tongue) for tongue, count in hits.items() if not allowed or tongue in allowed), reverse=True
    )
    if not ranked or ranked[0][0] < SMALL_WORDS_MIN:
        return None
    first, tongue = ranked[0]
    clear = len(ranked) == 1 or tongue in declared or first >= SMALL_WORDS_LEAD * ranked[1][0]
    return tongue if clear else None


def _by_model(sample: str, allowed: Collection[str]) -> str | None:
    import py3langid  # noqa: PLC0415  # on need only, see above

    ranked = [(tongue, score) for tongue, score in py3langid.rank(sample) if not allowed or tongue in allowed]
    return str(max(ranked, key=lambda pair: pair[1])[0]) if ranked else None
