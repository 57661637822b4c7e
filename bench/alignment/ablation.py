"""Measure what each part of the geo-alignment contributes, over several splits.

    python -m bench.alignment.ablation FOLDER --metadata CSV --backbone builtin --epochs 15 --seeds 0,1,2

Every cell trains with the same settings but for its own, on some of the photographers, and is measured on the
others after its last epoch: no epoch is picked by what it is measured on. A backbone without a text tower gets
its place texts from a CLIP text tower of RANDOM weights, which tells texts apart and knows nothing: those cells
show what place names bring as labels, not what a language model brings. Cells that fit first keep to the paper's
schedule, whatever is asked for the others.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.alignment.intervals import (
    Retrieved,
    compute_photographer_interval,
    compute_split_interval,
    find_middle,
    measure_retrieved,
)
from sextant.gallery.alignment.measure import find_rows, measure_position_recall
from sextant.gallery.alignment.model.aligned_model import Alignment, make_alignment
from sextant.gallery.alignment.model.backbone import Backbone, load_backbone
from sextant.gallery.alignment.model.config import Part
from sextant.gallery.alignment.recipe import Prepared, prepare
from sextant.gallery.alignment.training.settings import TrainSettings
from sextant.gallery.alignment.training.split import split_by_author
from sextant.gallery.alignment.training.train import BACKBONE, Training
from sextant.gallery.alignment.training.warm_start import Start, load_start
from sextant.gallery.sources.recognise import SourceOptions, open_source

# From a closed-form start the paper's own schedule does; from random weights it is too short for a few thousand photos.
FIT_FIRST: dict[str, Any] = {"fit_first": True, "epochs": 10, "learning_rate": 3e-5, "decay": 0.87, "batch": 256}
CELLS: dict[str, dict[str, Any]] = {
    "image + GPS": {"spaces": "gps"},
    "image + GPS + text": {"spaces": "gps+text"},
    "image + GPS + fine text": {"spaces": "gps+text", "granularity": "fine"},
    "image + GPS, mercator": {"spaces": "gps", "projection": "mercator"},
    "image + GPS, 1 hard negative": {"spaces": "gps", "hard_negatives": 1},
    "fit first, not trained: image + GPS": {"spaces": "gps", "fit_first": True, "epochs": 0},
    "fit first: image + GPS": {"spaces": "gps", **FIT_FIRST},
    "fit first: image + GPS + text": {"spaces": "gps+text", **FIT_FIRST},
    "fit first: image + GPS, mercator": {"spaces": "gps", "projection": "mercator", **FIT_FIRST},
}
HEADER = (
    "| trained | top 5 | top 10 | top 15 | top 10 from others' photos | top 10 against the backbone (95 % over splits) "
    "| 95 % over photographers | nearer in | ≤ 200 km | ≤ 2500 km |\n" + "| --- " * 10 + "|"
)


class RandomTexts(Backbone):
    """A backbone's pictures beside a text tower that was never trained."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone.encoder)
        from transformers import CLIPTextConfig, CLIPTextModelWithProjection

        self.words: dict[str, int] = {}
        with torch.random.fork_rng():
            torch.manual_seed(0)
            config = CLIPTextConfig(
                vocab_size=60_000,
                hidden_size=128,
                intermediate_size=256,
                num_hidden_layers=2,
                num_attention_heads=4,
                projection_dim=128,
                max_position_embeddings=32,
                eos_token_id=59_999,
            )
            self.tower = CLIPTextModelWithProjection(config)
        torch.nn.Module.train(self.tower, False)
        self.text_dimension = 128

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for text in texts:
            numbers = [self.words.setdefault(word, len(self.words) % 59_000) for word in text.split()][:31]
            with torch.no_grad():
                rows.append(self.tower(input_ids=torch.tensor([[*numbers, 59_999]])).text_embeds[0].numpy())
        return np.stack(rows)


class Unwatched(Training):
    """A training of which only the last weights count: nothing is validated, kept or checkpointed on the way."""

    def _validate(self, alignment: Alignment, parts: tuple[Part, ...]) -> None:
        return None

    def _end_epoch(self) -> None:
        self.wrapped.train()

    def _checkpoint(self) -> None:
        return None


