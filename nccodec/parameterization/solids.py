"""A texture's renderings in the style of a picture, so that it fits the solid that it is for.

Views from random cameras are compared by their Gram matrices, of which running means over views are what has to be the
style's: one view alone need not show all of it (A. Mordvintsev, N. Pezzotti, L. Schubert and C. Olah, "Differentiable
image parameterizations", Distill 2018, section "Style transfer on 3D models"). Views do not know where the texture is
cut, and so there are no seams.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .features import Features
from .filling import filled
from .meshes import Mesh
from .rasteriser import Camera
from .seams import cut_places
from .style import content_loss, grams, style_loss
from .views import View, random_cameras, sample, samples_for, turntable

_DECAY = 0.8  # of the running means: with 0.95, as in Distill 2018, 80 steps come less far
_LEAST = 1e-8  # of squares that are divided by, and of those whose root is taken
_SEEN = 0.02  # of a texel's weight in all views together: those with less are unseen


@dataclass(frozen=True)
class Views:
    """count: of random cameras. side: of what they see, in pixels. seed: of where they are, and of backgrounds."""

    count: int = 64
    side: int = 224
    seed: int = 0


class Scene:
    """Views of a mesh, each rasterised when it is first asked for, before a colour of the style."""

    def __init__(self, mesh: Mesh, style: Tensor, texels: int, views: Views, device: str = "cpu") -> None:
        """style: float32 [1, 3, h, w], 0 .. 1. texels: along the longer side of textures."""
        self._mesh, self._side, self._device = mesh, views.side, device
        self._cameras = random_cameras(views.count, views.seed)
        self._samples = samples_for(texels, views.side)
        colours = style[0].flatten(1).cpu()  # [3, h w]
        random = torch.Generator().manual_seed(views.seed)
        chosen = torch.randint(colours.shape[1], (views.count,), generator=random)
        self._backgrounds = colours[:, chosen].to(device)  # [3, count]
        self._cuts = [torch.from_numpy(uv).to(device, torch.float32) for uv in cut_places(mesh)]
        self._views: dict[int, View] = {}
        self._front: View | None = None

    @property
    def count(self) -> int:
        """Of views."""
        return len(self._cameras)

    @property
    def is_cut(self) -> bool:
        """Whether there are cuts at which the texture does not go on by repeating."""
        return len(self._cuts[0]) > 0

    def view(self, number: int) -> View:
        """number: from 0 on."""
        if number not in self._views:
            self._views[number] = View(self._mesh, self._cameras[number], self._side, self._samples, self._device)
        return self._views[number]

    def render(self, number: int, texture: Tensor) -> Tensor:
        """float32 [1, 3, side, side]. texture: [1, 3, h, w]."""
        return self.view(number).render(texture, self._backgrounds[:, number])

    def front(self, texture: Tensor) -> Tensor:
        """float32 [1, 3, side, side], as a turntable begins. texture: [1, 3, h, w]."""
        if self._front is None:
            self._front = View(self._mesh, turntable(1)[0], self._side, self._samples, self._device, lit=True)
        return self._front.render(texture, torch.ones_like(texture[0, :, 0, 0]))

    def gaps(self, texture: Tensor) -> Tensor:
        """A scalar: the mean square of the difference in colour between both sides of cuts, at the same places, if any
        are cut. texture: [1, 3, h, w]."""
        first, second = (sample(texture, uv) for uv in self._cuts)
        return (first - second).square().mean()

    def filled(self, texture: Tensor) -> Tensor:
        """The texture, [1, 3, h, w], without what no view shows of those that were asked for."""
        return filled(texture, weights_seen(self._views.values(), texture.shape[2:]) > _SEEN)


class Renderings:
    """The objective of a texture: see `objectives.Objective`. content: the loss of the mesh's own texture, a running
    mean over views."""

    nothing = 1.0

    def __init__(
        self, scene: Scene, features: Features, style: Tensor, own: Tensor | None = None, weight: float = 1.0,
        seams: float = 1.0,
    ) -> None:  # fmt: skip
        """style: [1, 3, h, w], at the scale at which it is to be seen in views. own: [1, 3, h, w], the mesh's texture,
        which is to stay recognisable. weight: of its loss, that of the style being 1. seams: of the difference between
        both sides of cuts, in deviations of the style."""
        self._scene, self._features, self._own, self._weight = scene, features, own, weight
        with torch.no_grad():
            self._wanted = grams(features(style, features.style_layers))
            self._spread = style.var((2, 3)).mean().clamp_min(_LEAST)
        self._seams = seams
        self._left: list[int] = []
        self._means: dict[str, Tensor] = {}
        self._steps, self.content = 0, 0.0
        self._contents: dict[int, dict[str, Tensor]] = {}

    def __call__(self, picture: Tensor, way: float, random: torch.Generator) -> Tensor:
        """The loss of the running means, which move on by one view. Every view comes once in each round."""
        self._left = self._left or torch.randperm(self._scene.count, generator=random).tolist()
        number, features = self._left.pop(), self._features
        layers = dict.fromkeys((*features.style_layers, *(features.content_layers if self._own is not None else ())))
        found = features(self._scene.render(number, picture), tuple(layers))
        self._steps += 1
        new = max(1 - _DECAY, 1 / self._steps)  # the weight of this view
        loss = self._style({layer: found[layer] for layer in features.style_layers}, number, new)
        if self._own is not None:
            content = content_loss({layer: found[layer] for layer in features.content_layers}, self._wanted_of(number))
            self.content += new * (content.item() - self.content)
            loss = loss + self._weight * content
        if self._scene.is_cut:
            loss = loss + self._seams * (self._scene.gaps(picture) / self._spread + _LEAST).sqrt()
        return loss

    def _style(self, found: Mapping[str, Tensor], number: int, new: float) -> Tensor:
        now = grams_of(found, self._scene.view(number).coverage)
        if self._means:
            now = {layer: torch.lerp(self._means[layer], gram, new) for layer, gram in now.items()}
        self._means = {layer: mean.detach() for layer, mean in now.items()}
        loss = style_loss(now, self._wanted)
        # Its gradient is of a size from the first step on, as if the view were all.
        return loss + (loss - loss.detach()) * (1 / new - 1)

    def _wanted_of(self, number: int) -> dict[str, Tensor]:
        """Features of a view with the mesh's own texture."""
        if number not in self._contents:
            with torch.no_grad():
                rendered = self._scene.render(number, self._own)
                self._contents[number] = self._features(rendered, self._features.content_layers)
        return self._contents[number]


