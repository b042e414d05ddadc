"""The crawler room, extraction: short texts that operate a page instead of telling something (font size, print, share).

A line is a widget only when nothing but such words stands in it, so that no sentence about printing is lost.
"""

from __future__ import annotations

import re

from crawler.extraction.dates import fold

WIDGET_MAX = 200  # characters

_DENSE = """
    放大字体 缩小字体 正常字体 字体大小 字体设置 字号选择 选择字号 字体显示 字号 字体 大字 中字 小字 大号 中号 小号 加大 减小 放大 缩小 默认 特大 超大 大 中 小 我要打印 打印本页 打印此页 打印页面 打印正文 打印文章 打印预览 立即打印 打印
    关闭窗口 关闭本页 关闭页面 关闭此页 我要关闭 点击关闭 关闭 返回顶部 回到顶部 返回首页 返回列表 返回上页 返回上一页 返回上级 回首页 返回 我要纠错 纠错 我要收藏 加入收藏 收藏本站 收藏本页 收藏 设为首页 繁體 繁体 简体 無障碍 无障碍浏览 无障碍阅读 无障碍 长者模式 语音播报 朗读
    分享到微信朋友圈 分享到新浪微博 分享到微信 分享到微博 分享到朋友圈 分享到 分享至 分享本文 分享文章 一键分享 分享 转发 点赞 推荐 推荐给朋友 新浪微博 腾讯微博 微博 微信好友 微信朋友圈 朋友圈 微信 QQ空间 人人网 豆瓣 QQ好友 QQ 更多 复制链接 复制网址 二维码
    扫一扫在手机打开当前页 扫一扫手机打开当前页 扫一扫在手机上查看当前页面 扫一扫在手机打开 用微信扫描二维码分享至好友和朋友圈 扫码分享 扫一扫分享 扫描二维码 扫一扫 扫码阅读 手机扫一扫 手机版 手机浏览 电脑版 微信扫一扫 下载 下载pdf 导出 发送邮件 邮件分享 视力保护色 背景色 页面色调 阅读模式 全屏 我要评论 查看评论 评论 举报 投诉
    大きく 小さく 文字サイズ 印刷する 印刷 シェアする シェア ツイート ツイートする このページを印刷 このページの先頭へ ページトップへ ページの先頭へ 戻る 一覧へ戻る 一覧に戻る ブックマーク 閉じる
    글자크기 글자 크게 글자 작게 인쇄하기 인쇄 공유하기 공유 페이스북 트위터 카카오톡 목록 목록보기 스크랩 닫기
    字級 字型大小 列印 友善列印 轉寄 轉寄好友 分享至 回上頁 回頂端 關閉視窗 關閉 推文
"""
_SPACED = """
    text size | font size | fonts size | fonts | font | big | large | larger | medium | middle | small | smaller | normal | default | increase | decrease | increase font size | decrease font size | increase text size | decrease text size | reset font size | zoom in | zoom out | small font | large font | medium font
    print | print this page | print this article | print this | print page | print article | printer friendly | printer-friendly version | printer-friendly | print friendly | printer friendly version | print version | print/pdf | close | close window | close this window | closed | off
    share | share this | share this page | share this article | share this story | share this post | share to | share on | share on facebook | share on twitter | share on x | share on linkedin | share on whatsapp | share via email | share with | sharing | share article | share page | share story | share by email | share now | share options
    facebook | twitter | linkedin | whatsapp | reddit | pinterest | tumblr | telegram | email | e-mail | mail | copy link | copy url | copy | link copied | link copied! | wechat | weibo | sina weibo | line | instagram | youtube | xing | mastodon | bluesky | threads | flipboard | pocket | rss | sms | messenger | vk | google+ | google plus | gmail | x | snapchat | tiktok | skype | qq | qzone | digg | delicious | stumbleupon | hacker news | fb | linked in | url | link
    tweet | tweet this | like | like this | pin | pin it | post | send | send email | email this | email this page | email this article | email this story | email a friend | e-mail this page | send to a friend | forward | save | save this | bookmark | add to favorites | favorites | favorite | follow us | follow | subscribe | listen | listen to this article | play audio | pdf | download pdf | download as pdf | save as pdf | click to share on facebook | click to share on twitter | click to email | opens in new window | opens in a new window | opens in new tab
    back | back to top | to top | top | go to top | return to top | return | back to news | back to list | back to overview | back to all news | back home | back to home | home page | goback | scroll to top | top of page | back to news list | all news | return to list
    skip to content | skip to main content | skip navigation | skip to navigation | jump to content | menu | toggle navigation | toggle menu | main menu | navigation | search | search this site | go | submit | login | log in | sign in | sign up | register | advertisement | loading | loading... | please wait | expand | collapse | show more | show less | read more | more | view all | see all | see more | learn more | comments | leave a comment | leave a reply | no comments | post a comment | add comment | reply | report | cite | cite this | citation | export citation | qr code | scan qr code | scan the qr code | full screen | contrast | high contrast | read aloud | view count
    drucken | seite drucken | artikel drucken | druckversion | druckansicht | teilen | artikel teilen | seite teilen | beitrag teilen | auf facebook teilen | auf twitter teilen | per e-mail teilen | per e-mail versenden | versenden | weiterempfehlen | empfehlen | merken | link kopieren | schließen | zurück | nach oben | zum seitenanfang | seitenanfang | zum anfang | vorlesen | schriftgröße | kommentieren | kommentare | zur übersicht | zurück zur übersicht | mehr | suche | menü | zum inhalt springen | zum inhalt | tweeten | mailen | weitersagen
    imprimer | imprimer la page | partager | partager cet article | partager cette page | partager sur facebook | partager sur twitter | partager sur linkedin | envoyer | envoyer par mail | envoyer par email | envoyer à un ami | taille du texte | retour | haut de page | retour en haut | fermer | télécharger | copier le lien | écouter | écouter l'article | aller au contenu | enregistrer | commenter | courriel | agrandir | réduire | tweeter
    imprimir | compartir | comparte | compartir en facebook | compartir en twitter | enviar | enviar por correo | tamaño de letra | tamaño de texto | volver | volver arriba | arriba | subir | cerrar | escuchar | guardar | copiar enlace | copiar link | compartilhar | compartilhe | partilhar | partilhe | tamanho da letra | tamanho do texto | voltar | voltar ao topo | topo | fechar | ouvir | tweetar | twittear | ir al contenido | correo electrónico | correo
    stampa | stampa la pagina | stampa pagina | condividi | condividi su facebook | condividi su twitter | invia | dimensione testo | torna su | torna indietro | indietro | chiudi | ascolta | salva | copia link | vai al contenuto
    печать | распечатать | версия для печати | для печати | поделиться | поделитесь | отправить | наверх | назад | закрыть | вконтакте | одноклассники | твитнуть | скопировать ссылку | друк | поділитися
    afdrukken | delen | deel dit artikel | deel deze pagina | deel | terug | naar boven | sluiten | drukuj | wydrukuj | udostępnij | podziel się | wróć | do góry | zamknij | yazdır | paylaş | geri | yukarı | skriv ut | dela | del | udskriv | tulosta | jaa | vytisknout | tisk | sdílet | nyomtatás | megosztás | in ấn | chia sẻ | cetak | bagikan | طباعة | مشاركة | شارك | εκτύπωση | κοινοποίηση
"""


