"""From bytes to text: labels that lie, charsets that are more than their name, text spoilt by somebody before us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.charsets import real_charset
from crawler.extraction.decode import PAGE_BYTES_MAX, decode

CHINESE = "中国科学院的研究人员在这一领域取得了新的进展，有关成果已经发表。· — € 镕 喆"


def page(text, meta="utf-8"):
    return f'<html><head><meta charset="{meta}"><title>{text}</title></head><body><p>{text}</p></body></html>'


@pytest.mark.parametrize("label", ["gb2312", "GBK", "x-gbk", "zh-cn", "gb_2312-80", "gb18030"])
def test_every_label_of_the_chinese_family_means_gb18030(label):
    """Rare names and the euro sign lie outside of GB2312."""
    decoded = decode(page(CHINESE, label).encode("gb18030"))
    assert CHINESE in decoded.text
    assert (decoded.charset, decoded.undecodable) == ("gb18030", 0)


def test_utf8_is_utf8_whatever_it_declares():
    decoded = decode(page(CHINESE, "gb2312").encode(), {"Content-Type": "text/html; charset=ISO-8859-1"})
    assert CHINESE in decoded.text
    assert decoded.charset == "utf-8"


def test_a_server_that_adds_latin_1_to_everything_is_not_believed():
    data = page(CHINESE, "gb2312").encode("gb18030")
    decoded = decode(data, {"content-type": "text/html; charset=ISO-8859-1"})
    assert CHINESE in decoded.text


def test_a_wrong_meta_gives_way_to_a_right_header():
    data = page("見出しと本文をここに置きます。これはひらがなです。", "iso-8859-1").encode("cp932")
    assert "ひらがな" in decode(data, {"content-type": "text/html; charset=Shift_JIS"}).text


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (CHINESE.replace("·", "").replace("€", ""), "gb18030"),
        ("これは日本語の文章です。ひらがなとカタカナがあります。", "cp932"),
        ("これは日本語の文章です。ひらがなとカタカナがあります。", "euc_jp"),
        ("이것은 한국어 문장입니다. 연구소에서 발표한 내용입니다.", "cp949"),
        ("Это текст новостей института о новых исследованиях.", "cp1251"),
        ("Это текст новостей института о новых исследованиях.", "koi8-r"),
        ("L’été dernier, à l’Université, les élèves ont été reçus.", "cp1252"),
        ("研究所發表了新的成果，這個計畫與國際團隊合作，實驗過程經過多年。", "big5hkscs"),
    ],
)
def test_a_page_that_declares_nothing_is_recognised(text, codec):
    decoded = decode(f"<html><title>{text}</title><p>{text * 3}</p>".encode(codec))
    assert text in decoded.text


def test_a_bad_byte_is_counted_and_does_not_lose_the_page():
    data = page(CHINESE * 3, "gb2312").encode("gb18030")
    cut = data.replace("领域".encode("gb18030"), "领".encode("gb18030") + b"\xff", 1)
    decoded = decode(cut)
    assert "研究人员" in decoded.text
    assert decoded.undecodable >= 1


def test_a_bad_byte_in_utf8_leaves_it_utf8():
    data = page(CHINESE * 3).encode()
    decoded = decode(data[:400] + b"\xff" + data[400:])
    assert decoded.charset == "utf-8"
    assert decoded.undecodable >= 1


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_marks_and_wide_charsets(codec):
    assert CHINESE in decode(page(CHINESE).encode(codec)).text


def test_a_misspelt_meta_is_seen_and_one_in_a_comment_is_not():
    head = '<!-- <meta charset="koi8-r"> --><meta httpequiv="ContentType" content="text/html; charset=gb2312">'
    assert CHINESE in decode((head + CHINESE).encode("gb18030")).text


@pytest.mark.parametrize("wrong", ["cp1252", "gb18030", "latin-1"])
def test_text_spoilt_by_somebody_before_us_is_decoded_again(wrong):
    text = "L’été à l’université — déjà vu, crème brûlée, garçon, forêt" if wrong == "cp1252" else CHINESE[:30]
    raw = text.encode("gb2312") if wrong == "latin-1" else text.encode()
    spoilt = " / ".join([raw.decode(wrong, "ignore")] * 5) if wrong != "cp1252" else raw.decode(wrong, "ignore") * 3
    decoded = decode(f"<p>{spoilt}</p>".encode())
    assert text[7:12] in decoded.text
    assert decoded.mended


def test_natural_text_is_not_mended():
    for text in (CHINESE * 20, "ÉTÉ À LYON — «Ça va», dit-il. Ñandú, Ã como em São Paulo, ÂGE " * 20):
        decoded = decode(text.encode())
        assert (decoded.text, decoded.mended) == (text, 0)


def test_a_page_longer_than_the_bound_is_cut_and_says_so():
    decoded = decode(b"<p>" + b"x" * (PAGE_BYTES_MAX + 10))
    assert decoded.cut
    assert len(decoded.text) == PAGE_BYTES_MAX


@pytest.mark.parametrize("label", ["", "unset", "none", "utf-7", "punycode", "hex", "rot13", "\x00", "*", None])
def test_labels_that_mean_nothing_or_no_text_are_refused(label):
    assert real_charset(label) is None


@given(
    st.binary(max_size=400), st.sampled_from([None, "gbk", "utf-16", "hz", "iso-2022-jp", "shift_jis", "utf-7", "??"])
)
def test_no_bytes_raise(data, charset):
    headers = {"Content-Type": f"text/html; charset={charset}"} if charset else None
    text = decode(data, headers).text
    text.encode("utf-8")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=200))
def test_utf8_comes_back_as_it_was(text):
    expected = text.encode().decode("utf-8-sig")
    decoded = decode(text.encode())
    assert decoded.text == expected or decoded.mended


ALPHABETS = {
    "windows-1251": "Институт оптики сообщил о новых результатах исследования лазерных материалов.",
    "koi8-u": "Інститут оптики повідомив про нові результати дослідження лазерних матеріалів.",
    "iso-8859-7": "Το Ινστιτούτο Οπτικής ανακοίνωσε νέα αποτελέσματα της έρευνας για τα υλικά λέιζερ.",
    "windows-1255": "המכון לאופטיקה הודיע על תוצאות חדשות של מחקר חומרי לייזר.",
    "windows-1256": "أعلن معهد البصريات عن نتائج جديدة لأبحاث مواد الليزر.",
    "iso-8859-6": "أعلن معهد البصريات عن نتائج جديدة لأبحاث مواد الليزر.",
    "windows-874": "สถาบันทัศนศาสตร์ประกาศผลการวิจัยใหม่เกี่ยวกับวัสดุเลเซอร์",
    "windows-1254": "Optik Enstitüsü lazer malzemeleri üzerine yeni araştırma sonuçlarını açıkladı.",
    "iso-8859-2": "Instytut Optyki ogłosił nowe wyniki badań materiałów laserowych, żeby wyjaśnić zjawisko.",
    "windows-1250": "Ústav optiky oznámil nové výsledky výzkumu laserových materiálů, který řídí děkan.",
    "windows-1257": "Optikos institutas paskelbė naujus lazerinių medžiagų tyrimo rezultatus žurnale.",
    "euc-jp": "光学研究所はレーザー材料の研究の新しい成果を発表しました。",
    "euc-kr": "광학연구소는 레이저 재료 연구의 새로운 결과를 발표했다.",
}


@pytest.mark.parametrize("label", ALPHABETS)
@pytest.mark.parametrize("server", ["text/html", "text/html; charset=ISO-8859-1"])
def test_an_alphabets_own_charset_is_believed_even_beside_a_servers_latin_1(label, server):
    text = ALPHABETS[label]
    data = page(text * 3, label).encode(real_charset(label))
    assert decode(data, {"Content-Type": server}).text == page(text * 3, label)


@pytest.mark.parametrize(
    "label", ["windows-1251", "windows-1255", "windows-1256", "iso-8859-7", "windows-874", "koi8-u"]
)
def test_an_alphabet_is_recognised_where_nothing_is_declared(label):
    text = ALPHABETS[label]
    data = f"<html><title>x</title><p>{text * 3}</p>".encode(real_charset(label))
    assert text in decode(data).text
