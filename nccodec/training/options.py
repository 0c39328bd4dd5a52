"""What determines a training run, and what it tells on the way."""

from dataclasses import dataclass, field

from ..errors import TrainingError
from ..neural.architecture import COLOUR, Architecture

SCREENS = 0.05  # share of crops that are rendered text and screens, unless told otherwise


@dataclass(frozen=True)
class Options:
    """What determines a training run, besides its pictures.

    steps or minutes: the length, of which exactly one is given. crop: side in pixels, batch: crops a
    step, in each process. rate: peak learning rate. reference_from: share of the run after which the
    self-reference is trained too; until then its weights are zero. loss, border, colour,
    structure and bf16: see Objective.
    """

    architecture: Architecture = field(default_factory=Architecture)
    steps: int | None = None
    minutes: float | None = None
    crop: int = 128
    batch: int = 8
    rate: float = 5e-4
    reference_from: float = 0.75
    loss: str = "unrolled"
    border: float = 0.25
    colour: float = COLOUR
    structure: float = 0.08
    seed: int = 0
    bf16: bool = False

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise TrainingError("give either a number of steps or of minutes")
        if self.loss not in ("unrolled", "collage"):
            raise TrainingError(f"unknown loss {self.loss!r}: unrolled or collage")
        if not self.rate > 0:
            raise TrainingError("the learning rate must be positive")
        if not min(self.border, self.colour, self.structure) >= 0:
            raise TrainingError("weights of distortions must not be negative")
        if self.crop % self.architecture.range_size or self.crop < 2 * self.architecture.range_size:
            raise TrainingError("the crop must be a multiple of the range size, at least twice it")


@dataclass
class Report:
    """One line of progress: means since the report before, over all processes."""

    step: int
    progress: float
    loss: float
    bpp: float
    psnr: float
    seconds_per_step: float
    elapsed: float
