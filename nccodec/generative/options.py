"""What the encoder of generative collages can be asked for. Only the standard library is imported."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """weights: name or path, as `nc train-generative` makes them; for pictures of one size and colour alone."""

    weights: str | Path = "digits"

    @property
    def slow(self) -> bool:
        """Whether a picture takes so long that its progress is worth telling."""
        return False

    @property
    def gradients(self) -> bool:
        """Whether the encoder needs torch."""
        return False
