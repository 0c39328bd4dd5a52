"""Both forms of every operation, numpy's and torch's, against float64; threads leave no trace."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import random_arrays

from nccodec.arrays import GRADIENTS, form, numpy_form, numpy_of, on, set_threads, threads, torch_form
from nccodec.imaging.pictures import read_picture
from nccodec.neural.architecture import Architecture
from nccodec.neural.model import Collage
from nccodec.neural.tile import pad_to_cells
from nccodec.neural.weights import named

RANDOM = np.random.default_rng(11)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.normal(0, 1, shape).astype(np.float32)


CASES = {
    "pointwise": ("convolve", (normal(2, 70, 9, 31), normal(5, 70, 1, 1), normal(5)), {"leaky": True}),
    "dense": ("convolve", (normal(2, 7, 13, 8), normal(6, 7, 3, 3), normal(6)), {"padding": 1}),
    "dense, leaky": ("convolve", (normal(1, 3, 9, 17), normal(4, 3, 5, 5), normal(4)), {"padding": 2, "leaky": True}),
    "without padding": ("convolve", (normal(1, 3, 9, 7), normal(4, 3, 3, 3)), {}),
    "patches": ("convolve", (normal(2, 3, 24, 16), normal(9, 3, 8, 8), normal(9)), {"stride": 8, "leaky": True}),
    "lapped": ("convolve", (normal(1, 3, 32, 20), normal(9, 3, 8, 8)), {"stride": 4}),
    "depthwise": ("depthwise", (normal(2, 19, 7, 11), normal(19, 1, 5, 5), normal(19)), {}),
    "leaky": ("leaky", (normal(2, 3, 4, 5),), {}),
    "spread": ("spread", (normal(2, 6, 5, 7), normal(6, 3, 8, 8), 4), {}),
    "spread further": ("spread", (normal(1, 6, 9, 1), normal(6, 3, 10, 10), 4), {}),
    "spread apart": ("spread", (normal(1, 6, 2, 3), normal(6, 3, 4, 4), 4), {}),
    "means": ("area_means", (normal(2, 3, 12, 8), 4), {}),
    "zeros": ("pad", (normal(2, 3, 4, 5), 1, 2, 3, 0), {}),
    "edges": ("pad", (normal(2, 3, 4, 5), 1, 2, 3, 0), {"edge": True}),
    "windows": ("windows", (normal(2, 20), 6, 4), {}),
    "add": ("add_at", (normal(6, 2, 3), np.array([4, 0, 4, 4, 5]), normal(5, 2, 3)), {}),
}


def test_they_have_the_same_operations():
    public = [
        {name for name, f in inspect.getmembers(module, callable) if f.__module__ in (module.__name__, threads.__name__)
         and not name.startswith("_")}
        for module in (numpy_form, torch_form)
    ]  # fmt: skip
    assert public[0] == public[1] and {operation for operation, *_ in CASES.values()} < public[0]
    for name in sorted(public[0]):
        assert [*inspect.signature(getattr(numpy_form, name)).parameters] == [
            *inspect.signature(getattr(torch_form, name)).parameters
        ]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_both_are_that_of_float64(case, count, monkeypatch):
    """Of values about 1: to 1e-5 of the largest."""
    name, given, options = CASES[case]
    set_threads(count)
    monkeypatch.setattr(numpy_form, "_CACHED", 300)  # several bands, in every thread
    try:
        ours = getattr(numpy_form, name)(*given, **options)
    finally:
        set_threads(None)

    def tensors(kind: type) -> list:
        cast = [a.astype(kind) if isinstance(a, np.ndarray) and a.dtype == np.float32 else a for a in given]
        return [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in cast]

    theirs, exact = (getattr(torch_form, name)(*tensors(kind), **options).numpy() for kind in (np.float32, np.float64))
    assert ours.dtype == np.float32 and ours.shape == exact.shape
    for made in (ours, theirs):
        assert np.abs(made - exact).max() <= 1e-5 * np.abs(exact).max()


def test_values_are_added_in_place_where_they_belong():
    x = np.zeros((2, 3, 2))
    where, values = (np.array([0, 1, 0]), np.array([2, 0, 2])), np.arange(6.0).reshape(3, 2)
    numpy_form.add_into(x, where, values)
    tensor = torch.zeros(2, 3, 2, dtype=torch.float64)
    torch_form.add_into(tensor, tuple(torch.from_numpy(axis) for axis in where), torch.from_numpy(values))
    expected = np.zeros((2, 3, 2))
    expected[0, 2], expected[1, 0] = [4, 6], [2, 3]
    np.testing.assert_array_equal(x, expected)
    np.testing.assert_array_equal(tensor.numpy(), expected)


def test_nothing_that_is_given_is_changed():
    for name, given, options in CASES.values():
        before = [np.array(a) for a in given]
        getattr(numpy_form, name)(*given, **options)
        for a, b in zip(given, before, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_parts_that_threads_share_are_all_of_it_once(count):
    set_threads(count)
    try:
        for length in (0, 1, 2, 7, 100):
            seen = np.zeros(length, int)

            def work(start: int, stop: int, seen: np.ndarray = seen) -> None:
                seen[start:stop] += 1

            threads.share(work, length)
            assert (seen == 1).all()
    finally:
        set_threads(None)


def test_an_error_in_a_thread_is_raised():
    set_threads(2)
    try:
        with pytest.raises(ZeroDivisionError):
            threads.share(lambda start, stop: 1 // (1 - min(start, 1)), 4)
    finally:
        set_threads(None)


def test_without_threads_to_be_had_one_does_it_all(monkeypatch):
    """As where the interpreter ends, or a limit of processes is reached."""

    class NoPool:
        def submit(self, _):
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_pool", lambda *_: NoPool())
    set_threads(3)
    try:
        seen = np.zeros(50, int)
        threads.share(lambda start, stop: np.add.at(seen, np.arange(start, stop), 1), 50)
        assert (seen == 1).all()
    finally:
        set_threads(None)


def both(a: Architecture, arrays: dict[str, np.ndarray], picture: np.ndarray, level: float) -> list[dict]:
    """What both forms, and numpy's in float64, make of a picture."""
    made = []
    for device, kind in (("cpu", np.float32), (GRADIENTS, np.float32), ("cpu", np.float64)):
        model = Collage(a, {name: on(array.astype(kind), device) for name, array in arrays.items()})
        assert form(model["atoms"]) is (torch_form if device == GRADIENTS else numpy_form)
        position = on(np.array([level], kind), device)
        scaled = model.in_steps(model.analyse(on(picture.astype(kind), device)), position)
        q = on(np.rint(numpy_of(scaled)), device)
        parameters = model.dequantize(q, position)
        affine = model.affine(parameters[:, : a.atoms], position)
        steps = {"in steps": scaled, "parameters": parameters, "picture": model.decode(parameters, position)}
        steps |= {"reduced": model.affine(parameters[:, : a.atoms], position, 4), "energy": model.energy()}
        made.append({name: numpy_of(x) for name, x in steps.items()} | {"q": numpy_of(q)})
        made[-1]["enlarged"] = numpy_of(model.enlarge(affine, position, 4))
    return made


