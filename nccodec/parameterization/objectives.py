"""What pictures are optimised for: a texture, a style on a content, a unit of a network."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from ..errors import LimitError
from .features import Features
from .style import content_loss, grams, style_loss
from .transformations import moved, rolled


class Objective(Protocol):
    """nothing: the loss of a picture that has nothing of what is wanted."""

    nothing: float

    def __call__(self, picture: Tensor, way: float, random: torch.Generator) -> Tensor:
        """A scalar loss. picture: [1, 3, h, w], 0 .. 1. way: of a film, 0 at its beginning to 1 at its end. random: of
        what is random in it."""
        ...


class Texture:
    """A picture whose Gram matrices are those of styles, which tiles the plane."""

    nothing = 1.0

    def __init__(self, features: Features, styles: Sequence[Tensor]) -> None:
        """styles: one, or one for the beginning and one for the end of a film: [1, 3, h, w] each."""
        self._style = _Styles(features, styles)

    def __call__(self, picture: Tensor, way: float, random: torch.Generator) -> Tensor:
        """See `Objective`."""
        return self._style.loss(rolled(picture, random), way)

    def measure(self, picture: Tensor, way: float = 0) -> Tensor:
        """The same for the picture as it is."""
        return self._style.loss(picture, way)


class Transfer:
    """A picture with the Gram matrices of styles, and the features of a content."""

    nothing = 1.0

    def __init__(self, features: Features, content: Tensor, styles: Sequence[Tensor], weight: float) -> None:
        """content: [1, 3, h, w], of the picture's size. styles: as of `Texture`. weight: of the content's loss, that of
        the style being 1."""
        self._features, self._weight, self._style = features, weight, _Styles(features, styles)
        with torch.no_grad():
            self._content = features(content, features.content_layers)

    def __call__(self, picture: Tensor, way: float, random: torch.Generator) -> Tensor:
        """See `Objective`."""
        return self.measure(picture, way)

    def measure(self, picture: Tensor, way: float = 0) -> Tensor:
        """The same for the picture as it is, as there is nothing random in it."""
        style, content = self.parts(picture, way)
        return style + self._weight * content

    def parts(self, picture: Tensor, way: float = 0) -> tuple[Tensor, Tensor]:
        """The losses of style and content."""
        layers = dict.fromkeys((*self._features.style_layers, *self._features.content_layers))
        found = self._features(picture, tuple(layers))
        content = {layer: found[layer] for layer in self._features.content_layers}
        return self._style.of(found, way), content_loss(content, self._content)


class Unit:
    """A picture in which a channel of a layer is as large as can be, its mean over places, wherever its edges are."""

    nothing = 0.0

    def __init__(self, features: Features, layer: str, channels: Sequence[int]) -> None:
        """channels: one, or one for the beginning and one for the end of a film. LimitError for a layer or channel that
        there is not."""
        self._features, self._layer = features, layer
        with torch.no_grad():
            count = features(torch.zeros(1, 3, 64, 64, device=features.device), (layer,))[layer].shape[1]
        for channel in channels:
            if not 0 <= channel < count:
                raise LimitError(f"channel {channel} of layer {layer!r} is outside 0 .. {count - 1}")
        self._channels = channels[0], channels[-1]

    def __call__(self, picture: Tensor, way: float, random: torch.Generator) -> Tensor:
        """See `Objective`."""
        return self.measure(moved(rolled(picture, random), random), way)

    def measure(self, picture: Tensor, way: float = 0) -> Tensor:
        """The same for the picture as it is."""
        found = self._features(picture, (self._layer,))[self._layer].mean((0, 2, 3))
        first, second = (found[channel] for channel in self._channels)
        return -torch.lerp(first, second, way)


class _Styles:
    """Gram matrices of one or two pictures, and what is between them."""

    def __init__(self, features: Features, styles: Sequence[Tensor]) -> None:
        self._features = features
        with torch.no_grad():
            self._grams = [grams(features(style, features.style_layers)) for style in (styles[0], styles[-1])]

    def loss(self, picture: Tensor, way: float) -> Tensor:
        return self.of(self._features(picture, self._features.style_layers), way)

    def of(self, found: dict[str, Tensor], way: float) -> Tensor:
        """found: features, of the style's layers at least."""
        first, second = self._grams
        wanted = {layer: torch.lerp(first[layer], second[layer], way) for layer in first}
        return style_loss(grams({layer: found[layer] for layer in wanted}), wanted)
