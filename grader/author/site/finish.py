"""What the theme writes, and what stands on a page in the end: fit for a screen reader, a keyboard, and in Chinese."""

# In both languages.
FINISHED = {
    '<p class="caption" role="heading">': '<p class="caption">',  # a heading of no level
    "<pre>": '<pre tabindex="0">',  # what is wide can be scrolled with the keyboard
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    '<th class="head"><p></p></th>': "<td></td>",  # the corner of a table
    '<aside class="sidebar-drawer"': '<aside aria-label="All pages" class="sidebar-drawer"',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}
# The theme has no Chinese of its own. Longer texts stand before those that they hold.
CHINESE = {
    "All pages": "所有页面",
    "Toggle Light / Dark / Auto color theme": "切换浅色、深色或自动配色",
    "Toggle site navigation sidebar": "打开或关闭页面列表",
    "Toggle table of contents sidebar": "打开或关闭本页目录",
    "<title>Auto light/dark, in dark mode</title>": "<title>自动配色，现为深色</title>",
    "<title>Auto light/dark, in light mode</title>": "<title>自动配色，现为浅色</title>",
    "<title>Contents</title>": "<title>目录</title>",
    "<title>Dark mode</title>": "<title>深色</title>",
    "<title>Light mode</title>": "<title>浅色</title>",
    "<title>Expand</title>": "<title>展开</title>",
    "<title>Menu</title>": "<title>菜单</title>",
    "<span>Next</span>": "<span>下一页</span>",
    "<span>Previous</span>": "<span>上一页</span>",
    '<div class="title">Home</div>': '<div class="title">首页</div>',
    "<span>Back to top</span>": "<span>回到顶部</span>",
    "On this page": "本页目录",
    "Skip to content": "跳到正文",
    "Copyright &#169;": "版权所有 &#169;",
    "Made with <a": "使用 <a",
    "Sphinx</a> and <a": "Sphinx</a> 和 <a",
    "@pradyunsg</a>'s": "@pradyunsg</a> 的",
}


def finished(page: str, language: str) -> str:
    """A page's HTML as it is published; `language` is "en" or "zh_CN"."""
    for before, after in (FINISHED | (CHINESE if language == "zh_CN" else {})).items():
        page = page.replace(before, after)
    return page
