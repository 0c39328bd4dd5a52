"""An interrupted and resumed run takes the same steps as one without interruption."""

import json

import pytest
import torch
from safetensors import safe_open

from nccodec.errors import TrainingError
from nccodec.training import checkpoint
from nccodec.training.crops import CropFolder
from nccodec.training.loop import Trainer


def content(path) -> tuple[dict, dict[str, torch.Tensor]]:
    with safe_open(path, "pt") as opened:
        return json.loads(opened.metadata()["nccodec"]), {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


@pytest.mark.parametrize("loss", ["unrolled", "collage"])
def test_a_resumed_run_equals_one_without_interruption(trainer, tmp_path, loss):
    whole, first, second = (trainer(loss=loss, steps=17) for _ in range(3))
    whole.run(save=tmp_path / "whole")
    for _ in range(14):  # weights move from the thirteenth on
        first.step()
    checkpoint.save(tmp_path / "part", first)
    checkpoint.resume(tmp_path / "part", second)
    assert second.done == 14
    second.run(save=tmp_path / "resumed")
    (position, expected), (again, found) = content(tmp_path / "whole"), content(tmp_path / "resumed")
    assert position["done"] == again["done"] == 17
    assert {name.split(".")[0] for name in expected} == {
        "value", "average", "step", "exp_avg", "exp_avg_sq", "covariance1", "covariance2",
        "basis1", "basis2",
    }  # fmt: skip
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert torch.equal(value, found[name]), name


def test_the_average_moves_by_a_thousandth(trainer):
    run = trainer()
    expected = None
    for _ in range(4):
        run.step()
        values = [p.detach().clone() for p in run.objective.parameters()]
        expected = (
            values if expected is None else [0.999 * e + 0.001 * v for e, v in zip(expected, values, strict=True)]
        )
    torch.testing.assert_close([p.detach() for p in run.average.module.parameters()], expected, rtol=1e-6, atol=1e-7)


def test_a_checkpoint_of_another_run_is_refused(trainer, folder, options, tmp_path):
    run = trainer()
    checkpoint.save(tmp_path / "c", run)
    for name, value in {"crop": 64, "rate": 1e-4, "seed": 1}.items():
        with pytest.raises(TrainingError, match=f"other {name}"):
            checkpoint.resume(tmp_path / "c", trainer(**{name: value}))
    with pytest.raises(TrainingError, match="other screens"):
        checkpoint.resume(tmp_path / "c", Trainer(CropFolder(folder, screens=0.5), options()))
    run.processes = 2
    with pytest.raises(TrainingError, match="other processes"):
        checkpoint.resume(tmp_path / "c", run)
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(TrainingError, match="cannot read"):
        checkpoint.resume(tmp_path / "junk", run)


def test_an_interruption_leaves_a_checkpoint(trainer, tmp_path):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer().run(stop, save=tmp_path / "c")
    again = trainer()
    checkpoint.resume(tmp_path / "c", again)
    assert again.done == 1
