"""Short lines of an official text are body by where they stand, not by what they look like."""

import pytest

from crawler.extraction import extract

ORDER = """<html lang="zh"><head><title>第7号令</title></head><body><div class="path">首页 &gt; 政策</div>
<h2>《灯塔维护办法》 2031年第7号令</h2><div class="time">发布时间：2031/04/09</div><div class="btn">[ 打印 ]</div>
<div class="{name}"><p>云川市灯塔管理局令</p>第7号<br>
《灯塔维护办法》已经2031年3月16日第2次局务会议审议通过，现予公布，自2031年7月1日起施行，原办法同时废止。<br>
局长：林远航<br>2031年3月18日<br>责任编辑：沈一鸣</div>
<div class="side"><h3>排行榜</h3><ul><li><a href="/1">一则别的消息</a></li></ul></div></body></html>"""


def test_the_lines_of_an_order_stay_with_its_sentence():
    page = extract(ORDER.format(name="TRS_Editor").encode(), "http://lighthouse.example/202103/t20310409_1.html")
    assert page.paragraphs[:2] == ("云川市灯塔管理局令", "第7号")
    assert page.paragraphs[-2:] == ("局长：林远航", "2031年3月18日")


def test_the_pages_own_lines_stay_out():
    page = extract(ORDER.format(name="TRS_Editor").encode(), "http://lighthouse.example/202103/t20310409_1.html")
    assert not [line for line in page.paragraphs if "责任编辑" in line or "打印" in line or "排行榜" in line]


BOARD = """<html lang="ko"><head><title>{title}</title></head><body><article><h1>{title}</h1>
<section>작성일 <strong>2031-04-09 10:20</strong></section>
<section><h2>{label}</h2><div><p>연구소는 새로운 레이저 장치를 개발했다고 밝혔다. 연구진은 세 해에 걸쳐 시료의 온도를 측정했으며 결과를 논문으로 발표했다.</p>
<p>연구진은 앞으로 국제 협력을 통해 장치를 개선할 계획이며, 측정 자료는 누구나 볼 수 있도록 공개될 예정이라고 설명했다.</p></div></section></article></body></html>"""


@pytest.mark.parametrize("label", ["본문", "본문 내용", "正文", "[Content]", "Article body:"])
def test_a_heading_that_only_names_the_text_is_none_of_it(label):
    page = extract(
        BOARD.format(title="새로운 레이저 장치를 개발했다", label=label).encode(), "http://leaf.example/b?no=12"
    )
    assert page.paragraphs[0].startswith("연구소는")
