"""The crawler room, extraction: short lines that say what follows them is not the article any more.

A closed list of phrases in the languages of the sources, looked up once for a short block, never searched for in prose.
The body model takes the kind of the last such line as one sign among many; nothing is cut by this list alone.
"""

from __future__ import annotations

from enum import IntEnum

MARKER_CHARS_MAX = 60  # a longer line is prose
LABELLED_CHARS_MAX = 300  # unless it begins with a label: "READ MORE: ...", "Lesen Sie auch: ..."
LABEL_CHARS_MAX = 30


class Marker(IntEnum):
    """What a short line announces."""

    NONE = 0
    RELATED = 1
    COMMENTS = 2
    SHARE = 3
    NEWSLETTER = 4
    AUTHOR = 5
    TAGS = 6
    NEIGHBOURS = 7  #: previous and next article
    LEGAL = 8
    MORE = 9  #: a "read more" or an advertisement between paragraphs
    EDITOR = 10
    TOOLS = 11  #: print, font size, close window
    CONTACT = 12  #: press contacts, about the institute: body on some sites
    SOURCES = 13  #: references, footnotes: body on most sites


_PHRASES = {
    Marker.RELATED: """
        related|related articles|related posts|related stories|related news|related content|related topics|related links
        related reading|related resources|related documents|related accessories|related products|related coverage
        more stories|more news|more articles|more from|more on this|more on|more like this|latest news|latest posts
        latest articles|latest stories|latest|recent posts|recent articles|recent news|recent stories|popular posts
        popular|most popular|most read|most viewed|trending|trending now|top stories|top news|editors' picks
        editor's picks|recommended|recommended for you|recommended reading|recommended articles|you may also like
        you might also like|you might be interested in|you may be interested in|see also|read also|also read|read next
        up next|next up|what to read next|further reading|in this section|other news|other articles|other posts
        don't miss|featured|featured posts|featured articles|keep reading|continue reading|explore more|discover more
        similar articles|similar posts|similar stories|archives|archive|upcoming events|events|news|blog|in the news
        mehr zum thema|mehr zu|zum artikel|read more|das könnte sie auch interessieren|auch interessant|weitere artikel|weitere meldungen
        weitere nachrichten|weitere informationen|weiterführende links|ähnliche artikel|aktuelle meldungen|meistgelesen
        lesen sie auch|lesen sie mehr|zum thema|neueste beiträge|verwandte artikel|mehr aus|mehr artikel|mehr nachrichten
        à lire aussi|lire aussi|à lire|articles liés|sur le même sujet|sur le même thème|articles similaires|voir aussi
        dans la même rubrique|les plus lus|en savoir plus|à découvrir|à voir aussi|derniers articles|actualités
        noticias relacionadas|artículos relacionados|te puede interesar|más noticias|más sobre|más leídas|lo más leído
        lea también|también te puede interesar|ver también|últimas noticias|le puede interesar|relacionadas|relacionado
        leggi anche|articoli correlati|potrebbe interessarti|ti potrebbe interessare|correlati|ultime notizie
        leia também|veja também|notícias relacionadas|mais lidas|artigos relacionados|saiba mais|leia mais
        lees ook|lees meer|gerelateerd|gerelateerde artikelen|meer nieuws|meer over|läs också|läs mer|les også|les mer
        læs også|læs mere|lue myös|czytaj też|czytaj także|zobacz też|zobacz także|polecane|więcej na ten temat
        читайте также|похожие статьи|по теме|популярное|ещё по теме|новости по теме|читайте ещё|смотрите также
        ilgili haberler|baca juga|berita terkait|xem thêm|tin liên quan|bài viết liên quan|관련기사|관련 기사|관련뉴스
        주요뉴스|많이 본 뉴스|인기기사|最新记事|関連記事|関連ニュース|おすすめ記事|あわせて読みたい|人気記事|最新記事|新着記事|関連リンク|関連タグ
        こちらもおすすめ|アクセスランキング|ランキング|その他のニュース|相关文章|相关新闻|相关阅读|相关链接|相关推荐|相关报道|相关内容|相关文档
        相关附件|相关信息|相关资讯|相关专题|相关稿件|相关政策|相关解读|推荐阅读|延伸阅读|热门文章|热门新闻|热门推荐|热点新闻|最新文章|最新新闻
        最新资讯|最新动态|新闻排行|新闻排行榜|排行榜|点击排行|阅读排行|猜你喜欢|您可能感兴趣|为您推荐|更多新闻|更多|往期回顾|精彩推荐|图片新闻|友情链接
        相關文章|相關新聞|相關連結|延伸閱讀|推薦閱讀|熱門文章|熱門新聞|最新消息|更多新聞|友好链接|网站导航|快速链接|相关搜索""",
    Marker.COMMENTS: """
        comments|comment|leave a comment|leave a reply|leave your comment|leave comment|post a comment|add a comment
        add comment|write a comment|join the discussion|join the conversation|no comments|no comments yet|1 comment
        0 comments|responses|replies|reply|discussion|what do you think|cancel reply|view comments|show comments
        be the first to comment|your email address will not be published|you must be logged in to post a comment
        reader comments|sort by|log in to comment|recent comments|submit a comment|share your thoughts|one response
        kommentare|kommentar schreiben|kommentar verfassen|schreibe einen kommentar|schreiben sie einen kommentar
        kommentieren|antwort hinterlassen|diskutieren sie mit|commentaires|laisser un commentaire|commenter|réagir
        votre commentaire|comentarios|deja un comentario|dejar un comentario|deja una respuesta|commenti|lascia un commento
        comentários|deixe um comentário|deixe uma resposta|reacties|reageer|geef een reactie|kommentarer|kommentera
        kommentit|komentarze|dodaj komentarz|комментарии|оставить комментарий|добавить комментарий|yorumlar|yorum yap|댓글
        コメント|コメントする|コメントを残す|コメントを書く|评论|发表评论|我要评论|网友评论|最新评论|热门评论|用户评论|全部评论|留言|我要留言|跟帖
        發表評論|發表留言|回复|回覆|網友評論|留言評論|发表回复|取消回复""",
    Marker.SHARE: """
        share|share this|share on|share this article|share this post|share this story|share this page|share via|share it
        share now|share with|sharing|follow us|follow us on|follow|connect with us|stay connected|connect|like this|like us
        facebook|twitter|linkedin|whatsapp|email|pinterest|tweet|copy link|print this|social media|find us on|save|bookmark
        teilen|artikel teilen|beitrag teilen|seite teilen|folgen sie uns|partager|partager cet article|partagez|suivez-nous
        compartir|comparte|síguenos|condividi|seguici|compartilhe|compartilhar|siga-nos|delen|deel|deel dit artikel|dela
        del|udostępnij|podziel się|поделиться|paylaş|bagikan|chia sẻ|공유|공유하기|シェア|シェアする|共有|分享|分享到|分享至|扫码分享|一键分享|微信分享
        扫一扫在手机打开当前页|扫一扫|微信扫一扫|关注我们|分享按钮|微信公众号|官方微信|二维码""",
    Marker.NEWSLETTER: """
        newsletter|newsletters|subscribe|sign up|sign up for our newsletter|subscribe to our newsletter|join our newsletter
        subscribe now|get our newsletter|stay informed|stay up to date|stay in the loop|never miss a story|get updates
        email address|your email|enter your email|e-mail|subscribe to|get the latest|join our mailing list|sign up today
        newsletter abonnieren|jetzt abonnieren|abonnieren|s'abonner|abonnez-vous|inscrivez-vous|suscríbete|suscribirse
        iscriviti|inscreva-se|assine|schrijf je in|prenumerera|subskrybuj|подписаться|подпишитесь|订阅|立即订阅|メルマガ登録|구독""",
    Marker.AUTHOR: """
        about the author|about the authors|about author|author|authors|written by|posted by|meet the author|author bio
        view all posts|view all posts by|more from this author|posts by|about the writer|by the author|reviewed by|published by
        über den autor|über die autorin|zur person|autor|autorin|à propos de l'auteur|auteur|sobre el autor|sull'autore
        sobre o autor|over de auteur|об авторе|作者简介|作者|关于作者|著者|筆者|この記事を書いた人|執筆者|ライター|기자""",
    Marker.TAGS: """
        tags|tag|tagged|tagged with|filed under|categories|category|topics|topic|keywords|posted in|labels|in this article
        schlagwörter|stichwörter|schlagworte|themen|kategorien|mots-clés|étiquettes|catégories|etiquetas|temas|categorías
        tópicos|argomenti|onderwerpen|ämnen|tematy|теги|темы|метки|etiketler|标签|标签：|关键词|分类|タグ|カテゴリ|カテゴリー|キーワード|태그""",
    Marker.NEIGHBOURS: """
        previous|next|previous post|next post|previous article|next article|post navigation|older posts|newer posts|older
        newer|prev|previous story|next story|back to top|back|return to top|back to news|back to list|go back|all news|top
        vorheriger beitrag|nächster beitrag|zurück|weiter|nach oben|zurück zur übersicht|article précédent|article suivant
        précédent|suivant|retour|haut de page|anterior|siguiente|artículo anterior|siguiente artículo|precedente|successivo
        vorige|volgende|föregående|nästa|poprzedni|następny|назад|вперёд|上一篇|下一篇|上一条|下一条|上一页|下一页|返回列表|返回|返回顶部|返回首页
        回到顶部|上一則|下一則|前の記事|次の記事|トップへ戻る|一覧へ戻る|一覧に戻る|ページトップへ|이전글|다음글|목록""",
    Marker.LEGAL: """
        copyright|all rights reserved|privacy policy|terms of use|terms of service|terms and conditions|terms & conditions
        cookie policy|privacy|legal|disclaimer|imprint|cookie settings|cookies|accessibility|sitemap|site map|about us
        contact us|help|faq|advertise|advertisement|contact|home|menu|search|login|log in|sign in|register|skip to content
        skip to main content|we use cookies|accept cookies|accept|impressum|datenschutz|mentions légales|aviso legal|version
        política de privacidad|note legali|版权所有|版權所有|免责声明|隐私政策|网站地图|联系我们|关于我们|主办单位|承办单位|技术支持|网站声明|法律声明
        版权声明|使用条款|无障碍|京icp备|备案号|著作権|プライバシーポリシー|利用規約|サイトマップ|お問い合わせ|運営会社|会社概要|무단전재|저작권자|개인정보처리방침""",
    Marker.MORE: """
        learn more|see more|view more|show more|load more|more|click here|find out more|more information|view all
        see all|read full story|full story|expand|advertisement|ad|ads|anzeige|werbung|publicité|publicidad|pubblicità
        publicidade|advertentie|annons|annonse|reklama|реклама|reklam|story continues below advertisement|article continues
        continue reading below|artikel wird fortgesetzt|scroll to continue|watch|video|listen|photo|photos|gallery|play
        mehr lesen|weiterlesen|mehr erfahren|lire la suite|leer más|ver más|continua a leggere|leia mais|lees verder
        читать далее|devamını oku|阅读更多|查看更多|查看详情|详情|广告|続きを読む|もっと見る|詳しくはこちら|더보기|광고|show all""",
    Marker.EDITOR: """
        责任编辑|编辑|责编|校对|审核|供稿|撰稿|来源|文章来源|信息来源|稿件来源|发布时间|发布日期|浏览次数|点击数|阅读次数|点击次数|访问次数|字号|字体
        責任編輯|編輯|初审|复审|终审|一审|二审|三审|图文编辑|审稿|通讯员|source|updated|last updated|last modified|published|posted on|date|time
        views|min read|minute read|reading time|edited by|redaktion|quelle|stand|zuletzt aktualisiert|mis à jour|publié le""",
    Marker.TOOLS: """
        print|close|print page|download pdf|text size|font size|pdf|download|print this page|close window|email this page
        drucken|seite drucken|imprimer|imprimir|stampa|打印|关闭|打印本页|关闭窗口|收藏|打印本文|加入收藏|放大字体|缩小字体|大|中|小|下载|印刷
        印刷する|인쇄|report an error|report this|cite|cite this|permissions|export citation|纠错|举报""",
    Marker.CONTACT: """
        media contact|press contact|contacts|media contacts|for more information|about|notes to editors|media enquiries
        pressekontakt|kontakt|ansprechpartner|wissenschaftlicher ansprechpartner|contact presse|contacto|附件|联系人|联系方式|联系电话""",
    Marker.SOURCES: """
        references|sources|footnotes|notes|bibliography|works cited|citations|publication|original publication|reference
        quellen|literatur|originalpublikation|références|referencias|fuentes|参考文献|参考资料|注释|出典|引用元|参考""",
}
_LOOKUP: dict[str, Marker] = {}
for _marker, _words in _PHRASES.items():
    for _phrase in _words.replace("\n", "|").split("|"):
        if _phrase.strip():
            _LOOKUP.setdefault(_phrase.strip(), _marker)
