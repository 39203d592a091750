"""Words choose among the things and parts of a picture.

What the reader knows of a thing is what it is called (a mean of MiniLM's vectors of names), its colour, where
it is, what it looks like, and what shape a close look saw; in some pictures of training it is told true names
and colours and nothing of looks, so that names alone are enough. How two things lie to each other weighs in
when one looks at the other, and the sentence says how.

Legend of shape suffixes: b pictures, n prompts, k things and parts, l words, e word size, d width,
g relations.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_training.embedded.prompt_decoder import Attention, per_prompt
from converseg_training.mini.scene.geometry import NUM_GEOMETRY, NUM_PAIR
from converseg_training.mini.scene.things import (
    SHAPE_SIZE,
    USUAL_QUALITY,
    WORD_SIZE,
    Names,
    Things,
    Told,
)

NUM_WORDS = 32
NUM_RELATIONS = 24
NUM_MATCHES = 6
MOST_QUALITY = 3.0
"""Logits of quality beyond this, either way, tell no more."""


class Look(nn.Module):
    """Things look at the words, then at each other, minding how they lie; pre-norm."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.words = Attention(width, num_heads=num_heads)
        self.things = Attention(width, num_heads=num_heads, feed_forward=2)
        self.relations = nn.Linear(width, num_heads * NUM_RELATIONS)

    def forward(
        self,
        x_nkd: Tensor,
        words_nld: Tensor,
        is_word_nl: Tensor,
        sentence_nd: Tensor,
        pairs_bkkg: Tensor,
        there_nk: Tensor,
    ) -> Tensor:
        """(N, K, D) in and out; the prompts of a picture stand next to each other."""
        x_nkd = self.words(x_nkd, words_nld, is_word_nl)
        num_pictures, count = pairs_bkkg.shape[:2]
        weight_bxg = self.relations(sentence_nd).view(num_pictures, -1, NUM_RELATIONS)
        flat = pairs_bkkg.reshape(num_pictures, count * count, NUM_RELATIONS).to(weight_bxg.dtype)
        bias_nhkk = (weight_bxg @ flat.transpose(1, 2)).view(-1, self.num_heads, count, count)
        x: Tensor = self.things(x_nkd, x_nkd, there_nk, bias_nhkk)
        return x


