"""Two processes, started by torchrun, train as one that averages their gradients."""

import math
import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors import safe_open

from nccodec.training.crops import CropFolder
from nccodec.training.loop import Trainer
from nccodec.training.optimizer import Soap

REPOSITORY = Path(__file__).resolve().parents[2]
STEPS = 4  # the last one with the self-reference; of weights, only covariances change yet


def torchrun(*arguments, cwd: Path) -> None:
    """Run two processes to their end; what they said is shown where one fails."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *arguments]
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([str(a) for a in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr, done.stderr


def averaged_by_hand(run: Trainer) -> dict[str, torch.Tensor]:
    """What a checkpoint holds after STEPS steps of two processes: gradients, clipping, schedule and moving
    average in one process, without the trainer's own step."""
    named = {name: p for name, p in run.objective.named_parameters() if p.numel() and p.requires_grad}
    groups = {id(p): group for group in run.optimizer.param_groups for p in group["params"]}
    optimizer = Soap([{**groups[id(p)], "params": [p]} for p in named.values()])
    average: dict[str, torch.Tensor] = {}
    for step in range(STEPS):
        gradients = []
        for run.rank in (0, 1):
            loss = run.objective(run.crops(step, 2), *run.draw(step), step / STEPS >= 0.75)[0]
            gradients.append(torch.autograd.grad(loss, list(named.values())))
        for p, *both in zip(named.values(), *gradients, strict=True):
            p.grad = sum(both) / 2
        norm = sum(float(p.grad.square().sum()) for n, p in named.items() if n.startswith("model.")) ** 0.5
        for name, p in named.items():
            if name.startswith("model."):
                p.grad *= min(1.0, 50 / norm)
        cosine = 0.5 * (1 + math.cos(math.pi * step / STEPS))
        for group in optimizer.param_groups:
            group["lr"] = group["scale"] * (step + 1) / 200 * (1e-5 + (1e-3 - 1e-5) * cosine)
        optimizer.step()
        for name, p in named.items():
            average[name] = torch.lerp(average.get(name, p.detach()), p.detach(), 0.001)
    found = {f"{key}.{name}": value for name, p in named.items() for key, value in optimizer.state[p].items()}
    return (
        found | {f"value.{n}": p.detach() for n, p in named.items()} | {f"average.{n}": p for n, p in average.items()}
    )


def test_two_processes_equal_one_that_averages_their_gradients(folder, options, tmp_path):
    given = options(steps=STEPS, rate=1e-3)
    a = given.architecture
    shape = [
        *("--range-size", a.range_size, "--kernel", a.kernel, "--atoms", a.atoms, "--domains", a.domains),
        *("--width", a.width, "--depth", a.depth, "--blocks", a.blocks, "--dense", a.dense),
        *("--refinement", a.refinement, "--filter", a.filter, "--detail", a.detail),
        *("--lambdas", ",".join(map(str, a.lambdas))),
    ]
    run = ("--crop", given.crop, "--batch", given.batch, "--rate", given.rate, "--steps", STEPS)
    torchrun("-m", "nccodec.cli", "train", "crops", "--out", "two.safetensors", *shape, *run, cwd=tmp_path)
    assert (tmp_path / "two.safetensors").exists() and (tmp_path / "two.json").exists()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        expected = averaged_by_hand(Trainer(CropFolder(folder), given))
    finally:
        torch.set_num_threads(threads)
    with safe_open(tmp_path / "two.checkpoint", "pt") as opened:
        for name, value in expected.items():
            found = opened.get_tensor(name)
            atol = 2e-7 if value.abs().max() < 1 else 2e-6  # of covariances
            torch.testing.assert_close(found, value, rtol=1e-4, atol=atol, msg=lambda text, n=name: f"{n}: {text}")


CLOCKS = """
import sys, time
from pathlib import Path
from nccodec.neural.architecture import Architecture
from nccodec.training import processes
from nccodec.training.crops import CropFolder
from nccodec.training.loop import Options, Trainer

shape = dict(range_size=8, kernel=8, atoms=4, width=8, depth=8, blocks=0, refinement=8, detail=8, lambdas=(0.01, 0.1))
options = Options(Architecture(**shape), minutes=0.01, crop=16, batch=1)
run = Trainer(CropFolder(Path("crops")), options, processes.join("cpu"))
true = time.monotonic
time.monotonic = lambda: true() * (1 + 4 * run.rank)  # the second's clock is five times as fast
reports = []
run.run(reports.append, every=0.05)
Path(str(run.rank)).write_text(repr([(run.done, run.elapsed), *((r.progress, r.loss, r.psnr) for r in reports)]))
processes.end()
"""


def test_all_processes_go_by_the_first_ones_clock(folder, tmp_path):
    (tmp_path / "clocks.py").write_text(CLOCKS)
    torchrun("clocks.py", cwd=tmp_path)
    assert (tmp_path / "0").read_text() == (tmp_path / "1").read_text()


def test_without_torchrun_it_is_nc_train(tmp_path):
    command = [sys.executable, "-m", "nccodec.cli", "train", "nowhere", "--out", "w.safetensors", "--steps", "1"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "reading the pictures\nnc: nowhere: no such folder\n"