_TRIM = " :：»›>«‹<|·•-–—…!！?？。.,，、()（）[]【】〖〗《》“”\"'#*+→←↓↑▼▲0123456789"


def marker_of(text: str) -> Marker:
    """What a line announces; NONE for prose and for lines the list does not know."""
    if len(text) > MARKER_CHARS_MAX:
        return _of_label(text) if len(text) <= LABELLED_CHARS_MAX else Marker.NONE
    line = text.casefold().strip(_TRIM)
    found = _LOOKUP.get(line)
    if found is not None:
        return found
    if line.isascii() or " " in line:
        words = line.split(" ", 3)
        head = words[0].rstrip(_TRIM)
        if len(words) > 2:
            found = _LOOKUP.get(" ".join(words[:3]).rstrip(_TRIM)) or _LOOKUP.get(" ".join(words[:2]).rstrip(_TRIM))
        if found is None and words[0] != head:  # "Tags: moss, lichen"
            found = _LOOKUP.get(head)
    else:
        found = (
            _LOOKUP.get(line[:4]) or _LOOKUP.get(line[:3]) or (_LOOKUP.get(line[:2]) if line[2:3] in "：:" else None)
        )
    return found or Marker.NONE


def is_marker(text: str, marker: Marker) -> bool:
    """Whether a line is one of the phrases that announce this, and nothing more."""
    return len(text) <= MARKER_CHARS_MAX and _LOOKUP.get(text.casefold().strip(_TRIM)) is marker


def _of_label(text: str) -> Marker:
    """What the label at the head of a longer line announces."""
    head = text[:LABEL_CHARS_MAX]
    end = head.find(":")
    if end < 0:
        end = head.find("：")
    return _LOOKUP.get(head[:end].casefold().strip(_TRIM), Marker.NONE) if end > 0 else Marker.NONE