class SceneReader(nn.Module):
    """Things of a picture and a prompt's words -> which of them are meant."""

    def __init__(
        self,
        names_me: Tensor,
        colors_ce: Tensor,
        *,
        width: int = 128,
        num_layers: int = 4,
        dropout: float = 0.1,
        word_dropout: float = 0.1,
        num_meanings: int = 0,
    ) -> None:
        super().__init__()
        self.meaning = nn.Linear(width, num_meanings) if num_meanings else None
        self.word_dropout = word_dropout
        self.names = Names(names_me, colors_ce)
        self.of_name = nn.Linear(WORD_SIZE, width)
        self.of_color = nn.Linear(len(colors_ce), width, bias=False)
        self.of_place = nn.Linear(NUM_GEOMETRY + 1, width)
        self.of_looks = nn.Linear(192, width, bias=False)
        self.shape_norm = nn.LayerNorm(SHAPE_SIZE)
        self.of_shape = nn.Linear(SHAPE_SIZE, width, bias=False)
        nn.init.zeros_(self.of_shape.weight)
        self.of_trust = nn.Linear(2, width, bias=False)
        nn.init.zeros_(self.of_trust.weight)
        self.trust = nn.Parameter(torch.zeros(()))
        self.pair = nn.Sequential(nn.Linear(NUM_PAIR + 2, 48), nn.SiLU(), nn.Linear(48, NUM_RELATIONS))
        self.started = nn.Linear(WORD_SIZE, width)
        self.state = nn.Linear(WORD_SIZE, width, bias=False)
        self.word_positions = nn.Parameter(torch.randn(NUM_WORDS, width) * 0.02)
        self.word_layers = nn.ModuleList(Attention(width, dropout=dropout, feed_forward=2) for _ in range(2))
        self.word_norm = nn.LayerNorm(width)
        self.meets = nn.Parameter(torch.tensor([4.0, 4.0, 0.0, 0.0]))
        self.match_in = nn.Linear(NUM_MATCHES, width, bias=False)
        self.match_out = nn.Linear(NUM_MATCHES, width, bias=False)
        self.first = Attention(width)
        self.layers = nn.ModuleList(Look(width, 4) for _ in range(num_layers))
        self.norm = nn.LayerNorm(width)
        self.meant = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, 1))
        self.presence = nn.Sequential(
            nn.Linear(2 * width + 2 + NUM_MATCHES // 2, width), nn.SiLU(), nn.Linear(width, 1)
        )

    def know(self, things: Things, told: Told | None = None) -> dict[str, Tensor]:
        """The picture's side of the reader.

        Args:
            things: of B pictures.
            told: pictures of which only names, colours and places are known, and those are true.

        Returns:
            ``names`` (B, K, M) and ``colors`` (B, K, C) logits; ``means`` and ``tints`` (B, K, 384), what
            they are called and their colour; ``x`` (B, K, D), ``pairs`` (B, K, K, G); ``trust`` (B, K), how
            much better than usual it was seen, 0 for what was told.
        """
        names, colors, state = self.names(things)
        means = names.softmax(2) @ self.names.names_me
        looks = self.of_looks(state) + self.of_shape(self.shape_norm(things.shape_bkd.float()))
        shades = colors.softmax(2)
        surest = names.amax(2).sub(names.logsumexp(2)).exp()
        trust = things.quality_bk.clamp(-MOST_QUALITY, MOST_QUALITY) - USUAL_QUALITY
        trust = trust * torch.ones_like(surest)
        if told is not None:
            only_b11 = told.only_b[:, None, None] > 0
            named = only_b11 & (told.names_bk >= 0)[..., None]
            means = torch.where(named, self.names.names_me[told.names_bk.clamp(min=0)].to(means.dtype), means)
            colored = only_b11 & (told.colors_bk >= 0)[..., None]
            true_shades = F.one_hot(told.colors_bk.clamp(min=0), shades.shape[2]).to(shades.dtype)
            shades = torch.where(colored, true_shades, shades)
            looks = looks * (~only_b11).to(looks.dtype)
            surest = torch.where(named[..., 0], torch.ones_like(surest), surest)
            trust = trust * (told.only_b[:, None] < 1)
        place = self.of_place(torch.cat([things.geometry_bkg, things.is_part_bk[..., None]], dim=2))
        seen_well = self.of_trust(torch.stack([trust, surest], dim=2).to(place.dtype))
        x = self.of_name(means) + self.of_color(shades) + place + looks + seen_well
        alike = [means @ means.transpose(1, 2), shades @ shades.transpose(1, 2)]
        pairs = self.pair(torch.cat([things.pairs_bkkg, torch.stack(alike, dim=3)], dim=3))
        tints = shades @ self.names.colors_ce
        known = {"names": names, "colors": colors, "means": means, "tints": tints}
        return known | {"x": x, "pairs": pairs, "trust": trust}

    def choose(
        self,
        known: dict[str, Tensor],
        there_bk: Tensor,
        words_nle: Tensor,
        is_word_nl: Tensor,
        num_per_image: int = 1,
    ) -> tuple[Tensor, Tensor]:
        """See :meth:`decide`: (N, K) logits of being meant, (N,) logit of something fitting."""
        meant_nk, present_n, _ = self.decide(known, there_bk, words_nle, is_word_nl, num_per_image)
        return meant_nk, present_n

    def decide(
        self,
        known: dict[str, Tensor],
        there_bk: Tensor,
        words_nle: Tensor,
        is_word_nl: Tensor,
        num_per_image: int = 1,
        gone_nk: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The prompt's side; the prompts of a picture stand next to each other.

        Args:
            known: of :meth:`know`.
            there_bk: 1 where there is a thing.
            words_nle: (N, L, 768) MiniLM's states and what the words started as.
            is_word_nl: 1 for a word, 0 for padding.
            num_per_image: prompts a picture.
            gone_nk: True for what is not there for this prompt alone; of use in training.

        Returns:
            (N, K) logits of being meant, (N,) logit of something fitting, (N, M) logits of what the sentence
            means, which nothing but training asks for; None where no meanings are told apart.
        """
        is_word = is_word_nl > 0
        is_heard = self._heard(is_word)
        words_nld, sentence_nd = self._read(words_nle, is_heard)
        there_nk = per_prompt(there_bk, num_per_image) > 0
        if gone_nk is not None:
            there_nk = there_nk & ~gone_nk
        x_nkd = per_prompt(known["x"], num_per_image)
        called_nle = F.normalize(words_nle[..., :WORD_SIZE].float(), dim=2)
        meets_nkl = _cosines(known["means"], called_nle)
        bias_nhkl = self.meets[None, :, None, None] * meets_nkl[:, None]
        best_n3, matches_nk6 = _matches(meets_nkl, _cosines(known["tints"], called_nle), is_word, there_nk)
        x_nkd = x_nkd + self.match_in(matches_nk6)
        x_nkd = self.first(x_nkd, words_nld, is_heard, bias_nhkl)
        for layer in self.layers:
            x_nkd = layer(x_nkd, words_nld, is_heard, sentence_nd, known["pairs"], there_nk)
        x_nkd = self.norm(x_nkd) + self.match_out(matches_nk6)
        wide = sentence_nd[:, None].expand(-1, x_nkd.shape[1], -1)
        meant_nk = self.meant(torch.cat([x_nkd, wide], dim=2)).squeeze(2).float()
        meant_nk = meant_nk + self.trust * per_prompt(known["trust"], num_per_image).float()
        meant_nk = meant_nk.masked_fill(~there_nk, -15.0)
        weight_nk = meant_nk.softmax(1).to(x_nkd.dtype)
        found_nd = (weight_nk[..., None] * x_nkd).sum(1)
        facts = torch.stack([meant_nk.amax(1), meant_nk.sigmoid().sum(1)], dim=1).to(x_nkd.dtype)
        present = self.presence(
            torch.cat([found_nd, sentence_nd, facts, best_n3.to(x_nkd.dtype)], dim=1)
        ).squeeze(1)
        return meant_nk, present.float(), None if self.meaning is None else self.meaning(sentence_nd).float()

    def _heard(self, is_word_nl: Tensor) -> Tensor:
        """In training some words go unheard: MiniLM's states of the others tell of them too."""
        if not self.training or not self.word_dropout:
            return is_word_nl
        kept = torch.rand(is_word_nl.shape, device=is_word_nl.device) >= self.word_dropout
        kept[:, 0] = True  # never all of them
        return is_word_nl & kept

    def _read(self, words_nle: Tensor, mask_nl: Tensor) -> tuple[Tensor, Tensor]:
        state, started = words_nle.split(WORD_SIZE, dim=2)
        x_nld = self.started(started) + self.state(state) + self.word_positions[: words_nle.shape[1]]
        for layer in self.word_layers:
            x_nld = layer(x_nld, x_nld, mask_nl)
        x_nld = self.word_norm(x_nld)
        weight_nl1 = mask_nl.unsqueeze(-1).to(x_nld.dtype)
        return x_nld, (x_nld * weight_nl1).sum(1) / weight_nl1.sum(1).clamp(min=1.0)


def _cosines(vectors_bke: Tensor, called_nle: Tensor) -> Tensor:
    """(N, K, L) of each picture's vectors with the words, of length 1, of each of its prompts."""
    num, length, size = called_nle.shape
    of_picture = called_nle.reshape(len(vectors_bke), -1, size)
    cosines = of_picture @ F.normalize(vectors_bke.float(), dim=2).transpose(1, 2)
    return cosines.view(num, length, -1).transpose(1, 2)


def _matches(
    names_nkl: Tensor, colors_nkl: Tensor, is_word_nl: Tensor, there_nk: Tensor
) -> tuple[Tensor, Tensor]:
    """How well the words name a thing: best a prompt (N, 3), and each thing's own and its lag (N, K, 6).

    The three are a thing's name against its nearest word, its name against all words, and its colour against
    its nearest word; all are cosines, moved and scaled to about one.
    """
    hidden = ~is_word_nl[:, None]
    nearest = names_nkl.masked_fill(hidden, -1.0).amax(2)
    whole = (names_nkl * is_word_nl[:, None]).sum(2) / is_word_nl.sum(1, keepdim=True).clamp(min=1)
    tint = colors_nkl.masked_fill(hidden, -1.0).amax(2)
    own_nk3 = (torch.stack([nearest, whole, tint], dim=2) - 0.4) * 4
    best_n3 = own_nk3.masked_fill(~there_nk[..., None], -8.0).amax(1)
    return best_n3, torch.cat([own_nk3, own_nk3 - best_n3[:, None]], dim=2)
