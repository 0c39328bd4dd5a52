"""`nc decode --points`: the points of a set, as a file of them."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import LimitError, NclError
from .address import Place
from .files import is_stdout, naming, write
from .tasks import Task
from .views import checked

FORMAT = "ply"  # extension of a cloud, if nothing else is asked for
SUFFIXES = (".ply", ".csv")
MOST_POINTS = 100_000_000


def is_cloud(path: Place) -> bool:
    """Whether a name is that of a file of points which can be written."""
    return path.suffix.lower() in SUFFIXES


@dataclass(frozen=True)
class Sampling:
    """Writes the first points of one file. format: an extension without its dot, or empty for that of the output."""

    number: int
    format: str

    def __call__(self, task: Task) -> dict:
        from ..codec.file import read_file
        from ..points.clouds import cloud_bytes
        from ..points.code import PointsCode
        from ..points.orbit import points_of

        named = Path(f"_.{self.format or FORMAT}") if self.format or is_stdout(task.target) else task.target
        data = checked(task.source)
        try:
            code = read_file(data).code
            if not isinstance(code, PointsCode):
                raise LimitError(f"a {code.KIND} has no points; sets of points, as `nc points` makes them, have")
        except NclError as error:
            raise naming(task.source, error) from None
        try:
            content = cloud_bytes(points_of(code, self.number), named.suffix)
        except NclError as error:
            raise naming(task.target, error) from None
        write(task.target, content)
        return {"points": self.number, "pixels": 0, "bytes": len(content)}


def line(told: dict) -> str:
    return f"{'stdout' if is_stdout(told['target']) else told['target']}: {told['points']} points"
