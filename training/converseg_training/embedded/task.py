"""The embedded network for the loop: rows, losses, answers meanwhile, ONNX at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from converseg_core.bundle import Manifest
from converseg_core.embedded import WordTokenizer
from converseg_core.embedded.engine import EmbeddedModel
from converseg_core.evaluation.measure import Evaluation
from converseg_training.embedded.config import EmbeddedTaskConfig
from converseg_training.embedded.export import FEATURE_NAMES, DecoderGraph, export_network
from converseg_training.embedded.losses import mask_iou, segmentation_loss
from converseg_training.embedded.model_card import render_card
from converseg_training.embedded.network import EmbeddedNetwork
from converseg_training.embedded.rows import EmbeddedRow, embedded_row, stacked
from converseg_training.loop.task import Exported, TrainRow
from converseg_training.torch_session import TorchSession

ARCHITECTURE = "embedded-v1"


class TrainableEmbedded(nn.Module):
    """The network with its losses: prepared rows in, terms out."""

    def __init__(self, network: EmbeddedNetwork, config: EmbeddedTaskConfig) -> None:
        super().__init__()
        self.network = network
        self.weights = config.losses

    def forward(self, rows: Sequence[EmbeddedRow]) -> dict[str, Tensor]:
        """Scalar terms, each the mean over all questions; ``loss`` is their weighted sum."""
        device = next(self.parameters()).device
        batch = stacked(rows, device)
        logits = self.network(batch.image_chw.contiguous(memory_format=torch.channels_last), batch.tokens_pl)
        with torch.autocast(device.type, enabled=False):
            loss, terms = segmentation_loss(
                logits,
                batch.target_phw,
                batch.no_target_p,
                self.weights,
                (batch.points_pq2, batch.is_inside_pq),
            )
            hit = mask_iou(logits["mask_logits"].detach(), batch.target_phw).mean()
        return {"loss": loss, "hit": hit, **{name: term.detach() for name, term in terms.items()}}


class EmbeddedTask:
    """See :class:`converseg_training.loop.task.Task`."""

    def __init__(self, config: EmbeddedTaskConfig, *, recolor: bool = True) -> None:
        self.config = config
        self.tokenizer = WordTokenizer(config.words, max_num_tokens=config.network.max_num_tokens)
        self._recolor = recolor

    def build(self) -> TrainableEmbedded:
        """Random weights, all of which learn."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.init_seed)
            network = EmbeddedNetwork(self.config.network, num_ids=self.tokenizer.num_ids)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return TrainableEmbedded(network, self.config)

    def layers(self, module: nn.Module) -> list[nn.Module]:
        """None: it is small."""
        del module
        return []

    def prepare(self, row: TrainRow) -> EmbeddedRow:
        """The question with others of its picture."""
        return embedded_row(row, self.config, self.tokenizer, recolor=self._recolor)

    def model(self, module: nn.Module) -> EmbeddedModel:
        """The network where it lies, behind the runtime's own pre- and post-processing; evaluation mode."""
        assert isinstance(module, TrainableEmbedded)
        network = module.network.eval()
        device = next(network.parameters()).device
        manifest = Manifest(
            schema_version=1,
            name="in-training",
            architecture=ARCHITECTURE,
            weights="trained",
            licence="not released",
            training_data="in training",
            preprocessing=self._preprocessing(),  # type: ignore[arg-type]
            files={},
        )
        return EmbeddedModel(
            manifest=manifest,
            image_encoder=TorchSession(network.image_encoder, ("image",), FEATURE_NAMES, device),
            prompt_decoder=TorchSession(
                DecoderGraph(network),
                (*FEATURE_NAMES, "tokens"),
                ("mask_logits", "presence_logit", "quality_logit"),
                device,
            ),
            tokenizer=self.tokenizer,
            device=str(device),
        )

    def export(self, module: nn.Module, folder: Path) -> Exported:
        """Two ONNX graphs and the vocabulary."""
        assert isinstance(module, TrainableEmbedded)
        files = export_network(module.network, folder)
        (folder / "tokenizer.json").write_text(self.tokenizer.to_json(), encoding="utf-8")
        return Exported(
            files={**files, "tokenizer": "tokenizer.json"},
            architecture=ARCHITECTURE,
            preprocessing=self._preprocessing(),
        )

    def card(
        self,
        evaluation: Evaluation,
        *,
        fields: Mapping[str, Any],
        recipe: Mapping[str, Any],
        step: int,
        notes: Sequence[str],
    ) -> str:
        """MODEL_CARD.md."""
        num_weights = sum(p.numel() for p in EmbeddedNetwork(
            self.config.network, num_ids=self.tokenizer.num_ids
        ).parameters())  # fmt: skip
        return render_card(
            evaluation,
            num_weights=num_weights,
            tokenizer=self.tokenizer,
            manifest_fields=fields,
            origin=f"recipe {recipe['recipe']}, step {step} of {recipe['schedule']['num_steps']}",
            notes=notes,
        )

    def _preprocessing(self) -> dict[str, Any]:
        network = self.config.network
        return {"height": network.height, "width": network.width, "mean": network.mean, "std": network.std}
