"""What the fuzzers share: atheris where it is installed (`pip install -e '.[fuzz]'`), else random mutations."""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

Vary = Callable[[bytes], bytes]  # bytes -> others, a little different
_SLOWEST = 20  # seconds that an input may take


def instrumented() -> AbstractContextManager:
    """Around the imports whose coverage is to guide atheris."""
    return atheris.instrument_imports(include=["nccodec"]) if atheris else nullcontext()


def fuzz(
    target: Callable[[bytes], None], mutate: Callable[[bytes, random.Random, Vary], bytes], seeds: list[Path], most: int
) -> None:
    """Tries what mutations make of the seeds (files or folders), of at most `most` bytes, until `target` raises or the
    options of the command line, which are libFuzzer's, say stop. The command line may name a folder for what is found,
    by default a new one; inputs that fail are left there."""
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    named = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if named and Path(named[0]).is_file():  # to try just these
        for name in named:
            target(Path(name).read_bytes())
        return
    folder = Path(named[0] if named else tempfile.mkdtemp(prefix="fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"new inputs: {folder}")
    if atheris is None:
        _plain(target, mutate, seeds, dict(option[1:].split("=", 1) for option in options), folder)
        return

    def custom(data: bytes, size: int, seed: int) -> bytes:
        return mutate(bytes(data), random.Random(seed), lambda part: bytes(atheris.Mutate(part, len(part) + 64)))[:size]

    files = ",".join(str(seed) for seed in seeds if seed.is_file())
    options = [f"-artifact_prefix={folder}/", f"-max_len={most}", "-len_control=0", "-print_final_stats=1", *options]
    options += [f"-seed_inputs={files}"] if files else []
    folders = [str(seed) for seed in seeds if seed.is_dir()]
    atheris.Setup([sys.argv[0], *options, str(folder), *folders], target, custom_mutator=custom)
    atheris.Fuzz()


def _plain(target: Callable, mutate: Callable, seeds: list[Path], options: dict[str, str], folder: Path) -> None:
    """Without coverage. options: max_total_time, runs and seed, as libFuzzer's."""
    source = random.Random(int(options.get("seed", 0)))
    files = sorted(path for seed in seeds for path in (seed.iterdir() if seed.is_dir() else [seed]))
    corpus = [path.read_bytes() for path in files]
    start, tried, slowest = time.monotonic(), 0, 0.0
    seconds, runs = float(options.get("max_total_time", 60)), int(options.get("runs", -1))
    while time.monotonic() - start < seconds and tried != runs:
        data = source.choice(corpus)
        for _ in range(source.randint(1, 4)):
            data = mutate(data, source, lambda part: _varied(part, source))
        began = time.monotonic()
        try:
            target(data)
        except BaseException:
            (folder / "crash").write_bytes(data)
            raise
        tried, slowest = tried + 1, max(slowest, time.monotonic() - began)
        if slowest > _SLOWEST:
            (folder / "timeout").write_bytes(data)
            raise TimeoutError(f"an input took {slowest:.0f} s")
    print(f"Done {tried} runs in {time.monotonic() - start:.0f} second(s), the slowest {slowest:.2f} s")


def _varied(data: bytes, source: random.Random) -> bytes:
    place = source.randrange(len(data) + 1)
    kind = source.randrange(4)
    if kind == 0:
        return data[:place] + source.randbytes(source.randint(1, 4)) + data[place:]
    if kind == 1:
        return data[:place] + data[place + source.randint(1, 8) :]
    value = bytes([source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))])
    return data[:place] + value + data[place + 1 :]
