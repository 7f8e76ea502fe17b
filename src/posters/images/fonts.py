"""The typefaces: those that matplotlib ships, so that every machine has the same ones."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

SANS = "DejaVuSans"
SANS_BOLD = "DejaVuSans-Bold"
SANS_OBLIQUE = "DejaVuSans-BoldOblique"
SERIF = "DejaVuSerif"
SERIF_BOLD = "DejaVuSerif-Bold"
SERIF_ITALIC = "DejaVuSerif-BoldItalic"
ROMAN = "STIXGeneral"
ROMAN_BOLD = "STIXGeneralBol"
ROMAN_ITALIC = "STIXGeneralItalic"
ROMAN_BOLD_ITALIC = "STIXGeneralBolIta"
MONO_BOLD = "DejaVuSansMono-Bold"
# The Computer Modern faces draw only ASCII; `fallback` names what stands in for them.
MODERN = "cmr10"
MODERN_BOLD = "cmb10"
MODERN_SANS = "cmss10"

_STAND_INS = {MODERN: ROMAN, MODERN_BOLD: ROMAN_BOLD, MODERN_SANS: SANS}


@cache
def load_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Return the named face at a size in pixels."""
    # Only matplotlib's files are needed, and it takes long to import.
    found = find_spec("matplotlib")
    assert found and found.origin, "matplotlib is a dependency of this project"
    path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def cap_ratio(name: str) -> float:
    """Return the height of the face's capital H as a share of its nominal size."""
    box = load_font(name, 200).getbbox("H")
    return (box[3] - box[1]) / 200


def fallback(name: str, text: str) -> str:
    """Return the face to set the text in: the named one unless it lacks the letters."""
    if name in _STAND_INS and not text.isascii():
        return _STAND_INS[name]
    if name.startswith("STIX") and any(ord(letter) > 0x24F for letter in text):
        return SERIF_BOLD
    return name