def _words(block: str) -> list[str]:
    lines = block.strip().splitlines()
    words = [word.strip() for line in lines for word in (line.split("|") if "|" in line else line.split())]
    return sorted({word.lower() for word in words if word}, key=len, reverse=True)


_ALL = re.compile(
    "(?:"
    + "|".join(map(re.escape, _words(_DENSE)))
    + ")|(?<![^\\W_])(?:"
    + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in _words(_SPACED))
    + r")(?![^\W_])"
)
_STRONG = re.compile(
    r"[【\[(（<〖「]\s?(?:[^【】\[\]()（）]{0,40})(?:[】\])）>〗」]|$)|字号|字體|字体|打印|关闭窗口|分享到|扫一扫|text size|font size|fonts?\s?:",
    re.IGNORECASE,
)
_LETTER_SIZES = re.compile(r"(?<![^\W_])[aａtт][+＋\-−–]*(?![^\W_])|[a][+-]{1,2}", re.IGNORECASE)
_ORNAMENT = re.compile(r"(?:[\W_]+|(?<![^\W_])\d{1,5}(?![^\W_]))+")


def is_widget(line: str) -> bool:
    """Whether a line holds nothing but controls: font size, print, close, share, skip, search, QR code."""
    text = fold(line).strip().lower()
    if not text or len(text) > WIDGET_MAX:
        return False
    position = words = sizes = 0
    while True:
        ornament = _ORNAMENT.match(text, position)
        position = ornament.end() if ornament else position
        if position >= len(text):
            return words > 0 or sizes > 1
        if match := _ALL.match(text, position):
            words += 1
        elif match := _LETTER_SIZES.match(text, position):
            sizes += 1
        else:
            return False  # most lines: they begin with a word that is no control
        position = match.end()


def cut_widgets(text: str) -> str:
    """`text` without the controls at its end or in brackets: `新华社 【大 中 小】【打印` becomes `新华社`."""
    kept = text
    for match in reversed(list(_STRONG.finditer(text))):
        piece = match[0]
        if is_widget(piece.strip("【】[]()（）<>〖〗「」 ")) or (piece[0] in "【[" and is_widget(piece)):
            kept = kept[: match.start()] + " " + kept[match.end() :]
    return "" if is_widget(kept) else kept.strip()
