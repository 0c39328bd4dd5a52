"""The networks: picture -> coefficients of the atoms in one pass, and what refines them when decoding."""

import math
from collections.abc import Mapping

from ..arrays import Array, form, namespace
from ..collage.fixed_point import fixed_point, self_reference
from ..collage.operator import Form, SelfReference, neighbour_domains, overlap_add, pad_symmetric
from ..collage.scales import reduce_area
from ..imaging.colour import to_ycc
from .architecture import BIAS, COLOUR, OFFSETS, Architecture
from .detail import FINEST, enlarge_with, predict_detail
from .filter import UNFILTERED, apply_filter
from .levels import at_level
from .network import Network

RECEPTION = 4  # cells to each side that a cell's refinement depends on


def companded(q: Array) -> Array:
    """sign(q) log2(1 + |q|): what networks see of quantized coefficients."""
    xp = namespace(q)
    return xp.sign(q) * xp.log2(1 + xp.abs(q))


def predict_refinement(network: Network, q: Array, level: Array) -> Array:
    """What the quantizer took from the coefficients, predicted from all of them, by a network of the decoder.

    The decoder adds it to the integers of the file. It is made once on the grid of cells whatever the scale, so that
    every scale remains the fixed point of one and the same map. q: [N, atoms, rows, columns] in quantizer steps. level:
    real [N]. Returns the same shape as q.
    """
    x = network.part("squeeze").convolve(companded(q)) + at_level(network["level"], level)[:, :, None, None]
    for number in range(2):
        x = network.part(f"blocks.{number}").depthwise(x)
    return network.part("head").convolve(form(x).leaky(x))


def colour_error(difference: Array, side: int, stride: int | None = None) -> Array:
    """What makes colours change: the squared error of the two chroma planes' means over areas of side x side pixels,
    [N]. difference: decoded less source, RGB, [N, 3, H, W], multiples of half the side. stride: between areas, `side`
    by default, or half of it."""
    xp = namespace(difference)
    _, blue, red = to_ycc(*(difference[:, channel] for channel in range(3)))
    areas = reduce_area(xp.stack([blue, red], axis=1), stride or side)
    if stride:  # areas of 2 x 2 halves
        areas = (areas[..., 1:, :] + areas[..., :-1, :]) / 2
        areas = (areas[..., 1:] + areas[..., :-1]) / 2
    return xp.sum(xp.mean(areas**2, axis=(2, 3)), axis=1)


def mean_error(difference: Array, side: int) -> Array:
    """The squared error of luma's means over squares of side x side pixels, counted for all samples of each, [N, H /
    side, W / side]. difference: decoded less source, RGB, [N, 3, H, W]."""
    luma, _, _ = to_ycc(*(difference[:, channel] for channel in range(3)))
    return 3 * side**2 * reduce_area(luma, side) ** 2


