import pytest
import torch

from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.config import AlignmentConfig, AlignmentError
from sextant.gallery.alignment.model.published import (
    GEOCLIP_FILES,
    KEYS,
    import_published,
    make_published_config,
)

# Names and shapes as the published code declares them.
CAPSULE = {
    "capsule.0.b": (256, 2),
    "capsule.1.weight": (1024, 512),
    "capsule.1.bias": (1024,),
    "capsule.3.weight": (1024, 1024),
    "capsule.3.bias": (1024,),
    "capsule.5.weight": (1024, 1024),
    "capsule.5.bias": (1024,),
    "head.0.weight": (512, 1024),
    "head.0.bias": (512,),
}
LOCATION = {f"LocEnc{i}.{name}": shape for i in range(3) for name, shape in CAPSULE.items()}


def adapter(name, inner, out):
    return {
        f"{name}.0.weight": (inner, inner),
        f"{name}.0.bias": (inner,),
        f"{name}.2.weight": (out, inner),
        f"{name}.2.bias": (out,),
    }


G3 = {
    **adapter("vision_projection_else_1", 768, 768),
    **adapter("text_projection_else", 768, 768),
    **adapter("vision_projection_else_2", 768, 768),
    **adapter("location_projection_else", 512, 768),
    **{f"location_encoder.{name}": shape for name, shape in LOCATION.items()},
    "logit_scale1": (),
    "logit_scale2": (),
    "logit_scale3": (),
    "vision_projection.weight": (768, 1024),
}


def filled(shapes):
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) * 0.02 for name, shape in shapes.items()}


@pytest.fixture
def g3_file(tmp_path):
    torch.save(filled(G3), tmp_path / "g3.pth")
    return tmp_path / "g3.pth"


@pytest.fixture
def geoclip_folder(tmp_path):
    mlp, location, scale = GEOCLIP_FILES
    torch.save(
        filled({name.removeprefix("m."): shape for name, shape in adapter("m", 768, 512).items()}), tmp_path / mlp
    )
    torch.save(filled(LOCATION), tmp_path / location)
    torch.save(torch.tensor(2.66), tmp_path / scale)
    return tmp_path


def exported(alignment, layout):
    """The same weights under their published names."""
    ours = alignment.state_dict()
    return {theirs: ours[name] for theirs, name in KEYS[layout].items()}


def test_g3_round_trips_tensor_for_tensor(g3_file):
    published = torch.load(g3_file, weights_only=True)
    back = exported(import_published(g3_file), "g3")
    assert set(published) - set(back) == {"logit_scale3", "vision_projection.weight"}
    assert all(torch.equal(back[name], published[name]) for name in back)


def test_geoclip_round_trips_tensor_for_tensor(geoclip_folder):
    mlp, location, scale = (torch.load(geoclip_folder / name, weights_only=True) for name in GEOCLIP_FILES)
    back = exported(import_published(geoclip_folder), "geoclip")
    published = {**{f"mlp.{name}": tensor for name, tensor in mlp.items()}, **location, "logit_scale": scale}
    assert set(back) == set(published)
    assert all(torch.equal(back[name], published[name]) for name in back)


def test_each_layout_brings_its_own_projection(g3_file, geoclip_folder):
    assert import_published(g3_file).config.projection == "mercator"
    assert import_published(geoclip_folder).config.projection == "equal-earth"


def test_an_imported_g3_scores_as_the_published_formula_does(g3_file):
    w = {name: tensor.double() for name, tensor in torch.load(g3_file, weights_only=True).items()}
    alignment = import_published(g3_file).double()
    image = torch.randn(1, 768, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    position = torch.tensor([[48.8584, 2.2945]], dtype=torch.float64)

    def two_layers(x, name):
        return (
            torch.relu(x @ w[f"{name}.0.weight"].T + w[f"{name}.0.bias"]) @ w[f"{name}.2.weight"].T
            + w[f"{name}.2.bias"]
        )

    latitude, longitude = torch.deg2rad(position).unbind(-1)
    v = torch.stack((torch.log(torch.tan(torch.pi / 4 + latitude / 2)) / torch.pi, longitude / torch.pi), dim=-1)
    encoded = 0
    for i in range(3):
        c = f"location_encoder.LocEnc{i}."
        phase = 2 * torch.pi * v @ w[c + "capsule.0.b"].T
        h = torch.cat((phase.cos(), phase.sin()), dim=-1)
        for n in (1, 3, 5):
            h = torch.relu(h @ w[f"{c}capsule.{n}.weight"].T + w[f"{c}capsule.{n}.bias"])
        encoded = encoded + h @ w[c + "head.0.weight"].T + w[c + "head.0.bias"]
    a, b = two_layers(image, "vision_projection_else_2"), two_layers(encoded, "location_projection_else")
    expected = torch.nn.functional.cosine_similarity(a, b)
    ours = (alignment.image_part(image, "gps") * alignment.positions(position)).sum(-1)
    torch.testing.assert_close(ours, expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.pop("logit_scale2"), "missing ['logit_scale2']"),
        (lambda t: t.update(surprise=torch.zeros(1)), "unknown ['surprise']"),
        (lambda t: t.update({"location_projection_else.2.weight": torch.zeros(512, 512)}), "has shape (512, 512)"),
    ],
    ids=["a tensor missing", "a tensor unknown", "another shape"],
)
def test_a_file_of_another_layout_is_refused_by_name(g3_file, spoil, message):
    tensors = torch.load(g3_file, weights_only=True)
    spoil(tensors)
    torch.save(tensors, g3_file)
    with pytest.raises(AlignmentError) as error:
        import_published(g3_file)
    assert message in str(error.value)


class Pickled:
    """Stands for the whole model some checkpoints pickle; reading it would run code."""


@pytest.mark.parametrize("content", ["pickled", "half", "empty"])
def test_code_and_interrupted_downloads_are_refused_in_one_line(g3_file, content):
    if content == "pickled":
        torch.save(Pickled(), g3_file)
    elif content == "half":
        g3_file.write_bytes(g3_file.read_bytes()[: g3_file.stat().st_size // 2])
    else:
        g3_file.write_bytes(b"")
    with pytest.raises(AlignmentError) as error:
        import_published(g3_file)
    assert "\n" not in str(error.value) and str(g3_file) in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AlignmentError, match=r"no such file: .*gone\.pth"):
        import_published(tmp_path / "gone.pth")


def test_our_own_layout_counts_the_published_parameters():
    alignment = make_alignment(make_published_config("g3", "st:x", None), seed=0)
    ours = sum(tensor.numel() for tensor in alignment.state_dict().values())
    assert ours == sum(
        torch.Size(shape).numel()
        for name, shape in G3.items()
        if name not in ("logit_scale3", "vision_projection.weight")
    )


def test_a_config_with_an_unknown_projection_is_refused():
    with pytest.raises(ValueError, match="projection"):
        AlignmentConfig.model_validate(
            {
                "backbone": "x",
                "backbone_fingerprint": None,
                "features": "raw",
                "image_dimension": 4,
                "space": 4,
                "projection": "mollweide",
            }
        )