def measure_cell(prepared: Prepared, settings: TrainSettings, start: Start | None) -> Retrieved:
    """Return one cell after its last epoch; ``start`` is left out where the projection is another."""
    cache = prepared.cache
    references, queries = split_by_author(cache.authors, cache.places, settings.validation, settings.seed)
    if settings.spaces == "image":
        alignment, parts = make_alignment(prepared.config, settings.seed), BACKBONE
    else:
        alignment, parts = _train(prepared, settings, start), prepared.config.parts
    rows = find_rows(alignment, cache, references, queries, parts)
    known = measure_position_recall(alignment, cache, references, queries) if parts != BACKBONE else None
    return measure_retrieved(cache, references, queries, rows, known)


def measure_unseeing(prepared: Prepared, settings: TrainSettings) -> Retrieved:
    """Return the answer from the middle of the training photos, whatever the picture."""
    cache = prepared.cache
    references, queries = split_by_author(cache.authors, cache.places, settings.validation, settings.seed)
    return measure_retrieved(cache, references, queries, find_middle(cache, references, len(queries)), None)


def _train(prepared: Prepared, settings: TrainSettings, start: Start | None) -> Alignment:
    fits = start is not None and start.alignment.config.projection == settings.projection
    with tempfile.TemporaryDirectory() as out:
        training = Unwatched(
            prepared.cache, prepared.texts, prepared.config, settings, Path(out), start if fits else None
        )
        training.run(lambda look: None)
        return training.alignment.eval()


def format_row(name: str, runs: list[Retrieved], base: list[Retrieved]) -> str:
    """Return one row of the table: means over the splits, and the difference from the backbone with both intervals."""
    medians = [f"{statistics.mean(run.median(count) for run in runs):,.0f}" for count in (5, 10, 15)]
    others = f"{statistics.mean(run.others_km for run in runs):,.0f}"
    difference, recall = "- | - | -", "- | -"
    if runs is not base:
        mean, low, high = compute_split_interval(runs, base)
        lowest, highest = compute_photographer_interval(runs, base)
        nearer = sum(run.median() < other.median() for run, other in zip(runs, base, strict=True))
        difference = (
            f"{mean:+,.0f} ({low:+,.0f} … {high:+,.0f}) | {lowest:+,.0f} … {highest:+,.0f} | {nearer}/{len(runs)}"
        )
    known = [run.positions for run in runs if run.positions]
    if known:
        recall = " | ".join(
            f"{statistics.mean(each[f'within_{radius}_km'] for each in known):.1%}" for radius in (200, 2500)
        )
    return f"| {name} | {' | '.join(medians)} | {others} | {difference} | {recall} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--backbone", default="builtin")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--decay", type=float, default=0.95)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--validation", type=float, default=0.5)
    parser.add_argument("--location-from", type=Path, help="an alignment whose location encoder all cells begin with")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--cells", default="", help="some of the cells, by number from 0 (0 is +GPS)")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    loaded = load_backbone(asked.backbone)
    backbone = loaded if loaded.text_dimension else RandomTexts(loaded)
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    cells = {"image only (backbone)": {"spaces": "image"}, **CELLS}
    if asked.cells:
        chosen = [list(CELLS)[int(number)] for number in asked.cells.split(",")]
        cells = {"image only (backbone)": {"spaces": "image"}, **{name: CELLS[name] for name in chosen}}
    names = ("epochs", "learning_rate", "decay", "batch", "validation")
    common = {name: getattr(asked, name) for name in names}
    start = load_start(asked.location_from) if asked.location_from else None
    print(f"backbone {backbone.spec}, {json.dumps(common)}, seeds {seeds}")
    print(HEADER)
    source = open_source(asked.folder, SourceOptions(asked.metadata))
    base: list[Retrieved] = []
    for name, own in cells.items():
        runs, blind = [], []
        for seed in seeds:
            settings = TrainSettings.model_validate({**common, **own, "seed": seed, "checkpoint_every": 10_000})
            prepared = prepare(source, backbone, settings, asked.cache)
            runs.append(measure_cell(prepared, settings, start))
            if not base:
                blind.append(measure_unseeing(prepared, settings))
        base = base or runs
        print(format_row(name, runs, base), flush=True)
        if blind:
            print(format_row("no picture: the middle of the training photos", blind, base), flush=True)


if __name__ == "__main__":
    main()
