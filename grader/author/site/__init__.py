"""The site: the kit's Markdown pages as HTML, in English and in Chinese, by Sphinx (docs/decisions/the-site.md).

`pages.py` says which page stands where; `layout.py` writes a source tree for each language; `conf.py` and
`extension.py` are what Sphinx reads; `build.py` runs it.
"""