def close(made: list[dict], bound: float) -> None:
    ours, theirs, exact = made
    same = (ours["q"] == exact["q"]) & (theirs["q"] == exact["q"])
    assert same.mean() > 0.999  # halves may round either way
    for name in exact:
        if same.all() or name in ("in steps", "energy"):
            for one in (ours, theirs):
                assert np.abs(one[name] - exact[name]).max() <= bound * max(1, np.abs(exact[name]).max()), name


def test_a_whole_codec_is_the_same_in_both():
    narrow = {"width": 8, "depth": 8, "refinement": 9, "filter": 8, "detail": 8}
    a = Architecture(range_size=4, kernel=8, atoms=7, domains=3, lambdas=(0.1, 1, 9), **narrow)
    arrays = random_arrays(a, 3)
    arrays["log_gain"] += 1
    close(both(a, arrays, RANDOM.random((1, 3, 24, 20)), 0.7), 1e-5)


def test_the_shipped_codec_is_the_same_in_both():
    path = Path(__file__).parents[1] / "pictures" / "colosseum.png"
    picture = np.asarray(read_picture(path).convert("RGB"))[:96, :128]
    weights = named("photo")
    close(both(weights.architecture, dict(weights.model().network.arrays), pad_to_cells(picture, 16), 4.2), 1e-4)


def test_no_other_module_of_these_imports_torch_at_its_top():
    """Outside of training, studies, parameterizations, fits, and what else needs gradients."""
    package = Path(numpy_form.__file__).parents[1]
    allowed = {"training", "experiments", "parameterization"}
    with_torch = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in allowed
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if (isinstance(node, ast.Import) and node.names[0].name.split(".")[0] == "torch")
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch" and not node.level)
    }
    fits = ("factors", "finetuning", "fitting", "network", "optimizers", "parameters", "quantizing", "sparsity")
    assert with_torch == {
        "arrays/soap.py", "arrays/torch_form.py", "neural/prior_network.py", "neural/refining.py",
        "neural/structure.py", "neural/tables.py",
        "generative/augmentation.py", "generative/objective.py", "generative/training.py",
        "points/covers.py", "points/fitting.py", "points/nearest.py",
        *(f"implicit/{name}.py" for name in fits),
    }  # fmt: skip
