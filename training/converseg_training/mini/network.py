"""The trained part of ``mini``: pixels, a detector's features and MiniLM's words -> mask, presence, quality.

The layout is the embedded network's (``converseg_training.embedded``), so that its weights can start this
one. New are the inputs: what the COCO detector sees, and words as vectors instead of numbers, so that words
nobody trained on mean something too. All new paths start at zero.

Legend of shape suffixes: b images, n prompts, k COCO classes, l words, t visual tokens, d width, c, h, w.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_training.embedded.image_encoder import ImageEncoder
from converseg_training.embedded.prompt_decoder import Attention, ModulatedRefinement, per_prompt

HEIGHT, WIDTH = 192, 256
MEAN, STD = (0.45, 0.42, 0.40), (0.25, 0.25, 0.25)
CHANNELS = (24, 48, 96, 160)
NUM_WORDS = 32
WORD_SIZE = 384
NUM_CLASSES = 80
NUM_SEMANTIC, NUM_MIDDLE = 128, 64
NUM_MAPS = 4


@dataclass(frozen=True)
class ImageInputs:
    """What the network is told about B images.

    Attributes:
        pixels_bchw: (B, 3, 192, 256), normalised.
        semantic_bchw: (B, 128, 12, 16), deep features of the detector.
        middle_bchw: (B, 64, 24, 32), finer ones.
        painted_bkhw: (B, 80, 24, 32), score of the best detection of each class that covers a cell.
    """

    pixels_bchw: Tensor
    semantic_bchw: Tensor
    middle_bchw: Tensor
    painted_bkhw: Tensor


@dataclass(frozen=True)
class PromptInputs:
    """What the network is told about N prompts.

    Attributes:
        words_nle: (N, L, 768), each word's MiniLM state and what it started as.
        is_word_nl: (N, L), 1 for a word, 0 for padding.
        sentence_nk: (N, 80), similarity of each class name to the sentence.
        nearest_nk: (N, 80), similarity of each class name to its nearest word.
    """

    words_nle: Tensor
    is_word_nl: Tensor
    sentence_nk: Tensor
    nearest_nk: Tensor


@dataclass(frozen=True)
class ImageFeatures:
    """What all prompts of B images share; see :meth:`FusionNetwork.encode`."""

    f2: Tensor
    f4: Tensor
    f8: Tensor
    visual_btd: Tensor
    meaning_bte: Tensor
    painted_bkhw: Tensor


class WordEncoder(nn.Module):
    """MiniLM's word vectors -> word states, their sentence."""

    def __init__(self, width: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        self.started = nn.Linear(WORD_SIZE, width)
        self.state = nn.Linear(WORD_SIZE, width, bias=False)
        self.positions = nn.Parameter(torch.randn(NUM_WORDS, width) * 0.02)
        self.layers = nn.ModuleList(
            Attention(width, dropout=dropout, feed_forward=2) for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(width)
        nn.init.zeros_(self.state.weight)

    def forward(self, words_nle: Tensor, is_word_nl: Tensor) -> tuple[Tensor, Tensor]:
        """Word states (N, L, D) and sentence state (N, D)."""
        state, started = words_nle.split(WORD_SIZE, dim=2)
        mask_nl = is_word_nl > 0
        x_nld = self.started(started) + self.state(state) + self.positions[: words_nle.shape[1]]
        for layer in self.layers:
            x_nld = layer(x_nld, x_nld, mask_nl)
        x_nld = self.norm(x_nld)
        weight_nl1 = is_word_nl.unsqueeze(-1).to(x_nld.dtype)
        return x_nld, (x_nld * weight_nl1).sum(1) / weight_nl1.sum(1).clamp(min=1.0)


class FusionNetwork(nn.Module):
    """Image side once an image, prompt side once a prompt."""

    def __init__(self, *, width: int = 128, num_layers: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.grid_hw = (HEIGHT // 16, WIDTH // 16)
        self.image_encoder = ImageEncoder(channels=CHANNELS)
        self.project = nn.Conv2d(CHANNELS[3], width, 1)
        self.positions = nn.Parameter(torch.randn(self.grid_hw[0] * self.grid_hw[1], width) * 0.02)
        self.semantic = nn.Conv2d(NUM_SEMANTIC, width, 1)
        self.middle_16 = nn.Conv2d(NUM_MIDDLE, width, 1)
        self.middle_8 = nn.Conv2d(NUM_MIDDLE, CHANNELS[2], 1)
        self.meaning = nn.Linear(WORD_SIZE, width, bias=False)
        self.text = WordEncoder(width, 2, dropout)
        self.look_at_words = nn.ModuleList(Attention(width, dropout=dropout) for _ in range(num_layers))
        self.look_around = nn.ModuleList(
            Attention(width, dropout=dropout, feed_forward=2) for _ in range(num_layers)
        )
        self.meets = nn.Parameter(torch.zeros(num_layers, 4))
        self.maps_16 = nn.Conv2d(NUM_MAPS, width, 1)
        self.maps_8 = nn.Conv2d(NUM_MAPS, 48, 1)
        self.gain = nn.Parameter(torch.tensor([14.0, 25.0, 14.0]))
        self.threshold = nn.Parameter(torch.tensor([0.5, 0.5]))
        self.norm = nn.LayerNorm(width)
        self.refine_8 = ModulatedRefinement(coarse=width, fine=CHANNELS[2], out=48, width=width)
        self.refine_4 = ModulatedRefinement(coarse=48, fine=CHANNELS[1], out=24, width=width)
        self.mask = nn.Conv2d(24, 1, 3, padding=1)
        self.detail_kernel = nn.Linear(width, CHANNELS[0])
        self.coarse_mask = nn.Linear(width, 1)
        self.pool = nn.Linear(width, 1)
        self.presence = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, 1))
        self.quality = nn.Sequential(nn.Linear(2 * width + 3, width), nn.SiLU(), nn.Linear(width, 1))
        self.presence_facts = nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 2))
        silent = (self.semantic, self.middle_16, self.middle_8, self.maps_16, self.maps_8, self.meaning)
        for layer in silent:
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)
        for parameter in self.presence_facts[2].parameters():
            nn.init.zeros_(parameter)

    def encode(self, image: ImageInputs, names_ke: Tensor) -> ImageFeatures:
        """The image side.

        Args:
            image: B images.
            names_ke: (80, 384) unit vectors of the class names.
        """
        f2, f4, f8, f16 = self.image_encoder(image.pixels_bchw)
        coarse_bkhw = F.avg_pool2d(image.painted_bkhw, 2)
        meaning_bte = coarse_bkhw.flatten(2).transpose(1, 2) @ names_ke.to(coarse_bkhw.dtype)
        visual = (
            self.project(f16)
            + self.semantic(image.semantic_bchw)
            + self.middle_16(F.avg_pool2d(image.middle_bchw, 2))
        )
        visual_btd = visual.flatten(2).transpose(1, 2) + self.positions + self.meaning(meaning_bte)
        return ImageFeatures(
            f2, f4, f8 + self.middle_8(image.middle_bchw), visual_btd, meaning_bte, image.painted_bkhw
        )

    def decode(self, image: ImageFeatures, prompt: PromptInputs, num_per_image: int = 1) -> dict[str, Tensor]:
        """The prompt side; the prompts of an image stand next to each other, ``num_per_image`` each.

        Returns:
            ``mask_logits`` (N, 96, 128), ``coarse_logits`` (N, 12, 16), ``presence_logit`` and
            ``quality_logit`` (N,).
        """
        height, width = self.grid_hw
        words_nld, sentence_nd = self.text(prompt.words_nle, prompt.is_word_nl)
        mask_nl = prompt.is_word_nl > 0
        maps_nmhw = self._relevance(image.painted_bkhw, prompt, num_per_image)
        state_nle = F.normalize(prompt.words_nle[..., :WORD_SIZE], dim=2)
        meets_ntl = per_prompt(image.meaning_bte, num_per_image) @ state_nle.transpose(1, 2)
        x_ntd = per_prompt(image.visual_btd, num_per_image)
        x_ntd = x_ntd + self.maps_16(F.avg_pool2d(maps_nmhw, 2)).flatten(2).transpose(1, 2)
        for number, (look_at_words, look_around) in enumerate(
            zip(self.look_at_words, self.look_around, strict=True)
        ):
            bias_nhtl = self.meets[number][None, :, None, None] * meets_ntl[:, None]
            x_ntd = look_at_words(x_ntd, words_nld, mask_nl, bias_nhtl)
            x_ntd = look_around(x_ntd, x_ntd, None)
        x_ntd = self.norm(x_ntd)
        coarse_nt = self.coarse_mask(x_ntd).squeeze(-1)
        x_ndhw = x_ntd.transpose(1, 2).reshape(x_ntd.shape[0], -1, height, width)
        y = self.refine_8(x_ndhw, image.f8, sentence_nd, num_per_image)
        y = y + self.maps_8(maps_nmhw)
        y = self.refine_4(y, image.f4, sentence_nd, num_per_image)
        weight_nt1 = self.pool(x_ntd).float().softmax(dim=1).to(x_ntd.dtype)
        found_nd = (x_ntd * weight_nt1).sum(1)
        pooled_nd = torch.cat([found_nd, sentence_nd], dim=1)
        mask_nhw = F.interpolate(self.mask(y), scale_factor=2.0, mode="bilinear").squeeze(1)
        mask_nhw = mask_nhw + self._details(found_nd, image.f2, num_per_image)
        evidence_n2 = mask_evidence(mask_nhw)
        facts_n2 = self.presence_facts(
            torch.cat(
                [
                    maps_nmhw.flatten(2).amax(2),
                    prompt.sentence_nk.amax(1, keepdim=True),
                    prompt.nearest_nk.amax(1, keepdim=True),
                    evidence_n2.detach(),
                ],
                dim=1,
            )
        )
        presence_n = self.presence(pooled_nd).squeeze(-1) + facts_n2[:, 0]
        evidence = torch.cat([pooled_nd, presence_n[:, None], evidence_n2], dim=1).detach()
        return {
            "mask_logits": mask_nhw,
            "coarse_logits": coarse_nt.view(-1, height, width),
            "presence_logit": presence_n,
            "quality_logit": self.quality(evidence).squeeze(-1) + facts_n2[:, 1],
        }

    def forward(
        self, image: ImageInputs, prompt: PromptInputs, names_ke: Tensor, num_per_image: int = 1
    ) -> dict[str, Tensor]:
        """Both sides, for training."""
        return self.decode(self.encode(image, names_ke), prompt, num_per_image)

    def _relevance(self, painted_bkhw: Tensor, prompt: PromptInputs, num_per_image: int) -> Tensor:
        """(N, 4, 24, 32): where detections are whose names the sentence, or one of its words, means."""
        painted_nkt = per_prompt(painted_bkhw.flatten(2), num_per_image)
        gain, threshold = self.gain, self.threshold
        means_nk = (gain[0] * (prompt.sentence_nk - threshold[0])).sigmoid()
        names_nk = (gain[2] * (prompt.nearest_nk - threshold[1])).sigmoid()
        share_nk = (gain[1] * prompt.sentence_nk).softmax(1)
        maps = [
            (means_nk[:, :, None] * painted_nkt).amax(1),
            (share_nk[:, None] @ painted_nkt.to(share_nk.dtype)).squeeze(1),
            (names_nk[:, :, None] * painted_nkt).amax(1),
            painted_nkt.amax(1),
        ]
        height, width = painted_bkhw.shape[2:]
        return torch.stack(maps, dim=1).view(-1, NUM_MAPS, height, width)

    def _details(self, found_nd: Tensor, f2_bchw: Tensor, num_per_image: int) -> Tensor:
        """(N, 96, 128): fine edges, from a kernel that each prompt makes (arXiv 2003.05664)."""
        num_images, num_channels, height, width = f2_bchw.shape
        kernel_bpc = self.detail_kernel(found_nd).view(num_images, num_per_image, num_channels)
        return (kernel_bpc @ f2_bchw.flatten(2)).reshape(-1, height, width)


def mask_evidence(mask_nhw: Tensor) -> Tensor:
    """(N, 2): how sure the mask is of itself, and how large it is."""
    probability = mask_nhw.float().sigmoid()
    inside = (probability > 0.5).float()
    area = inside.sum((1, 2))
    sureness = (probability * inside).sum((1, 2)) / area.clamp(min=1.0)
    return torch.stack([sureness, (area + 1.0).log() / 10.0], dim=1)
