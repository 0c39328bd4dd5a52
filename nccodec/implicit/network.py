"""The function of `synthesis` in torch, float32: values and gradients, by hand, as nothing else takes any time here.

Chain rule for a perceptron, blocks of pixels at a time so that what one layer leaves is still in the processor's second
cache when the next one takes it. Numbers are kept layer by layer as [units, pixels], and every layer's input has one
more row, of ones: matrix and biases of a layer are one array [outputs, inputs + 1], so that a product gives both
gradients.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from .code import Layer, frequencies
from .header import Shape
from .synthesis import OMEGA, REACH, SPREADS

BLOCK = (
    2048  # pixels; 1024 to 4096 took about the same time for widths from 30 to 64, autograd without blocks 2.4 times
)


class Network:
    """A network and its gradients. theta: all numbers, flat; layers: its parts, [outputs, inputs + 1] each, biases
    last. gradient: like theta. dtype: float64 for tests."""

    def __init__(self, shape: Shape, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self.shape, self.device, self.dtype = shape, torch.device(device), dtype
        self.theta = torch.zeros(shape.weights + shape.biases, device=device, dtype=dtype)
        self.layers = parts(shape, self.theta)
        self.gradient = torch.zeros_like(self.theta)
        self._b = None
        if shape.network == "fourier":
            self._b = math.pi * torch.from_numpy(frequencies(shape)).to(self.device, dtype)
        self._block = BLOCK if self.device.type == "cpu" else 1 << 16
        self._room: list[_Room] = []

    def set(self, network: list[Layer]) -> None:
        """Take the numbers of a code's network."""
        for layer, (matrix, bias) in zip(self.layers, network, strict=True):
            both = np.concatenate([matrix, bias[:, None]], 1)
            layer.copy_(torch.from_numpy(both).to(self.device, self.dtype))

    def get(self) -> list[Layer]:
        """Matrices and biases, float64."""
        both = [layer.double().cpu().numpy() for layer in self.layers]
        return [(layer[:, :-1], layer[:, -1]) for layer in both]

    def error(self, places: Tensor, targets: Tensor, pool: ThreadPoolExecutor | None = None) -> float:
        """Mean squared error, in the units of targets. places: [2, N], u and v. targets: [C, N], as `targets_of`."""
        return self._run(places, targets, False, pool)

    def learn(self, places: Tensor, targets: Tensor, pool: ThreadPoolExecutor | None = None) -> float:
        """The same; its derivative by theta goes into `gradient`. pool: of one thread, that takes every other block."""
        return self._run(places, targets, True, pool)

    def output(self, places: Tensor) -> Tensor:
        """[C, N]: o of siren and fourier, whose samples are 1/2 + o/2; of the others 2 / (1 + exp(-o)) - 1."""
        room = self._rooms(1)[0]
        blocks = places.split(self._block, 1)
        return torch.cat([self._forward(room, block) for block in blocks], 1)

    def squares(self, places: Tensor, channels: int, random: torch.Generator) -> Tensor:
        """For each number of theta, the mean over pixels and channels of the squared derivative of the output by it.

        As sum over pixels of (g h)^2 = sum of g^2 h^2, one product of squares a layer, with a random sign for each
        channel of each pixel in g: cross terms of channels are 0 on average."""
        room, total = self._rooms(1)[0], torch.zeros_like(self.theta)
        sums = parts(self.shape, total)
        for place in places.split(self._block, 1):
            n = place.shape[1]
            self._forward(room, place)
            signs = torch.randint(2, (channels, n), generator=random).to(self.theta).mul_(2).sub_(1)
            self._backward(room, n, signs, sums)
        return total.div_(places.shape[1] * channels)

    def _run(self, places: Tensor, targets: Tensor, slope: bool, pool: ThreadPoolExecutor | None) -> float:
        blocks = list(zip(places.split(self._block, 1), targets.split(self._block, 1), strict=True))
        workers = 1 if pool is None or len(blocks) == 1 else 2
        rooms = self._rooms(workers)
        factor = 2 / targets.numel()

        def work(number: int) -> float:
            room, total = rooms[number], 0.0
            room.gradient.zero_()
            for place, target in blocks[number::workers]:
                error = self._forward(room, place).sub_(target)
                total = total + torch.linalg.vector_norm(error).square()
                if slope:
                    self._backward(room, place.shape[1], error.mul_(factor))
            return float(total)

        other = pool.submit(work, 1) if workers == 2 else None
        total = work(0)
        if other is not None:
            total += other.result()
        if slope:
            self.gradient.copy_(rooms[0].gradient)
            if other is not None:
                self.gradient.add_(rooms[1].gradient)
        return total / targets.numel()

    def _rooms(self, count: int) -> "list[_Room]":
        while len(self._room) < count:
            self._room.append(_Room(self.shape, self._block, self.device, self.dtype))
        return self._room[:count]

    def _forward(self, room: "_Room", place: Tensor) -> Tensor:
        """[C, n]; what each layer takes and gives stays in the room."""
        network, width, n = self.shape.network, self.shape.width, place.shape[1]
        inputs, hidden, slopes = room.views(n)
        if self._b is None:
            torch.mul(place, 1.0 if network == "siren" else REACH, out=inputs[0][:-1])
        else:
            angles = self._b @ place
            half = len(self._b)
            torch.cos(angles, out=inputs[0][:half])
            torch.sin(angles, out=inputs[0][half:-1])
        for layer, h, z, slope in zip(self.layers[:-1], inputs, hidden, slopes, strict=False):
            torch.mm(layer, h, out=slope)
            if network == "siren":
                slope.mul_(OMEGA)
                torch.sin(slope, out=z)
                slope.cos_()
            elif network == "fourier":
                torch.clamp_min(slope, 0, out=z)
            else:
                one, two = SPREADS[network]
                first, second = z[:width], z[width:]
                if network == "atan":
                    torch.atan(slope, out=first)
                    torch.reciprocal(slope.square_().add_(1), out=slope)
                else:
                    torch.tanh(slope, out=first)
                    torch.square(first, out=slope)
                    slope.neg_().add_(1)
                torch.square(first, out=second)
                first.div_(one)
                second.div_(two)
        o = torch.mm(self.layers[-1], inputs[-1])
        return o if network in ("siren", "fourier") else torch.tanh(o.div_(2), out=o)

    def _backward(self, room: "_Room", n: int, g: Tensor, squares: list[Tensor] | None = None) -> None:
        """Add to the room's gradient, or to sums of squares of the gradients of single pixels. g: derivative by the
        output, [C, n]."""
        network, width = self.shape.network, self.shape.width
        inputs, hidden, slopes = room.views(n)
        if network in SPREADS:
            out = torch.mm(self.layers[-1], inputs[-1]).div_(2).tanh_()
            g = g.mul_(out.square_().neg_().add_(1).div_(2))
        for number in range(len(self.layers) - 1, -1, -1):
            if squares is None:
                room.slopes[number].addmm_(g, inputs[number].t())
            else:
                squares[number].addmm_(g.square(), inputs[number].t().square())
            if number == 0:
                return
            z, slope = hidden[number - 1], slopes[number - 1]
            weights = self.layers[number][:, :-1].t()
            if network == "siren":
                g = torch.mm(weights, g, out=z).mul_(slope).mul_(OMEGA)  # nobody needs z any more
            elif network == "fourier":
                alive = z > 0
                g = torch.mm(weights, g, out=z).mul_(alive)
            else:
                one, two = SPREADS[network]
                back = torch.mm(weights, g)
                # h = (a / one, a^2 / two): a is z's first half times one.
                g = back[:width].div_(one).addcmul_(back[width:], z[:width], value=2 * one / two).mul_(slope)


