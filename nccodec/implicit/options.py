"""What the encoder of implicit networks can be asked for. Only the standard library is imported."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Replaced by the branch that fits."""

    effort: int = 0
