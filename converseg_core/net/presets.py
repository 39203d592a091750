"""Configurations by name: the released sizes, and tiny ones for tests."""

from __future__ import annotations

from typing import Any

from converseg_core.net.config import (
    DEFAULT_MAX_VISUAL_TOKENS,
    QWEN2_5_TEMPLATE,
    QWEN3_TEMPLATE,
    Mode,
    NetConfig,
)

# embed width, heads, blocks per stage, global blocks, windows, background of the position table
_HIERA: dict[str, tuple[int, int, tuple[int, ...], tuple[int, ...], tuple[int, ...], int]] = {
    "tiny": (96, 1, (1, 2, 7, 2), (5, 7, 9), (8, 4, 14, 7), 7),
    "small": (96, 1, (1, 2, 11, 2), (7, 10, 13), (8, 4, 14, 7), 7),
    "base-plus": (112, 2, (2, 3, 16, 3), (12, 16, 20), (8, 4, 14, 7), 14),
    "large": (144, 2, (2, 6, 36, 4), (23, 33, 43), (8, 4, 16, 8), 7),
    "toy": (16, 1, (1, 1, 2, 1), (3,), (8, 4, 4, 2), 7),
}
SAM_SIZES = tuple(name for name in _HIERA if name != "toy")


def sam2_config(size: str, *, canvas_size: int = 1024, width: int = 256) -> dict[str, Any]:
    """Configuration of a SAM 2 or 2.1 (their image parts are the same) for a square canvas.

    Raises:
        ValueError: unknown size, or a canvas that the strides do not divide.
    """
    if size not in _HIERA:
        raise ValueError(f"sam: must be one of {', '.join(SAM_SIZES)}, not {size!r}")
    if canvas_size % 32:
        raise ValueError(f"canvas_size: must be a multiple of 32, not {canvas_size}")
    embed, heads, blocks, global_blocks, windows, background = _HIERA[size]
    widths = [embed * 2**stage for stage in range(4)]
    return {
        "model_type": "sam2",
        "vision_config": {
            "model_type": "sam2_vision_model",
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "hidden_size": embed,
                "num_attention_heads": heads,
                "image_size": [canvas_size, canvas_size],
                "blocks_per_stage": list(blocks),
                "embed_dim_per_stage": widths,
                "num_attention_heads_per_stage": [heads * 2**stage for stage in range(4)],
                "window_size_per_stage": list(windows),
                "global_attention_blocks": list(global_blocks),
                "window_positional_embedding_background_size": [background, background],
            },
            "backbone_channel_list": widths[::-1],
            "backbone_feature_sizes": [[canvas_size // stride] * 2 for stride in (4, 8, 16)],
            "fpn_hidden_size": width,
        },
        "prompt_encoder_config": {"hidden_size": width, "image_size": canvas_size, "patch_size": 16},
        "mask_decoder_config": {
            "hidden_size": width,
            "iou_head_hidden_dim": 256,
            "mlp_dim": 2048,
        },
    }


def qwen2_5_vl_config(size: str) -> dict[str, Any]:
    """Configuration of Qwen2.5-VL: ``3b`` or ``7b``."""
    # width, layers, heads, key-value heads, feed-forward, vocabulary, tied
    sizes: dict[str, tuple[int, int, int, int, int, int, bool]] = {
        "3b": (2048, 36, 16, 2, 11008, 151936, True),
        "7b": (3584, 28, 28, 4, 18944, 152064, False),
    }
    if size not in sizes:
        raise ValueError(f"vlm: must be 3b or 7b, not {size!r}")
    width, layers, heads, kv_heads, hidden, vocabulary, tied = sizes[size]
    return {
        "model_type": "qwen2_5_vl",
        "tie_word_embeddings": tied,
        "text_config": {
            "hidden_size": width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": kv_heads,
            "intermediate_size": hidden,
            "vocab_size": vocabulary,
            "rms_norm_eps": 1e-6,
            "max_position_embeddings": 128000,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1000000.0,
                "mrope_section": [16, 24, 24],
            },
        },
        "vision_config": {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "num_heads": 16,
            "out_hidden_size": width,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
            "tokens_per_second": 2,
        },
    }


def toy_vlm_config(family: str, *, vocab_size: int, image_token_id: int) -> dict[str, Any]:
    """A network of the right shape and no size, for tests and for trying things out."""
    common = {
        "hidden_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 96,
        "vocab_size": vocab_size,
        "rms_norm_eps": 1e-6,
        "max_position_embeddings": 4096,
    }
    vision = {
        "depth": 3,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_heads": 2,
        "out_hidden_size": 64,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    }
    rope = {"rope_type": "default", "rope_theta": 1000000.0, "mrope_section": [2, 3, 3]}
    if family == "qwen2_5_vl":
        return {
            "model_type": family,
            "tie_word_embeddings": True,
            "image_token_id": image_token_id,
            "text_config": common | {"rope_parameters": rope},
            "vision_config": vision | {"window_size": 56, "fullatt_block_indexes": [1]},
        }
    if family == "qwen3_vl":
        return {
            "model_type": family,
            "tie_word_embeddings": True,
            "image_token_id": image_token_id,
            "text_config": common | {"head_dim": 16, "rope_parameters": rope | {"mrope_interleaved": True}},
            "vision_config": vision
            | {"patch_size": 16, "num_position_embeddings": 64, "deepstack_visual_indexes": [0, 1]},
        }
    raise ValueError(f"family: must be qwen2_5_vl or qwen3_vl, not {family!r}")


def preset(
    name: str,
    *,
    mode: Mode = "corrected",
    sam: str = "large",
    canvas_size: int = 1024,
    max_visual_tokens: int | None = None,
) -> NetConfig:
    """A released size: ``converseg-net-3b`` or ``converseg-net-7b``, with a SAM 2 of any size.

    ``max_visual_tokens`` None: the mode's own (the released preprocessor's limit in reference mode).
    """
    if name not in ("converseg-net-3b", "converseg-net-7b"):
        raise ValueError(f"architecture: must be converseg-net-3b or converseg-net-7b, not {name!r}")
    if max_visual_tokens is None:
        max_visual_tokens = 16384 if mode == "reference" else DEFAULT_MAX_VISUAL_TOKENS
    return NetConfig(
        mode=mode,
        vlm=qwen2_5_vl_config(name.rpartition("-")[2]),
        sam=sam2_config(sam, canvas_size=canvas_size),
        template=QWEN2_5_TEMPLATE,
        max_visual_tokens=max_visual_tokens,
    )


def tiny(
    family: str = "qwen2_5_vl",
    *,
    vocab_size: int,
    image_token_id: int,
    mode: Mode = "corrected",
    **changes: Any,
) -> NetConfig:
    """A complete network of about a million weights on a 128-pixel canvas."""
    return NetConfig(
        mode=mode,
        vlm=toy_vlm_config(family, vocab_size=vocab_size, image_token_id=image_token_id),
        sam=sam2_config("toy", canvas_size=128, width=32),
        template=QWEN3_TEMPLATE if family == "qwen3_vl" else QWEN2_5_TEMPLATE,
        **({"max_visual_tokens": 16384 if mode == "reference" else 64} | changes),
    )
