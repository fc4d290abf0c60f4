"""What Sphinx reads first. The folder of the sources says in site.json which language it is."""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
_site = json.loads(Path(os.environ["LABKIT_SITE"], "site.json").read_text(encoding="utf-8"))
_language = _site["language"]
_title = {"en": "Labs on RL for language models", "zh": "语言模型强化学习实验"}[_language]
_fonts = '"Segoe UI", system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
sys.path.insert(0, str(HERE.parents[2]))

project = _title
html_title = _title
language = {"en": "en", "zh": "zh_CN"}[_language]
copyright = {"en": "the authors of the lab kit", "zh": "实验套件的作者"}[_language]
extensions = ["myst_parser", "grader.author.site.extension"]
labkit_untranslated = _site["untranslated"]

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4  # [text](page.md#heading) as GitHub has it
myst_dmath_allow_space = False
myst_dmath_allow_digits = False
highlight_language = "none"  # of indented blocks: what is typed, and what comes of it
html_math_renderer = "mathml"

html_theme = "furo"
html_theme_options = {
    "light_css_variables": {"font-stack": _fonts, "color-brand-primary": "#0b5cad", "color-brand-content": "#0b5cad"},
    "dark_css_variables": {"font-stack": _fonts, "color-brand-primary": "#8ab8f2", "color-brand-content": "#8ab8f2"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
templates_path = [str(HERE / "templates")]
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_sidebars = {
    "**": [
        "sidebar/scroll-start.html",
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_search_options = {"dict": ""}  # jieba's own, which Sphinx would read a second time, word by word
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
