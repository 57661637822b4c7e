"""What each part of the geo-alignment brings: spaces, projections, hard negatives, over several splits.

    python -m bench.alignment_ablation FOLDER --metadata CSV --backbone builtin --epochs 15 --seeds 0,1,2

Every cell trains with the same settings but for its own, on some of the photographers, and is measured on the
others after its last epoch: no epoch is picked by what it is measured on. A backbone without a text tower gets
its place texts from a CLIP text tower of RANDOM weights, which tells texts apart and knows nothing: those cells
show what place names bring as labels, not what a language model brings.
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

from gallery.alignment.backbone import Backbone, load_backbone
from gallery.alignment.recipe import measure_backbone, prepare
from gallery.alignment.settings import TrainSettings
from gallery.alignment.start import Start, load_start
from gallery.alignment.train import Training
from gallery.sources.opening import SourceOptions, open_source

CELLS: dict[str, dict[str, Any]] = {
    "image + GPS": {"spaces": "gps"},
    "image + GPS + text": {"spaces": "gps+text"},
    "image + GPS + fine text": {"spaces": "gps+text", "granularity": "fine"},
    "image + GPS, mercator": {"spaces": "gps", "projection": "mercator"},
    "image + GPS, 1 hard negative": {"spaces": "gps", "hard_negatives": 1},
}


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


def measured(
    folder: str, metadata: Path | None, backbone: Backbone, cache: Path, settings: TrainSettings, start: Start | None
) -> Any:
    """The figures of one cell after its last epoch; ``start`` is left out where the projection is another."""
    source = open_source(folder, SourceOptions(metadata))
    prepared = prepare(source, backbone, settings, cache)
    if settings.spaces == "image":
        return measure_backbone(prepared, settings)
    with tempfile.TemporaryDirectory() as out:
        fits = start is not None and start.alignment.config.projection == settings.projection
        training = Training(
            prepared.cache, prepared.texts, prepared.config, settings, Path(out), start if fits else None
        )
        return training.run(lambda look: None).history[-1]["measured"]


def line(name: str, runs: list[Any]) -> str:
    """One row of the table: the mean over the splits, and each split's top 10."""
    medians = {count: [run["retrieval"][count]["median_km"] for run in runs] for count in ("5", "10", "15")}
    cells = [f"{statistics.mean(medians[count]):,.0f}" for count in medians]
    each = " ".join(f"{value:,.0f}" for value in medians["10"])
    recall = "- | -"
    if runs[0]["positions"]:
        recall = " | ".join(
            f"{statistics.mean(run['positions'][f'within_{radius}_km'] for run in runs):.1%}" for radius in (200, 2500)
        )
    return f"| {name} | {' | '.join(cells)} | {each} | {recall} |"


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
    print("| trained | top 5 km | top 10 km | top 15 km | top 10 of each split | ≤ 200 km | ≤ 2500 km |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, own in cells.items():
        runs = []
        for seed in seeds:
            settings = TrainSettings.model_validate({**common, **own, "seed": seed, "checkpoint_every": 10_000})
            runs.append(measured(asked.folder, asked.metadata, backbone, asked.cache, settings, start))
        print(line(name, runs), flush=True)


if __name__ == "__main__":
    main()
