"""CollageCode -> picture: dequantization and the fixed point of the map, at any scale."""

import numpy as np
import torch

from ..code import CollageCode
from ..collage.fixed_point import fixed_point
from ..collage.scales import enlarge
from ..errors import FormatError
from ..output import Request, grey_levels
from .architecture import BIAS
from .weights import Weights

FLOAT32_SUM = 1.0  # largest sum of |s| in a cell that is computed in float32: errors grow with it


@torch.no_grad()
def synthesise(
    code: CollageCode, weights: Weights, scale: float = 1.0, size: tuple[int, int] | None = None, device: str = "cpu",
    detail: bool = True,
) -> np.ndarray:  # fmt: skip
    """The fixed point at a scale, or at a size (height, width): uint8 [H, W, 3], or [H, W] if grey.

    detail: False enlarges without predicting what lies below the original pixel.
    """
    a = weights.architecture
    request = Request.of((code.height, code.width), scale, size, a.range_size)
    model = weights.model(device)
    q = torch.from_numpy(np.concatenate([code.atoms, code.scales])).to(device, torch.float32)[None]
    level = torch.tensor([code.level / 256], device=device)
    parameters = model.dequantize(q, level)
    if code.nonzero_scales and parameters[:, a.atoms :].abs().sum(1).max() > FLOAT32_SUM:
        parameters = parameters.double()
    z = model.affine(parameters[:, : a.atoms], request.down)
    if request.up > 1:
        z = model.enlarged(z, level, request.up) if detail else enlarge(z, request.up)
    reference = model.reference(parameters[:, a.atoms :])
    if reference is not None:
        z = fixed_point(z, reference)
    elif code.nonzero_scales:
        raise FormatError("a self-reference in a picture that is less than two cells wide or high")
    z = request.fitted(z)
    return grey_levels(z.mean(1, keepdim=True) if code.grey else z, BIAS)
