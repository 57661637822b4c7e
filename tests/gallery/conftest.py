from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random SigLIP of a few thousand weights, saved as a checkpoint: the real loading path without real weights."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    folder = tmp_path_factory.mktemp("siglip")
    torch.manual_seed(7)
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**size, "vocab_size": 16, "max_position_embeddings": 16, "projection_size": 16}
    config = SiglipConfig(text_config=text, vision_config={**size, "image_size": 32, "patch_size": 16})
    SiglipModel(config).save_pretrained(folder)
    words = {"<pad>": 0, "<eos>": 1, "<unk>": 2, "a": 3, "photo": 4}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    processor = SiglipProcessor(SiglipImageProcessor(size={"height": 32, "width": 32}), fast)
    processor.save_pretrained(folder)
    return folder
