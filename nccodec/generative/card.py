"""The card beside a weights file: what it was trained on and how, and how well it describes what was held out."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from .folder import Pictures

if TYPE_CHECKING:
    from .training import Trainer


def write_card(
    out: Path, command: str, note: str, trainer: "Trainer", pictures: Pictures, minutes: float,
    validation: dict[str, float],
) -> None:  # fmt: skip
    """Replaces the card at once or not at all. validation: of `training.measured`."""
    used, held_out = pictures.split()
    card = {
        "name": out.stem,
        "command": command,
        "note": note,
        "steps": trainer.done,
        "minutes": round(minutes, 1),
        "options": asdict(trainer.run),
        "pictures": {
            "fingerprint": pictures.fingerprint,
            "trained on": len(used),
            "held out": len(held_out),
            "skipped": len(pictures.broken),
        },
        "validation": validation,
    }
    target = out.with_suffix(".json")
    beside = target.with_name(target.name + ".part")
    beside.write_text(json.dumps(card, indent=1) + "\n")
    beside.replace(target)
