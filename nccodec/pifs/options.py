"""What the search can be asked for. Only the standard library is imported."""

from dataclasses import dataclass

from ..errors import LimitError

RANGE_SIZES = (4, 8, 16)
DOMAIN_STEPS = (4, 8, 16, 32, 64)
ISOMETRIES = (1, 8)


@dataclass(frozen=True)
class Options:
    """LimitError for what the format does not have.

    quadtree: ranges from 32 pixels down to range_size (4, 8 or 16; 4 by default), with a domain or flat, and flat ones
    down to a pixel, whichever are worth their bits; or else all of range_size (8 by default). domain_step: 4, 8, ...
    64, pixels between domains, where ranges are not larger. isometries: 1 or 8. lean: share of the domains that is
    searched, those of most contrast, 0 < lean <= 1. domains: False for means and ramps alone.
    """

    quadtree: bool = True
    range_size: int | None = None
    domain_step: int = 8
    isometries: int = 8
    lean: float = 1.0
    domains: bool = True

    def __post_init__(self) -> None:
        if self.range_size is None:
            object.__setattr__(self, "range_size", 4 if self.quadtree else 8)
        for name, allowed in (
            ("range_size", RANGE_SIZES), ("domain_step", DOMAIN_STEPS), ("isometries", ISOMETRIES),
        ):  # fmt: skip
            if getattr(self, name) not in allowed:
                raise LimitError(f"{name} {getattr(self, name)} is none of {', '.join(map(str, allowed))}")
        if not 0 < self.lean <= 1:
            raise LimitError(f"a share of {self.lean:g} of the domains is outside 0 .. 1")

    @property
    def slow(self) -> bool:
        """Whether a picture takes so long that its progress is worth telling."""
        return True

    @property
    def gradients(self) -> bool:
        """Whether the encoder needs torch."""
        return False
