"""The card beside a weights file: what it was trained on and how, and its curves."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ..neural.weights import named
from .codecs import Codec, Ncl, codec_named
from .curve import measure

if TYPE_CHECKING:
    from ..training.crops import CropFolder
    from ..training.loop import Trainer

_SIDE = 512  # of the middle of the held-out pictures, which is measured


def write_card(
    trainer: "Trainer", out: Path, command: str, note: str, minutes: float,
    progress: Callable[[str], None] = lambda _: None,
) -> dict:  # fmt: skip
    """What was trained, on what, and how good it is on the middle of the held-out pictures, in real bytes: written
    beside the weights `out`. minutes: that training and fits took. progress: see `curve.measure`, whose curve is
    returned."""
    folder = trainer.folder
    pictures = [(name, _middle(folder, name)) for name in trainer.measured]
    card = {
        "name": out.stem,
        "command": command,
        "note": note,
        "steps": trainer.done,
        "minutes": round(minutes, 1),
        "options": asdict(trainer.options) | {"screens": folder.screens, "processes": trainer.processes},
        "pictures": {
            "fingerprint": folder.fingerprint,
            "trained on": len(trainer.train_names),
            "held out": len(trainer.valid_names),
            "measured": len(pictures),
            "megapixels": round(folder.pixels(folder.names) / 1e6, 2),
            "skipped": len(folder.broken),
        },
        "validation": measure(pictures, codec_named("ncl-e0", str(out)), progress),
    }
    _write(out, card)
    return card["validation"]


def store_curves(found: dict, weights: str, codecs: Sequence[Codec], sources: Sequence[Path]) -> None:
    """Curves of ncl out of `comparison.compare`, and their BD-rates, into the card of its weights, under the name of
    what was measured on."""
    weights_file = named(weights)
    card, measured = weights_file.card(), {codec.title for codec in codecs if isinstance(codec, Ncl)}
    on = " and ".join(source.resolve().name for source in sources)
    for curve in found["curves"]:
        if curve["name"] in measured:
            rates = [rate for rate in found["bd-rates"] if rate["codec"] == curve["name"] and "bd-rate" in rate]
            against = {
                metric: {rate["against"]: rate["bd-rate"] for rate in rates if rate["metric"] == metric}
                for metric in dict.fromkeys(rate["metric"] for rate in rates)
            }
            kept = {f"{on}, {curve['name']}": {"BD-rate against": against, **curve}}
            card["test curves"] = card.get("test curves", {}) | kept
    _write(weights_file.path, card)


def _middle(folder: "CropFolder", name: str) -> Image.Image:
    image = folder.image(name)
    left, top = max(0, image.width - _SIDE) // 2, max(0, image.height - _SIDE) // 2
    return image.crop((left, top, min(left + _SIDE, image.width), min(top + _SIDE, image.height)))


def _write(weights: Path, card: dict) -> None:
    """Replaces the card of a weights file at once or not at all."""
    target = weights.with_suffix(".json")
    beside = target.with_name(target.name + ".part")
    beside.write_text(json.dumps(card, indent=1) + "\n")
    beside.replace(target)
