"""A texture optimised through renderings of the solid that it is for, in the style of a picture.

Views from random cameras are compared by their Gram matrices, of which running means over views are what has to be the
style's: one view alone need not show all of it (A. Mordvintsev, N. Pezzotti, L. Schubert and C. Olah, "Differentiable
image parameterizations", Distill 2018, "Style transfer on 3D models"). There is nothing that a cut of the texture is seen
by, and so there are no seams.
"""

import math
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import LimitError, NclWarning
from .features import Features
from .filling import filled
from .meshes import Mesh
from .parameters import Parameterization
from .style import content_loss, grams, style_loss
from .views import View, random_cameras, sample, samples_for

Report = Callable[[float, float, float], None]  # share that is done, loss, seconds left
_EASED = 0.3  # last share of the steps, over which Adam's rate falls evenly to 0
_SEEN = 0.02  # of a texel's weight in all views together: those with less are unseen
_OFTEN = 10  # steps from one look for the best to the next


@dataclass(frozen=True)
class Rules:
    """steps, minutes: the first that is reached ends it; one at least is given. views: cameras. side: of a view, pixels.
    decay: of the running means. content: weight of the mesh's own texture, where it is to stay. rate: Adam's, None for
    the parameterization's own. seed: of cameras, their order and backgrounds."""

    steps: int | None = 400
    minutes: float | None = None
    views: int = 64
    side: int = 224
    decay: float = 0.95
    content: float = 1.0
    rate: float | None = None
    seed: int = 0


class Scene:
    """Views of a mesh, each rasterised when it is first asked for, before a colour of the style. style: float32 [3, h, w],
    0 .. 1. texels: along the longer side of textures."""

    def __init__(self, mesh: Mesh, style: Tensor, texels: int, rules: Rules, device: str = "cpu") -> None:
        self._mesh, self._rules, self._device = mesh, rules, device
        self._cameras = random_cameras(rules.views, rules.seed)
        self._samples = samples_for(texels, rules.side)
        random = torch.Generator().manual_seed(rules.seed)
        colours = style.flatten(1)  # [3, h w]
        self._backgrounds = colours[:, torch.randint(colours.shape[1], (rules.views,), generator=random)].to(device)
        self.views: dict[int, View] = {}

    def view(self, number: int) -> View:
        if number not in self.views:
            self.views[number] = View(
                self._mesh, self._cameras[number], self._rules.side, self._samples, self._device
            )  # fmt: skip
        return self.views[number]

    def render(self, number: int, texture: Tensor) -> Tensor:
        """float32 [1, 3, side, side]. texture: [1, 3, h, w]."""
        return self.view(number).render(texture, self._backgrounds[:, number])


def grams_of(features: Mapping[str, Tensor], coverage: Tensor) -> dict[str, Tensor]:
    """Gram matrices of a layer's places [1, c, h', w'] by how much of the mesh they show. coverage: [h, w]."""
    weighted = {}
    for layer, values in features.items():
        shares = F.interpolate(coverage[None, None], values.shape[2:], mode="area")
        weighted[layer] = values * (shares / shares.mean().clamp_min(1e-6)).sqrt()
    return grams(weighted)


def dream(
    mesh: Mesh, style: Tensor, texture: Parameterization, features: Features, rules: Rules, own: Tensor | None = None,
    report: Report = lambda *_: None, preview: Callable[[int, Tensor], None] = lambda *_: None, device: str = "cpu",
) -> Tensor:  # fmt: skip
    """Optimise the parameters of a texture, which are left at the best that there were. Returns it, [3, h, w], 0 .. 1,
    texels that no view showed filled. Ctrl-C ends it with an NclWarning.

    style: float32 [3, h, w], 0 .. 1, at the scale at which it is to be seen in views of rules.side pixels. own: [3, h, w],
    the mesh's texture, which is to stay recognisable. preview: called with the number of steps and the texture after
    each. The same steps with the same seed give the same texture on one machine, without a GPU."""
    run = _Run(mesh, style, texture, features, rules, own, device)
    try:
        run.train(report, preview)
    except KeyboardInterrupt:
        warnings.warn(f"stopped after {run.steps} steps: the best so far is kept", NclWarning, stacklevel=2)
    except torch.OutOfMemoryError:
        raise MemoryError(f"views of {rules.side} pixels take too much memory") from None
    return run.finish()


