"""Cut the two shipped Chinese fonts out of the variable Noto Sans SC.

Run it in an environment of its own: ``pip install fonttools justmytype-intl-cjk``, then
``python tools/build_fonts.py path/to/NotoSansSC[wght].ttf kamlib/show/fonts``.
The licence (SIL OFL 1.1) reserves only the name "Source"; the cut fonts bear a name of their own.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FAMILY = "KAM Sans SC"
WEIGHTS = {"Regular": 400, "Bold": 700}
LATIN = range(0x20, 0x250)
SYMBOLS = "—–−‘’“”…•→←↑↓▲▼△▽●○■□◆◇★☆✓✗€£¥₂²³°×÷≤≥≈±％‰\u00a0\u202f￥"


def gb2312_characters() -> set[str]:
    """Return every character of GB 2312, levels one and two."""
    pairs = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return {pair.decode("gb2312") for pair in pairs if pair.decode("gb2312", errors="ignore")}


def rename(font: TTFont, style: str) -> None:
    """Give the font its own family name, style and weight."""
    names = {1: FAMILY, 2: style, 4: f"{FAMILY} {style}", 6: f"KAMSansSC-{style}", 16: FAMILY, 17: style}
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.toUnicode())
    font["OS/2"].usWeightClass = WEIGHTS[style]
    font["head"].macStyle = int(style == "Bold")


def cut(source: Path, style: str) -> TTFont:
    """Return the subset of `source` at one weight."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(layout_features=["kern", "locl", "ccmp"], name_IDs=["*"], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted({ord(char) for char in gb2312_characters() | set(map(chr, LATIN)) | set(SYMBOLS)}))
    cutter.subset(font)
    font = instancer.instantiateVariableFont(font, {"wght": WEIGHTS[style]}, updateFontNames=False)
    rename(font, style)
    return font


def main(source: Path, folder: Path) -> None:
    """Write both fonts and the licence that lies beside the source."""
    folder.mkdir(parents=True, exist_ok=True)
    for style in WEIGHTS:
        cut(source, style).save(folder / f"KAMSansSC-{style}.ttf")
    shutil.copy(source.with_name("OFL.txt"), folder / "OFL.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
