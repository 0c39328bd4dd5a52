"""What shows through transparent pictures, for commands that do not keep transparency."""

from enum import Enum


class Background(str, Enum):
    """A colour without hue."""

    white = "white"
    black = "black"


def level_of(background: Background) -> int:
    """Its grey level."""
    return 255 if background is Background.white else 0
