"""Text of a Chinese Windows, which does not say that it is in GBK: names in archives, tables of spreadsheets."""

COMMON = 0.5  # of the characters, if it is GBK: those that were in GB 2312 already


def chinese(data: bytes) -> str:
    """The text of bytes that are no UTF-8, if it reads as Chinese; else "". By chance, letters with accents of another
    encoding make characters of GBK, too, but hardly ever common ones."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    foreign = [character for character in text if not character.isascii()]
    return text if sum(map(_is_common, foreign)) >= COMMON * len(foreign) > 0 else ""


def _is_common(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