class _Run:
    """The state of an optimisation. steps: done."""

    def __init__(
        self, mesh: Mesh, style: Tensor, texture: Parameterization, features: Features, rules: Rules, own: Tensor | None,
        device: str,
    ) -> None:  # fmt: skip
        self._texture, self._features, self._rules = texture, features, rules
        with torch.no_grad():
            size = texture.picture().shape[2:]
            self._wanted = grams(features(style[None].to(device), features.style_layers))
        self._scene = Scene(mesh, style, max(size), rules, device)
        self._own = None if own is None else own[None].to(device)
        self._contents: dict[int, dict[str, Tensor]] = {}
        self._rate = rules.rate or texture.rate
        self._optimizer = torch.optim.Adam(texture.parameters, self._rate)
        self._means: dict[str, Tensor] = {}
        self._content = 0.0
        self._best, self._least = self._copied(), math.inf
        self.steps, self._began = 0, time.monotonic()

    def train(self, report: Report, preview: Callable[[int, Tensor], None]) -> None:
        random = torch.Generator().manual_seed(self._rules.seed)
        order: list[int] = []
        while (share := self._share()) < 1:
            order = order or torch.randperm(self._rules.views, generator=random).tolist()
            self._optimizer.param_groups[0]["lr"] = self._rate * min(1, (1 - share) / _EASED)
            texture = self._texture.picture()[:1, :3]
            loss = self._loss(order.pop(), texture)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self.steps += 1
            if self.steps % _OFTEN == 0:
                self._look()
                report(self._share(), self._now(), self._left())
            preview(self.steps, texture.detach()[0])

    def finish(self) -> Tensor:
        """The best texture."""
        if self.steps % _OFTEN or self._least == math.inf:
            self._look()
        with torch.no_grad():
            for value, best in zip(self._texture.parameters, self._best, strict=True):
                value.copy_(best)
            texture = self._texture.picture()[:1, :3]
            return filled(texture, seen(self._scene.views.values(), texture.shape[2:]) > _SEEN)[0]

    def _loss(self, number: int, texture: Tensor) -> Tensor:
        """Of one view; the running means move on."""
        rules, features = self._rules, self._features
        layers = features.style_layers + (features.content_layers if self._own is not None else ())
        found = features(self._scene.render(number, texture), layers)
        of_style = {layer: found[layer] for layer in features.style_layers}
        now = grams_of(of_style, self._scene.view(number).coverage)
        new = max(1 - rules.decay, 1 / (self.steps + 1))  # the weight of this view
        means = {layer: torch.lerp(self._means[layer], gram, new) if self._means else gram for layer, gram in now.items()}
        self._means = {layer: mean.detach() for layer, mean in means.items()}
        # In shares of the weight, so that steps are of a size from the first on, and content counts alike.
        loss = style_loss(means, self._wanted) / new
        if self._own is not None:
            content = content_loss({layer: found[layer] for layer in features.content_layers}, self._contents_of(number))
            self._content += new * (content.item() - self._content)
            loss = loss + rules.content * content
        return loss

    def _contents_of(self, number: int) -> dict[str, Tensor]:
        """Features of a view with the mesh's own texture."""
        if number not in self._contents:
            with torch.no_grad():
                rendered = self._scene.render(number, self._own)
                self._contents[number] = self._features(rendered, self._features.content_layers)
        return self._contents[number]

    def _now(self) -> float:
        """The loss of the running means; infinite before the first step."""
        if not self._means:
            return math.inf
        return style_loss(self._means, self._wanted).item() + self._rules.content * self._content

    def _look(self) -> None:
        if (loss := self._now()) < self._least:
            self._best, self._least = self._copied(), loss

    def _copied(self) -> list[Tensor]:
        return [value.detach().clone() for value in self._texture.parameters]

    def _share(self) -> float:
        """Of the steps that is done."""
        rules, shares = self._rules, []
        if rules.steps is not None:
            shares.append(self.steps / rules.steps)
        if rules.minutes is not None:
            shares.append((time.monotonic() - self._began) / (60 * rules.minutes))
        return max(shares)

    def _left(self) -> float:
        """Seconds."""
        share = min(self._share(), 1)
        return (time.monotonic() - self._began) * (1 - share) / max(share, 1e-9)


def seen(views: Iterable[View], size: tuple[int, int]) -> Tensor:
    """float32 [h, w]: the sum of weights that texels of a texture of a size have in all samples of views."""
    sums = torch.zeros(size)
    for view in views:
        texels = torch.zeros(1, 1, *size, device=view.uv.device, requires_grad=True)
        with torch.enable_grad():
            (weights,) = torch.autograd.grad(sample(texels, view.uv).sum(), texels)
        sums = sums.to(weights) + weights[0, 0]
    return sums


def judged(mesh: Mesh, texture: Tensor, style: Tensor, features: Features, rules: Rules) -> float:
    """The style loss of a texture [3, h, w] over views together: their mean Gram matrices against the style's. rules:
    views, side and seed of them, other ones than the texture was made by."""
    scene = Scene(mesh, style, max(texture.shape[1:]), rules, str(texture.device))
    with torch.no_grad():
        wanted = grams(features(style[None].to(texture), features.style_layers))
        sums: dict[str, Tensor] = {}
        for number in range(rules.views):
            found = features(scene.render(number, texture[None]), features.style_layers)
            for layer, gram in grams_of(found, scene.view(number).coverage).items():
                sums[layer] = sums.get(layer, 0) + gram / rules.views
        return style_loss(sums, wanted).item()


def film(mesh: Mesh, texture: Tensor, cameras: list, side: int, background: tuple[float, float, float] = (1.0, 1.0, 1.0)):
    """Frames of a film, uint8 [side, side, 3], one by one: the mesh with a texture [3, h, w] before each camera."""
    plain = torch.tensor(background, device=texture.device)
    for camera in cameras:
        view = View(mesh, camera, side, samples_for(max(texture.shape[1:]), side), str(texture.device))
        with torch.no_grad():
            picture = view.render(texture[None], plain, lit=True)[0]
        yield np.ascontiguousarray(picture.mul(255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy())