class Collage:
    """Encoder network and decoder parameters of one weights file."""

    def __init__(self, architecture: Architecture, arrays: Mapping[str, Array]) -> None:
        """arrays: of the shapes `shapes.shapes`."""
        self.architecture, self.network = architecture, Network(arrays)

    def __getitem__(self, name: str) -> Array:
        return self.network[name]

    def _residual(self, name: str, x: Array) -> Array:
        a, blocks = self.architecture, self.network.part(name)
        for number in range(a.blocks):
            x = blocks.part(str(number)).depthwise(x)
        for number in range(a.blocks, a.blocks + a.dense):
            x = blocks.part(str(number)).dense(x)
        return x

    def analyse(self, picture: Array) -> tuple[Array, Array]:
        """What the encoder computes once for all levels. picture: [N, 3, rows B, columns B] in [0, 1].

        Returns the coefficients of the atoms [N, atoms, rows, columns] and features for `in_steps`.
        """
        a, layer, ops = self.architecture, self.network.part, form(picture)
        margin = (a.kernel - a.range_size) // 2
        x = picture - BIAS
        linear = layer("analysis").convolve(pad_symmetric(x, margin), a.range_size)
        x = self._residual("fine", layer("stem").convolve(x, a.range_size // 2))
        features = self._residual("coarse", layer("down").convolve(x, 2) + layer("lift").convolve(linear))
        return linear + ops.float32(layer("head").convolve(ops.leaky(features))), features

    def in_steps(self, analysed: tuple[Array, Array], level: Array) -> Array:
        """Coefficients and self-reference weights in quantizer steps, [N, channels, rows, columns].

        level: real [N], 0 .. len(lambdas) - 1.
        """
        coefficients, features = analysed
        ops, layer, atoms = form(features), self.network.part, self.architecture.atoms
        features = layer("late").depthwise(features + at_level(self["level"], level)[:, :, None, None])
        late = ops.float32(layer("late_head").convolve(ops.leaky(features)))
        late, domains = late[:, :atoms], late[:, atoms:]
        late = coefficients * self.gain(level)[:, :atoms, None, None] + late
        return namespace(late).concat([late, domains], axis=1) if domains.shape[1] else late

    def gain(self, level: Array) -> Array:
        """Gains [N, channels] at real levels [N], interpolated in the log domain."""
        return namespace(level).exp(at_level(self["log_gain"], level))

    def dequantize(self, q: Array, level: Array) -> Array:
        """Parameters of the map from what the file holds, [N, channels, rows, columns]. level: real [N]."""
        atoms = self.architecture.atoms
        refined = q[:, :atoms] + predict_refinement(self.network.part("refinement"), q[:, :atoms], level)
        if q.shape[1] > atoms:
            refined = namespace(q).concat([refined, q[:, atoms:]], axis=1)
        return refined / self.gain(level)[:, :, None, None]

    def reference(self, weight: Array, keep_zeros: bool = False) -> SelfReference | None:
        """The map's self-reference for s = weight [N, domains, rows, columns]; None if there is none."""
        a = self.architecture
        rows, columns = weight.shape[-2:]
        if a.domains == 0 or min(rows, columns) < 2:
            return None
        top, left = neighbour_domains(rows, columns, list(OFFSETS[: a.domains]))
        return self_reference(
            weight, top * a.range_size, left * a.range_size,
            range_size=a.range_size, form=Form.CENTRED, keep_zeros=keep_zeros,
        )  # fmt: skip

    def energies(self) -> tuple[Array, Array, Array]:
        """What a change by one of each parameter adds to the error of a picture if it comes alone, [channels] each: to
        the squared error, to `mean_error`, and to that of colour. Of domains 1, 0 and 0."""
        a, atoms = self.architecture, self["atoms"]
        xp, quarter = namespace(atoms), a.range_size // 4
        margin = (a.kernel - a.range_size) // 2
        middle = atoms[..., margin : margin + a.range_size, margin : margin + a.range_size]
        colour = COLOUR * math.prod(middle.shape[1:]) * colour_error(middle, a.range_size)
        outside = [-margin % quarter] * 4  # so that squares begin where those of the cell do
        means = mean_error(form(atoms).pad(atoms, *outside), quarter)
        of_atoms = xp.sum(atoms**2, axis=(1, 2, 3)), xp.sum(means, axis=(1, 2)), colour
        of_domains = xp.ones_like(self["log_gain"][0, a.atoms :])
        return tuple(xp.concat([x, n * of_domains]) for x, n in zip(of_atoms, (1, 0, 0), strict=True))

    def energy(self) -> Array:
        """The squared error and that of colour together, [channels]: see `energies`."""
        squared, _, colour = self.energies()
        return squared + colour

    def affine(self, coefficients: Array, level: Array, reduction: int = 1) -> Array:
        """The affine part less BIAS for atoms' coefficients [N, atoms, rows, columns]: the atoms' sum, filtered.

        level: real [N]. reduction: power of two; the affine part reduced by it by area is returned, from 4 on
        without the filter, whose means over that many pixels are too small to be seen.
        """
        filters = reduction < UNFILTERED
        atoms = namespace(coefficients).astype(self["atoms"], coefficients.dtype)
        z = overlap_add(coefficients, atoms, self.architecture.range_size, 1 if filters else reduction)
        return reduce_area(apply_filter(self.network.part("filter"), z, level), reduction) if filters else z

    def enlarge(self, affine: Array, level: Array, factor: int) -> Array:
        """The affine part less BIAS at scale `factor`, a power of two from 2: [N, 3, H, W] at scale 1 ->
        [N, 3, factor H, factor W]. level: real [N]."""
        fine = predict_detail(self.network.part("detail"), form(affine).float32(affine), level, min(factor, FINEST))
        return enlarge_with(affine, namespace(affine).astype(fine, affine.dtype), factor)

    def decode(self, parameters: Array, level: Array) -> Array:
        """The fixed point at scale 1 for dequantized parameters [N, channels, rows, columns]:
        [N, 3, rows B, columns B]. level: real [N]."""
        a = self.architecture
        affine = self.affine(parameters[:, : a.atoms], level)
        reference = self.reference(parameters[:, a.atoms :])
        return BIAS + (affine if reference is None else fixed_point(affine, reference))
