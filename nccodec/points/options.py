"""What the encoder of sets of points could be asked for: nothing, as pictures are no sets of points."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Options:
    """See `codec.kinds.Kind.options`."""

    slow: ClassVar = False
    gradients: ClassVar = False
