"""The fits that follow training."""

import math
import time

import numpy as np
import torch
from PIL import Image

from nccodec.collage.scales import enlarge, reduce_area
from nccodec.neural.architecture import BIAS
from nccodec.neural.tile import quantize
from nccodec.training.crops import CropFolder
from nccodec.training.export import fit_decoder, fit_detail
from nccodec.training.loop import Trainer


def test_detail_is_learned_where_there_is_some(tmp_path, options):
    """Squares of 32 pixels, of which interpolation between means over 4 x 4 cannot know that edges are sharp."""
    random = np.random.default_rng(0)
    for number in range(4):
        squares = random.integers(0, 2, (8, 8), np.uint8) * 160 + 48
        Image.fromarray(np.kron(squares, np.ones((32, 32), np.uint8))).save(tmp_path / f"{number}.png")
    run = Trainer(CropFolder(tmp_path, screens=0), options(rate=1e-3))
    run.model["log_gain"].data.fill_(6)
    before = {name: p.clone() for name, p in run.model.named_parameters()}
    fit_detail(run, (0.0, 0.0, 0.0), 200)
    for name, p in run.model.named_parameters():
        assert torch.equal(p, before[name]) == (not name.startswith("detail.")), name
    fine, level = run.crops(10_000, 16, 64), torch.full((16,), 2.0)
    with torch.no_grad():
        q = quantize(run.model.in_steps(run.model.analyse(reduce_area(fine, 4)), level), 0.0)
        affine = run.model.affine(run.model.dequantize(q, level)[:, :24], level)
        plain, learned = enlarge(affine, 4) + BIAS, run.model.enlarge(affine, level, 4) + BIAS
    assert (learned - fine).square().mean() < 0.95 * (plain - fine).square().mean()


def test_fits_end_by_the_clock(trainer, monkeypatch):
    """Of 100 steps those are done that fit into 9 seconds of a clock that a step moves on by 2, their rates falling
    along the cosine of the seconds."""
    now, rates = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self: rates.append(self.param_groups[0]["lr"]))

    def tell(what, share):
        assert what == "fitting the decoder" and share == now[0] / 9
        now[0] += 2

    fit_decoder(trainer(), (0.0, 0.0, 0.0), 100, 9, tell)
    np.testing.assert_allclose(rates, [1e-3 * (1 + math.cos(math.pi * second / 9)) for second in (0, 2, 4, 6, 8)])
