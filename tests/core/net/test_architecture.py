"""The modules: cached equals uncached, ours equals transformers', padding has no influence."""

import numpy as np
import pytest
import torch

from converseg_core.net.architecture.build import build_empty, build_network, expected_tensors, random_network
from converseg_core.net.architecture.network import PromptBatch
from converseg_core.net.preprocessing.positions import prefix_positions, suffix_positions
from converseg_core.net.preprocessing.prompt import PromptTokenizer
from converseg_core.net.preprocessing.vision import grid_for, patches_of
from tests.core.net import tiny

FAMILIES = ["qwen2_5_vl", "qwen3_vl"]


@pytest.fixture(scope="module", params=FAMILIES)
def setup(request):
    config = tiny.config(request.param)
    net = tiny.network(config)
    words = PromptTokenizer(tiny.tokenizer(), config)
    image = tiny.picture()
    grid = grid_for(*image.shape[:2], config)
    patches = torch.from_numpy(patches_of(image, grid, config))
    prefix_tokens = words.prefix(grid)
    ids = torch.from_numpy(prefix_tokens.ids)
    before = words.num_before_image()
    positions, following = prefix_positions(before, grid, len(ids) - before - grid.num_tokens)
    with torch.no_grad():
        tokens = net.vlm.encode_image(patches, grid)
        prefix = net.vlm.prefill(
            tokens, ids, torch.from_numpy(positions), ids == words.image_id,
            torch.from_numpy(prefix_tokens.is_word), following,
        )  # fmt: skip
    return net, words, grid, patches, prefix_tokens, positions, tokens, prefix


def test_a_suffix_on_the_cached_prefix_equals_one_whole_pass(setup):
    net, words, _, _, prefix_tokens, positions, tokens, prefix = setup
    for prompt in tiny.PROMPTS:
        suffix = words.suffix(prompt)
        whole_ids = torch.from_numpy(np.concatenate([prefix_tokens.ids, suffix.ids]))
        whole_positions = np.concatenate(
            [positions, suffix_positions(prefix.next_position, len(suffix.ids))], axis=1
        )
        with torch.no_grad():
            whole = net.vlm.whole_pass(
                tokens, whole_ids, torch.from_numpy(whole_positions), whole_ids == words.image_id
            )[-len(suffix.ids) :]
            cached = net.vlm.extend(prefix, torch.from_numpy(suffix.ids)[None])[0]
        assert torch.linalg.vector_norm(whole - cached) <= 1e-5 * torch.linalg.vector_norm(whole)


def test_the_whole_pass_equals_transformers_own(setup):
    net, words, grid, patches, prefix_tokens, positions, tokens, prefix = setup
    suffix = words.suffix("the red mug")
    ids = torch.from_numpy(np.concatenate([prefix_tokens.ids, suffix.ids]))
    ours_positions = np.concatenate(
        [positions, suffix_positions(prefix.next_position, len(suffix.ids))], axis=1
    )
    is_image = ids == words.image_id
    with torch.no_grad():
        ours = net.vlm.whole_pass(tokens, ids, torch.from_numpy(ours_positions), is_image)
        theirs = net.vlm.backbone(
            input_ids=ids[None],
            pixel_values=patches,
            image_grid_thw=torch.tensor([grid.patches_thw]),
            mm_token_type_ids=is_image[None].int(),
        ).last_hidden_state[0]
    assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def batch_of(words, prompts):
    suffixes = [words.suffix(prompt) for prompt in prompts]
    longest = max(len(suffix.ids) for suffix in suffixes)
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    is_word = torch.zeros(len(prompts), longest, dtype=torch.bool)
    for row, suffix in enumerate(suffixes):
        ids[row, : len(suffix.ids)] = torch.from_numpy(suffix.ids)
        is_word[row, : len(suffix.ids)] = torch.from_numpy(suffix.is_word)
    return PromptBatch(ids_nt=ids, is_word_nt=is_word, end_n=torch.tensor([s.end_index for s in suffixes]))


def test_a_prompt_is_deaf_to_its_neighbours_and_their_padding(setup):
    net, words, *_, prefix = setup
    pixels = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = net.sam.encode(pixels)
        together, _ = net.masks(features, net.prompt_vectors(prefix, batch_of(words, tiny.PROMPTS)))
        for row, prompt in enumerate(tiny.PROMPTS):
            alone, _ = net.masks(features, net.prompt_vectors(prefix, batch_of(words, [prompt])))
            scale = alone.logits_nkhw.abs().max()
            assert (together.logits_nkhw[row] - alone.logits_nkhw[0]).abs().max() <= 1e-4 * scale
            assert torch.allclose(together.iou_nk[row], alone.iou_nk[0], atol=1e-5)


def test_prompts_differ(setup):
    net, words, *_, prefix = setup
    pixels = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        masks, _ = net.masks(
            net.sam.encode(pixels), net.prompt_vectors(prefix, batch_of(words, tiny.PROMPTS))
        )
    spread = (masks.logits_nkhw[0] - masks.logits_nkhw[1]).abs().max()
    assert spread > 1e-2 * masks.logits_nkhw.abs().max()


def test_our_decoder_pass_equals_the_stock_one_where_nothing_is_padded(setup):
    net, *_ = setup
    generator = torch.Generator().manual_seed(2)
    pixels = torch.randn(1, 3, 128, 128, generator=generator)
    sparse = torch.randn(1, 5, 32, generator=generator)
    dense = torch.randn(1, 32, generator=generator)
    model = net.sam.backbone
    with torch.no_grad():
        features = net.sam.encode(pixels)
        levels = model.get_image_embeddings(pixels)
        assert torch.allclose(features.image_1chw, levels[2], atol=1e-5)
        ours = net.sam.decode(features, sparse, torch.ones(1, 5, dtype=torch.bool), dense)
        masks, iou, _, _ = model.mask_decoder(
            image_embeddings=levels[2],
            image_positional_embeddings=model.get_image_wide_positional_embeddings(),
            sparse_prompt_embeddings=sparse[:, None],
            dense_prompt_embeddings=dense[:, :, None, None].expand(-1, -1, 8, 8),
            multimask_output=True,
            high_resolution_features=levels[:2],
        )
    assert torch.allclose(ours.logits_nkhw[:, 1:], masks[:, 0], rtol=1e-4, atol=1e-4)
    assert torch.allclose(ours.iou_nk[:, 1:], iou[:, 0], atol=1e-5)


def test_an_empty_network_has_the_same_tensors_and_real_tables():
    config = tiny.config()
    empty, full = build_empty(config), build_network(config)
    assert expected_tensors(empty) == expected_tensors(full)
    for name, buffer in empty.named_buffers():
        assert not buffer.is_meta, name


def test_random_weights_run_in_half_precision():
    config = tiny.config()
    net = random_network(config, dtype=torch.bfloat16)
    assert net.sam.backbone.shared_image_embedding.positional_embedding.dtype is torch.float32
    with torch.no_grad():
        features = net.sam.encode(torch.randn(1, 3, 128, 128).bfloat16())
    assert features.image_1chw.dtype is torch.bfloat16
    assert torch.isfinite(features.image_1chw).all()
