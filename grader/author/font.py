"""Makes the font with which pictures are labelled in Chinese: python -m grader.author.font [SOURCE]

It is Noto Sans CJK SC (Debian's package fonts-noto-cjk), with the glyphs of labkit.po and no others: 130 kB in place of
the 19 MB of all its languages. `make sync` makes it again where it lacks a character of a translation.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from grader.author import sentences
from grader.lab import ROOT

FONT = ROOT / "labs" / "common" / "fonts" / "labkit-sans-sc.otf"
FAMILY = "Labkit Sans SC"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SOURCE_NUMBER = 2  # of the fonts in that file, the one for simplified Chinese
ALWAYS = "".join(map(chr, range(32, 127))) + "−±×·…–—‘’“”、。，：；！？（）"  # numbers of ticks among them
NAMES = {1: FAMILY, 2: "Regular", 3: f"{FAMILY}; from Noto Sans CJK SC", 4: FAMILY, 6: FAMILY.replace(" ", "")}
KEPT_NAMES = [0, 5, 13, 14]  # copyright, version, licence
TABLES_OF_NO_USE = ["BASE", "VORG", "vhea", "vmtx"]  # for lines from top to bottom


def wanted() -> str:
    """The characters that a translation has, in any language whose font this is."""
    said = {text for message in sentences.translations("zh") if message.id for text in sentences.texts_of(message)}
    return "".join(sorted(set(ALWAYS).union(*said) - {"\n", "\r"}))


def missing() -> str:
    """Those of them that the font has no glyph for."""
    there = TTFont(FONT, lazy=True).getBestCmap() if FONT.is_file() else {}
    return "".join(sign for sign in wanted() if ord(sign) not in there)


def update() -> str:
    """Makes the font again where it lacks a character, if its source is installed; what is still missing."""
    if missing() and SOURCE.is_file():
        make()
    return missing()


def make(source: Path = SOURCE) -> None:
    """Writes the font; the same source and the same characters make the same file."""
    font = TTFont(source, fontNumber=SOURCE_NUMBER, recalcTimestamp=False)
    options = subset.Options(hinting=False, desubroutinize=True, layout_features=[], notdef_outline=True)
    options.drop_tables += TABLES_OF_NO_USE
    options.name_IDs = [*NAMES, *KEPT_NAMES]
    cut = subset.Subsetter(options)
    cut.populate(text=wanted())
    cut.subset(font)
    for number, text in NAMES.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    [top] = font["CFF "].cff.topDictIndex
    top.FamilyName, top.FullName = FAMILY, FAMILY
    font["CFF "].cff.fontNames = [NAMES[6]]
    FONT.parent.mkdir(exist_ok=True)
    font.save(FONT)


if __name__ == "__main__":
    make(*map(Path, sys.argv[1:]))
