"""Galleries of the small photos over an alignment of random weights, for tests of G3's recipe."""

from pathlib import Path

import pytest

from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.backbone import load_backbone
from sextant.gallery.alignment.model.weights import save_alignment
from sextant.gallery.alignment.recipe import make_config
from sextant.gallery.alignment.training.settings import TrainSettings
from sextant.gallery.build.build import build
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.sources.recognise import SourceOptions, open_source


@pytest.fixture(scope="session")
def aligned(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an alignment ``geo`` of random weights, its ``gallery``, ``image`` gallery and ``mercator`` one."""
    folder = tmp_path_factory.mktemp("aligned")
    backbone = load_backbone("builtin")
    for name, projection in (("geo", "equal-earth"), ("geo-mercator", "mercator")):
        settings = TrainSettings(spaces="gps", projection=projection)  # type: ignore[arg-type]
        save_alignment(folder / name, make_alignment(make_config(backbone, settings), seed=1))
    for name, spec in (("gallery", "geo"), ("image", "geo#image"), ("mercator", "geo-mercator")):
        source = open_source(str(photos), SourceOptions(metadata=photos.parent / "metadata.csv"))
        build(source, str(folder / name), load_encoder(f"aligned:{folder / spec}"), workers=0)
    return folder
