"""A CLIP checkpoint of a few thousand random weights, in the published layout: for tests of ``st:`` encoders."""

import json
from pathlib import Path

_PICTURE = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4}
_TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
_SIDE = 64


def write_tiny_clip(folder: Path) -> Path:
    """Write the checkpoint with its processor; the weights are the same every time."""
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPProcessor, CLIPTokenizer
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    folder.mkdir(parents=True)
    letters = [chr(code) for code in range(33, 127)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    ends = {"bos_token_id": len(words) - 2, "eos_token_id": len(words) - 1}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = CLIPModel(
            CLIPConfig(
                text_config={**_TEXT, **ends, "vocab_size": len(words), "max_position_embeddings": 77},
                vision_config={**_PICTURE, "image_size": _SIDE, "patch_size": 16},
                projection_dim=24,
            )
        )
    model.save_pretrained(folder)
    pictures = CLIPImageProcessorPil(size={"shortest_edge": _SIDE}, crop_size={"height": _SIDE, "width": _SIDE})
    CLIPProcessor(pictures, tokenizer).save_pretrained(folder)
    return folder