def grams_of(features: Mapping[str, Tensor], coverage: Tensor) -> dict[str, Tensor]:
    """Gram matrices over a layer's places [1, c, h', w'] by how much of the mesh they show, so that what is around it
    does not count. coverage: [h, w]."""
    weighted = {}
    for layer, values in features.items():
        shares = F.interpolate(coverage[None, None], values.shape[2:], mode="area")
        weighted[layer] = values * (shares / shares.mean().clamp_min(1e-6)).sqrt()
    return grams(weighted)


def style_of_views(scene: Scene, texture: Tensor, style: Tensor, features: Features) -> float:
    """The style loss of a texture [1, 3, h, w] over all views: their mean Gram matrices against the style's."""
    sums: dict[str, Tensor] = {}
    with torch.no_grad():
        for number in range(scene.count):
            found = grams_of(
                features(scene.render(number, texture), features.style_layers), scene.view(number).coverage
            )
            sums = {layer: sums.get(layer, 0) + gram / scene.count for layer, gram in found.items()}
        return style_loss(sums, grams(features(style, features.style_layers))).item()


def weights_seen(views: Iterable[View], size: tuple[int, int]) -> Tensor:
    """float32 [h, w]: the sum of weights that texels of a texture of a size have in all samples of views."""
    sums = torch.zeros(size)
    for view in views:
        texels = torch.zeros(1, 1, *size, device=view.uv.device, requires_grad=True)
        with torch.enable_grad():
            (weights,) = torch.autograd.grad(sample(texels, view.uv).sum(), texels)
        sums = sums.to(weights) + weights[0, 0]
    return sums


def film(mesh: Mesh, texture: Tensor, cameras: Iterable[Camera], side: int) -> Iterator[np.ndarray]:
    """Frames of a film, uint8 [side, side, 3], one by one: the mesh with a texture [1, 3, h, w], lit, on white."""
    white = torch.ones(3, device=texture.device)
    samples = max(2, samples_for(max(texture.shape[2:]), side))  # for smooth edges
    for camera in cameras:
        with torch.no_grad():
            picture = View(mesh, camera, side, samples, str(texture.device), lit=True).render(texture, white)[0]
        yield picture.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()