def initialise(network: Network, seed: int) -> None:
    """Random numbers to start from. siren: arXiv 2006.09661, section 3.2, uniform in +-1/inputs for the first layer and
    +-sqrt(6/inputs)/30 for others, biases 0 but the first's. fourier: normal of variance 2/inputs (He, arXiv
    1502.01852). atan, tanh: normal of variance 1/inputs, as their units are of mean square 1."""
    random = torch.Generator().manual_seed(seed)
    for number, layer in enumerate(network.layers):
        inputs = layer.shape[1] - 1
        if network.shape.network == "siren":
            bound = 1 / inputs if number == 0 else math.sqrt(6 / inputs) / OMEGA
            values = (2 * torch.rand(layer.shape, generator=random) - 1) * bound
        else:
            gain = 2 if network.shape.network == "fourier" else 1
            values = torch.randn(layer.shape, generator=random) * math.sqrt(gain / inputs)
        values[:, -1] *= number == 0
        layer.copy_(values.to(layer))


class _Room:
    """What one thread needs: the inputs of all layers, [inputs + 1, n], the derivatives of the activations and a
    gradient. For up to three n: of whole blocks, and of the last one of a batch and of what is measured."""

    def __init__(self, shape: Shape, block: int, device: torch.device, dtype: torch.dtype) -> None:
        self._shape, self._like = shape, {"device": device, "dtype": dtype}
        self.gradient = torch.zeros(shape.weights + shape.biases, **self._like)
        self.slopes = parts(shape, self.gradient)
        self._made: dict[int, tuple[list[Tensor], list[Tensor], list[Tensor]]] = {}

    def views(self, n: int) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        if n not in self._made:
            if len(self._made) > 2:
                self._made.clear()
            inputs = [torch.ones(i + 1, n, **self._like) for _, i in self._shape.layers]
            slopes = [torch.empty(self._shape.width, n, **self._like) for _ in self._shape.layers[:-1]]
            self._made[n] = inputs, [h[:-1] for h in inputs[1:]], slopes
        return self._made[n]


def parts(shape: Shape, flat: Tensor) -> list[Tensor]:
    """Views of a flat vector, [outputs, inputs + 1] a layer."""
    sizes = [outputs * (inputs + 1) for outputs, inputs in shape.layers]
    return [
        part.view(outputs, inputs + 1) for part, (outputs, inputs) in zip(flat.split(sizes), shape.layers, strict=True)
    ]
