"""Views of a mesh: cameras around it, and renderings that are differentiable by the texture."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .meshes import Mesh
from .rasteriser import Camera, Fragments, rasterise

_DISTANCES = 2.0, 3.2  # of random cameras; the mesh is in the unit ball
_ROLL = 15.0  # degrees to either side, of random cameras
_AWAY, _RAISED = 2.9, 30.0  # of a turntable's camera: distance, degrees
_MOST_SAMPLES = 2  # along a side of a pixel
_AMBIENT = 0.7  # of the light of a turntable; the rest comes from the camera


def random_cameras(count: int, seed: int) -> list[Camera]:
    """Evenly distributed over the sphere, nearer and further, a little aslant. The first are those of a lower count."""
    random = np.random.default_rng(seed)
    cameras = []
    for _ in range(count):
        height, longitude = random.uniform(-1, 1), random.uniform(0, 2 * np.pi)
        flat, distance = np.sqrt(1 - height**2), random.uniform(*_DISTANCES)
        place = np.array([flat * np.sin(longitude), height, flat * np.cos(longitude)]) * distance
        cameras.append(Camera(tuple(place.tolist()), roll=random.uniform(-_ROLL, _ROLL)))
    return cameras


def turntable(count: int) -> list[Camera]:
    """Once around the mesh in even steps, looking down on it a little, from the front on."""
    raised, cameras = np.radians(_RAISED), []
    for turn in np.arange(count) * (2 * np.pi / count):
        place = np.array([np.cos(raised) * np.sin(turn), np.sin(raised), np.cos(raised) * np.cos(turn)]) * _AWAY
        cameras.append(Camera(tuple(place.tolist())))
    return cameras


def samples_for(texels: int, side: int) -> int:
    """Samples along the side of a pixel, so that no texel between two is passed over: 1 to _MOST_SAMPLES. texels: along
    the longer side of the texture. side: of the picture, in pixels."""
    return min(max(-(-texels // side), 1), _MOST_SAMPLES)


class View:
    """What a camera sees of a mesh, rasterised once. side: of the picture, in pixels. uv: float32 [n, 2], of samples
    that show the mesh. coverage: float32 [side, side], the share of each pixel that shows it."""

    def __init__(
        self, mesh: Mesh, camera: Camera, side: int, samples: int, device: str = "cpu", lit: bool = False
    ) -> None:
        """samples: along the side of each pixel, whose mean it is. lit: by a lamp at the camera, else by none, so that
        what is seen are the texture's own colours."""
        self.side, self._samples = side, samples
        fragments = rasterise(mesh, camera, side * samples)
        self._pixels = torch.from_numpy(fragments.pixels).to(device)
        self.uv = torch.from_numpy(fragments.of(mesh.uv, mesh.faces)).to(device, torch.float32)
        self._light = torch.from_numpy(_light(mesh, camera, fragments)).to(self.uv) if lit else None
        self.coverage = self._picture(torch.ones(1, len(self._pixels), device=device))[0]

    def render(self, texture: Tensor, background: Tensor) -> Tensor:
        """float32 [1, 3, side, side]. texture: [1, 3, h, w]. background: [3], a colour."""
        colours = sample(texture, self.uv)
        if self._light is not None:
            colours = colours * self._light
        return (self._picture(colours) + background[:, None, None] * (1 - self.coverage))[None]

    def _picture(self, values: Tensor) -> Tensor:
        """Samples that show the mesh [c, n] -> means of pixels [c, side, side], of zeros where they show nothing."""
        whole = values.new_zeros(values.shape[0], (self.side * self._samples) ** 2)
        whole = whole.index_copy(1, self._pixels, values)
        grid = whole.unflatten(1, (self.side * self._samples,) * 2)  # [c, side samples, side samples]
        return F.avg_pool2d(grid[None], self._samples)[0]


def _light(mesh: Mesh, camera: Camera, fragments: Fragments) -> np.ndarray:
    """float64 [n], of each sample: the brighter, the straighter it is looked at."""
    normals = fragments.of(mesh.normals(), mesh.faces)
    towards = camera.position - fragments.of(mesh.vertices, mesh.faces)
    lengths = np.linalg.norm(normals, axis=1) * np.linalg.norm(towards, axis=1)
    return _AMBIENT + (1 - _AMBIENT) * np.abs((normals * towards).sum(1)) / np.maximum(lengths, 1e-12)


def sample(texture: Tensor, uv: Tensor) -> Tensor:
    """[c, n], bilinear between the middles of texels, of a texture [1, c, h, w] that repeats. uv: [n, 2]."""
    height, width = texture.shape[2:]
    around = F.pad(texture, (1, 1, 1, 1), mode="circular")
    across, down = uv[:, 0] % 1 * width + 1, (1 - uv[:, 1]) % 1 * height + 1  # in texels of what is padded
    grid = torch.stack([2 * across / (width + 2) - 1, 2 * down / (height + 2) - 1], 1)
    return F.grid_sample(around, grid[None, None], "bilinear", align_corners=False)[0, :, 0]
