"""Transformers' own classes with tiny random weights, saved as snapshots that the mask stage loads."""

from __future__ import annotations

import json
from pathlib import Path

import torch


def write_sam2(folder: Path) -> Path:
    """A SAM 2 of a few thousand weights for 128 pixel squares."""
    from transformers import Sam2Config, Sam2HieraDetConfig, Sam2Model, Sam2VisionConfig

    torch.manual_seed(0)
    backbone = Sam2HieraDetConfig(
        hidden_size=8,
        num_attention_heads=1,
        image_size=[128, 128],
        window_positional_embedding_background_size=[2, 2],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 1, 1],
        window_size_per_stage=[4, 4, 4, 4],
        global_attention_blocks=[3],
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        fpn_hidden_size=32,
    )
    config = Sam2Config(
        vision_config=vision,
        prompt_encoder_config={"hidden_size": 32, "image_size": 128, "mask_input_channels": 4},
        mask_decoder_config={
            "hidden_size": 32, "mlp_dim": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
            "iou_head_hidden_dim": 16,
        },
    )  # fmt: skip
    Sam2Model(config).save_pretrained(folder)
    return folder


def write_grounding_dino(folder: Path) -> Path:
    """A Grounding DINO of a few thousand weights, with a letter-by-letter BERT vocabulary."""
    from transformers import (
        BertConfig,
        BertTokenizerFast,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessorPil,
        SwinConfig,
    )

    torch.manual_seed(0)
    # The model knows the numbers of its special tokens by heart: 101, 102, 1012 (full stop), 1029 (?).
    fixed = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
    words = [fixed.get(k, f"[unused{k}]") for k in range(1030)]
    words += [prefix + chr(c) for c in range(ord("a"), ord("z") + 1) for prefix in ("", "##")]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = GroundingDinoConfig(
        backbone_config=SwinConfig(
            image_size=64, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1],
            window_size=4, out_indices=[2, 3, 4],
        ),
        text_config=BertConfig(
            vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32,
        ),
        num_queries=12, encoder_layers=1, encoder_ffn_dim=32, encoder_attention_heads=2, decoder_layers=2,
        decoder_ffn_dim=32, decoder_attention_heads=2, d_model=32, max_text_len=48,
    )  # fmt: skip
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    GroundingDinoImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 96}).save_pretrained(folder)
    return folder


def write_owlv2(folder: Path) -> Path:
    """An OWLv2 of a few thousand weights, with a byte-by-byte CLIP vocabulary."""
    from transformers import (
        Owlv2Config,
        Owlv2ForObjectDetection,
        Owlv2TextConfig,
        Owlv2VisionConfig,
    )

    torch.manual_seed(0)
    num = _write_clip_vocabulary(folder)
    config = Owlv2Config(
        text_config=Owlv2TextConfig(
            vocab_size=num, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
            max_position_embeddings=16, bos_token_id=num - 2, eos_token_id=num - 1, pad_token_id=0,
        ).to_dict(),
        vision_config=Owlv2VisionConfig(
            hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=64,
            patch_size=16,
        ).to_dict(),
        projection_dim=16,
    )  # fmt: skip
    Owlv2ForObjectDetection(config).save_pretrained(folder)
    return folder


def write_sam3(folder: Path) -> Path:
    """A SAM 3 of some ten thousand weights for 112 pixel squares, with a byte-by-byte CLIP vocabulary."""
    from transformers import CLIPTextConfig, Sam3Config, Sam3Model

    torch.manual_seed(0)
    num = _write_clip_vocabulary(folder)
    part = {"hidden_size": 32, "num_attention_heads": 2}
    layers = {**part, "num_layers": 1, "intermediate_size": 32}
    config = Sam3Config(
        vision_config={
            "backbone_config": {
                "model_type": "sam3_vit_model", **part, "intermediate_size": 32, "num_hidden_layers": 2,
                "image_size": 112, "pretrain_image_size": 56, "window_size": 4, "global_attn_indexes": [1],
            },
            "fpn_hidden_size": 32, "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
        },
        text_config=CLIPTextConfig(
            vocab_size=num, hidden_size=32, intermediate_size=32, projection_dim=16, num_hidden_layers=1,
            num_attention_heads=2, max_position_embeddings=32, bos_token_id=num - 2, eos_token_id=num - 1,
        ).to_dict(),
        geometry_encoder_config=layers,
        detr_encoder_config=layers,
        detr_decoder_config={**layers, "num_queries": 9},
        mask_decoder_config=part,
    )  # fmt: skip
    Sam3Model(config).save_pretrained(folder)
    return folder


def _write_clip_vocabulary(folder: Path) -> int:
    """Letter by letter; returns its size."""
    from transformers import CLIPTokenizerFast

    letters = [chr(c) for c in range(ord("!"), ord("~") + 1)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: k for k, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    return len(words)
