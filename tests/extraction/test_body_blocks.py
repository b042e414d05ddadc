"""One walk over a page turns it into text blocks with their places."""

from crawler.extraction.blocks import Flag
from crawler.extraction.walk import BLOCKS_MAX, read_blocks


def blocks_of(body: str):
    return read_blocks(f"<html><head><title>T</title></head><body>{body}</body></html>")


def test_text_between_borders_is_a_block_with_folded_white_space():
    found = blocks_of("<p>Moss \n grows&nbsp;<b>slowly</b>.</p>behind<div>Fern</div>")
    assert found.texts == ["Moss grows slowly.", "behind", "Fern"]
    assert [found.tag(i) for i in range(3)] == ["p", "body", "div"]


def test_lines_parted_by_br_are_blocks_of_one_paragraph_and_say_so():
    found = blocks_of("<p>　　第一行<br>　　第二行<br/><br/></p>")
    assert found.texts == ["第一行", "第二行"]
    assert not found.has(0, Flag.BREAK)
    assert found.has(1, Flag.BREAK)
    assert found.owners[0] == found.owners[1]


def test_scripts_styles_and_form_values_are_no_text():
    found = blocks_of(
        "<div><style>.TRS_Editor P{}</style><script>if (a<b) x='</p>'</script><select><option>x</select>Text</div>"
    )
    assert found.texts == ["Text"]


def test_noscript_and_hidden_text_is_kept_with_a_flag():
    found = blocks_of('<noscript><p>a</p></noscript><div style="display: none"><p>b</p></div><p>c</p>')
    assert found.texts == ["a", "b", "c"]
    assert found.has(0, Flag.NOSCRIPT)
    assert found.has(1, Flag.HIDDEN)
    assert not found.flags[2]


def test_links_are_measured_and_known_with_images_by_block():
    found = blocks_of('<p>See <a href="/x">the moss</a></p><p><img src="a.png">Caption</p>')
    assert found.linked == [len("the moss"), 0]
    assert [(found.attributes(place)["href"], at) for place, at, _ in found.links] == [("/x", 0)]
    assert [(found.attributes(place)["src"], at) for place, at, _ in found.images] == [("a.png", 1)]


def test_lists_tables_headings_quotes_and_captions_carry_flags():
    page = "<h2>H</h2><ul><li>L</ul><table><tr><td>C</table><blockquote>Q</blockquote><figure><figcaption>F</figure>"
    found = blocks_of(page)
    flags = [Flag.HEADING, Flag.LIST, Flag.TABLE, Flag.QUOTE, Flag.CAPTION]
    assert [found.has(i, flag) for i, flag in enumerate(flags)] == [True] * 5
    assert not found.has(0, Flag.LIST)


def test_a_class_that_says_caption_makes_a_caption():
    assert blocks_of('<div class="wp-caption"><p class="wp-caption-text">Moss</p></div>').has(0, Flag.CAPTION)


def test_preformatted_text_keeps_its_lines_and_parts_at_empty_ones():
    assert blocks_of("<pre>a  b\n  c\n\nd</pre>").texts == ["a  b\n  c", "d"]


def test_invisible_characters_are_dropped():
    assert blocks_of("<p>mo\u200bss\u00ad</p><p>\u200b</p>").texts == ["moss"]


def test_node_ranges_hold_the_blocks_inside():
    found = blocks_of('<div class="a" id="b"><p>x</p><p>y</p></div><p>z</p>')
    node = found.node_names.index("a b")
    assert (found.node_first[node], found.node_last[node]) == (0, 2)
    assert found.names(0) == ["a b"]


def test_a_monstrous_page_is_read_up_to_a_bound():
    assert len(blocks_of("<p>x</p>" * (BLOCKS_MAX + 10))) == BLOCKS_MAX


def test_a_broken_attribute_name_does_not_shift_the_tags():
    found = blocks_of('<div class="a"><p <b="1" class="x">one</p><p>two</p></div><p title="1 > 0 < 2">three</p>')
    assert found.texts == ["one", "two", "three"]
    assert [found.tag(i) for i in range(3)] == ["p", "p", "p"]
    assert found.names(1) == ["a"]


def test_the_tags_of_an_xhtml_page_are_told_like_any_other():
    page = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
    )
    script = "<script>//<![CDATA[\nif (a<b) { c = '<p>'; }\n//]]></script>"
    found = read_blocks(f'{page}<html><body>{script}<p>one<br />two<img src="a.png" /></p><hr />three</body></html>')
    assert found.texts == ["one", "two", "three"]
    assert len(found.images) == 1


def test_deep_nesting_does_not_break_the_walk():
    assert read_blocks("top" + 100_000 * "<div>" + "<p>low</p>" + 100_000 * "</div>" + "<p>below").texts == [
        "top", "low", "below",
    ]  # fmt: skip
