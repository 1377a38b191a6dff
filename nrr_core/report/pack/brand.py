"""How a pack looks for one company: a colour, a logo, a name; and the colours that mean something."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nrr_core.errors import NrrError
from nrr_core.formats import plain_text

__all__ = ["COLOURS", "Brand", "contrast", "on"]

COLOURS: Final[Mapping[str, str]] = {  # the charts' light colours (tests hold them together), and a paper of our own
    "ink": "#2f2d2b", "muted": "#6b6862", "grid": "#e7e5e1", "faint": "#cfccc6",
    "gain": "#00795A", "loss": "#C4500A", "total": "#44546F", "paper": "#ffffff",
}  # fmt: skip
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_MOST_BYTES: Final = 1_000_000
_MOST_PIXELS: Final = 4_000
_KEPT_PIXELS: Final = 800
_LEGIBLE: Final = 4.5  # WCAG AA for text
_SEEN: Final = 3.0  # and for what is drawn
_TRY: Final = "Upload a PNG or JPEG of at most 1 MB and 4,000 × 4,000 pixels, or leave the logo out."


@dataclass(frozen=True, slots=True)
class Brand:
    """The look of a pack.

    Parameters
    ----------
    colour
        The one accent, ``#RRGGBB``.
    logo
        Bytes of a PNG or JPEG, at most 1 MB; it is read, checked and written anew, so nothing else travels in it.
    name
        The company's name for cover and slides.

    Raises
    ------
    NrrError
        A colour that is none, or a logo that is no such picture.

    """

    colour: str = "#0067A6"
    logo: bytes | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not _COLOUR.fullmatch(self.colour):
            raise NrrError(
                f"“{plain_text(self.colour, limit=20)}” is not a colour. Write # and six hexadecimal digits, for example #0067A6."
            )
        object.__setattr__(self, "name", plain_text(self.name, limit=60))
        if self.logo is not None:
            object.__setattr__(self, "logo", _checked(self.logo))

    @property
    def ink(self) -> str:
        """The accent where it is written on white, as dark as it must be to be legible."""
        return _darkened(self.colour, _LEGIBLE)

    @property
    def line(self) -> str:
        """The accent where it draws a thin line on white, as dark as it must be to be seen."""
        return _darkened(self.colour, _SEEN)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)  # noqa: PLR2004 - sRGB
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG measures it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _darkened(colour: str, wanted: float) -> str:
    """The colour, or the first of its darker shades with such a contrast to white."""
    parts, shade = [int(colour[i : i + 2], 16) for i in (1, 3, 5)], colour
    while contrast(shade, COLOURS["paper"]) < wanted:
        parts = [round(p * 0.95) for p in parts]
        shade = "#" + "".join(f"{p:02x}" for p in parts)
    return shade


def on(colour: str) -> str:
    """White or ink: whichever is more legible on a colour."""
    return max((COLOURS["paper"], COLOURS["ink"]), key=lambda text: contrast(colour, text))


def _checked(logo: bytes) -> bytes:
    """The logo as a fresh PNG of at most 800 pixels a side; refuses what is not a small PNG or JPEG."""
    from PIL import Image  # noqa: PLC0415 - only who has a logo pays for it

    if len(logo) > _MOST_BYTES:
        raise NrrError(f"The logo has {len(logo) / 1e6:.1f} MB. {_TRY}")
    try:
        with Image.open(io.BytesIO(logo), formats=["PNG", "JPEG"]) as picture:
            if max(picture.size) > _MOST_PIXELS:
                raise NrrError(f"The logo has {picture.size[0]:,} × {picture.size[1]:,} pixels. {_TRY}")
            picture.thumbnail((_KEPT_PIXELS, _KEPT_PIXELS))
            kept = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise NrrError(f"The logo could not be read as a picture. {_TRY}") from error
    target = io.BytesIO()
    kept.save(target, format="PNG")
    return target.getvalue()
