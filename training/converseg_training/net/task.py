"""ConverSeg-Net for the loop: which weights learn, how rows become tensors, how it answers meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig as PeftLora
from peft import inject_adapter_in_model
from tokenizers import Tokenizer
from torch import nn

from converseg_core.bundle import Manifest
from converseg_core.evaluation.measure import Evaluation
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import ARCHITECTURE
from converseg_core.net.engine import NetModel
from converseg_core.net.importing.checkpoint import IMAGENET_MEAN, IMAGENET_STD
from converseg_core.net.preprocessing.prompt import PromptTokenizer
from converseg_core.net.torch_backend import TorchBackend
from converseg_training.data.augment import augmented
from converseg_training.loop.task import Exported, TrainRow
from converseg_training.net.bundle import export_net
from converseg_training.net.card import render_card
from converseg_training.net.config import NetTaskConfig
from converseg_training.net.rows import NetRow, net_row
from converseg_training.net.start import read_start, starting_network
from converseg_training.net.trainable import TrainableNet


class NetTask:
    """See :class:`converseg_training.loop.task.Task`."""

    def __init__(self, config: NetTaskConfig, *, mirror: bool = True, recolor: bool = True) -> None:
        self.config = config
        self.start = read_start(config)
        self.tokenizer = PromptTokenizer(Tokenizer.from_str(self.start.tokenizer_json), self.start.config)
        self._mirror, self._recolor = mirror, recolor

    def build(self) -> TrainableNet:
        """LoRA in the language model, adapter, mask decoder and heads learn; the rest is frozen."""
        network = starting_network(self.config, self.start)
        network.requires_grad_(False)
        lora = self.config.lora
        if lora.rank:
            # Seeded, so that the same run starts from the same low-rank weights on every process.
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.config.init_seed + 1)
                inject_adapter_in_model(
                    PeftLora(
                        r=lora.rank,
                        lora_alpha=lora.alpha,
                        lora_dropout=lora.dropout,
                        bias="none",
                        target_modules=list(lora.modules),
                    ),
                    network.vlm.backbone,
                )
        mark_learning(network, self.config)
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
        if self.config.checkpoint_layers:
            backbone: Any = network.vlm.backbone
            backbone.activation_checkpointing_enable({"use_reentrant": False})
        return TrainableNet(network, self.config)

    def layers(self, module: nn.Module) -> list[nn.Module]:
        """Blocks of the language model, its vision tower and SAM's image encoder: most of the weights."""
        assert isinstance(module, TrainableNet)
        backbone: Any = module.network.vlm.backbone
        sam: Any = module.network.sam.backbone
        encoder = sam.vision_encoder.backbone
        return [*backbone.language_model.layers, *backbone.visual.blocks, *encoder.blocks]

    def prepare(self, row: TrainRow) -> NetRow:
        """Decode, augment, tokenise."""
        image, mask = augmented(
            row.image.pixels(),
            row.question.mask(row.image.height, row.image.width),
            row.question.prompt,
            row.rng,
            mirror=self._mirror,
            recolor=self._recolor,
        )
        return net_row(
            image,
            mask,
            row.question.prompt,
            row.rng,
            tokenizer=self.tokenizer,
            config=self.start.config,
            erode_px=self.config.erode_px,
            num_points=self.config.num_points if self.config.losses.points else 0,
        )

    def model(self, module: nn.Module) -> NetModel:
        """The network where it lies, as the engine would run it; puts it into evaluation mode."""
        assert isinstance(module, TrainableNet)
        net = self.start.config
        manifest = Manifest(
            schema_version=1,
            name="in-training",
            architecture=ARCHITECTURE,
            weights="trained",
            licence="not released",
            training_data="in training",
            preprocessing={  # type: ignore[arg-type]
                "height": net.canvas_size,
                "width": net.canvas_size,
                "mean": IMAGENET_MEAN,
                "std": IMAGENET_STD,
            },
            files={},
        )
        return NetModel(
            manifest=manifest, config=net, backend=TorchBackend(module.network), tokenizer=self.tokenizer
        )

    def export(self, module: nn.Module, folder: Path) -> Exported:
        """Weights with LoRA merged, configuration, tokenizer."""
        assert isinstance(module, TrainableNet)
        return export_net(module.network, self.config, self.start, folder)

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
        return render_card(evaluation, fields=fields, recipe=recipe, step=step, notes=notes)


def mark_learning(network: ConverSegNet, config: NetTaskConfig) -> None:
    """Adapter, mask decoder and heads learn; peft has marked its low-rank layers itself."""
    backbone: Any = network.sam.backbone
    decoder = backbone.mask_decoder
    network.adapter.requires_grad_(True)
    decoder.requires_grad_(True)
    if network.confidence is not None:
        network.confidence.requires_grad_(config.confidence)
    # Nothing asks these: without a gradient they would keep processes waiting for each other.
    decoder.pred_obj_score_head.requires_grad_(False)
    decoder.iou_prediction_head.requires_grad_(bool(config.losses.iou))
