"""The fusion network of ``mini`` for the loop: rows, losses, answers meanwhile, a whole bundle at the end.

The cell classifier for stuff and the scalings of answers about photos stay those of the bundle that training
starts from: they have training programs of their own (``mini/stuff.py``, ``mini/calibrate_photos.py``).
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn

from converseg_core.bundle import BundleError, Manifest, read_manifest, resolve
from converseg_core.bundle.manifest import Calibration
from converseg_core.evaluation.measure import Evaluation
from converseg_core.mini.build import PARTS
from converseg_core.mini.engine import MiniModel
from converseg_core.mini.fusion import FEATURES
from converseg_core.mini.fusion import FusionNetwork as FusionRuntime
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.phrase_book import read_vectors
from converseg_core.mini.weights import open_graph
from converseg_core.mini.wordpiece import WordPieceTokenizer
from converseg_engine.shards import read_split
from converseg_training.embedded.losses import mask_iou, segmentation_loss
from converseg_training.loop.config import Source
from converseg_training.loop.task import Exported, TrainRow
from converseg_training.mini.config import MiniTaskConfig
from converseg_training.mini.fusion_bundle import ImageGraph, PromptGraph, export_graphs
from converseg_training.mini.network import FusionNetwork, ImageInputs, PromptInputs
from converseg_training.mini.rows import MiniRow, RowMaker, projection_of, stacked
from converseg_training.mini.warm_start import warm_start
from converseg_training.net.card import render_card
from converseg_training.torch_session import TorchSession

_NUM_CALM = 24
_IMAGE_INPUTS = ("pixels", "semantic", "middle", "painted", "names")
_PROMPT_INPUTS = (*FEATURES, "painted", "words", "is_word", "sentence", "nearest")
_GRAPHS = {"fusion_image": "image.onnx", "fusion_prompt": "prompt.onnx"}
_OUTPUTS = ("mask_logits", "presence_logit", "quality_logit")


class TrainableFusion(nn.Module):
    """The network with its losses: prepared rows in, terms out."""

    def __init__(self, network: FusionNetwork, config: MiniTaskConfig, names_ke: Tensor) -> None:
        super().__init__()
        self.network = network
        self.weights = config.losses
        self.register_buffer("names_ke", names_ke, persistent=False)

    def forward(self, rows: Sequence[MiniRow]) -> dict[str, Tensor]:
        """Scalar terms, each the mean over all questions; ``loss`` is their weighted sum."""
        device = next(self.parameters()).device
        batch = stacked(rows, device)
        num_per_image = len(batch.no_target_p) // len(rows)
        assert isinstance(self.names_ke, Tensor)
        logits = self.network(batch.image, batch.prompt, self.names_ke, num_per_image)
        with torch.autocast(device.type, enabled=False):
            loss, terms = segmentation_loss(logits, batch.target_phw, batch.no_target_p, self.weights)
            hit = mask_iou(logits["mask_logits"].detach(), batch.target_phw).mean()
        return {"loss": loss, "hit": hit, **{name: term.detach() for name, term in terms.items()}}


class MiniTask:
    """See :class:`converseg_training.loop.task.Task`."""

    def __init__(self, config: MiniTaskConfig, *, source: Source | None = None, recolor: bool = True) -> None:
        """Find the bundle to start from.

        Args:
            config: the task.
            source: data whose first pictures settle sim-tiny's weights in the new network.
            recolor: whether colours vary in training.

        Raises:
            BundleError: no such bundle, or one without the trained part.
        """
        self.config = config
        self.folder = resolve(config.init)
        self.manifest: Manifest = read_manifest(self.folder)
        missing = {"fusion", "fusion_cells"} - set(self.manifest.files)
        if self.manifest.architecture != "mini-v1" or missing:
            raise BundleError(
                f"{self.folder}: init: needs a mini with its trained part; `converseg models build mini`"
            )
        self.paths = {role: self.folder / item.path for role, item in self.manifest.files.items()}
        self.projection = projection_of(self.paths["fusion_cells"])
        self.rows = RowMaker(self.folder, self.projection)
        self._source, self._recolor = source, recolor

    def build(self) -> TrainableFusion:
        """All of the fusion network learns."""
        networks = self.rows.networks
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.init_seed)
            network = FusionNetwork(width=self.config.width, num_layers=self.config.num_layers)
            calm = self._calm_inputs() if self.config.warm else None
            if calm is not None:  # without its data nothing can be trained, only exported
                warm_start(network, networks, *calm)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return TrainableFusion(network, self.config, torch.from_numpy(networks.names_ke))

    def layers(self, module: nn.Module) -> list[nn.Module]:
        """None: it is small."""
        del module
        return []

    def prepare(self, row: TrainRow) -> MiniRow:
        """The question with others of its picture."""
        return self.rows.row(row, self.config.num_questions, recolor=self._recolor)

    def model(self, module: nn.Module) -> MiniModel:
        """The whole of ``mini`` around the network where it lies; puts it into evaluation mode."""
        assert isinstance(module, TrainableFusion)
        network = module.network.eval()
        device = next(network.parameters()).device
        sessions = {part: open_graph(self.paths[part], self.paths[f"{part}_weights"]) for part in PARTS}
        tokenizer = WordPieceTokenizer.from_file(self.paths["vocabulary"])
        return MiniModel(
            manifest=self.manifest,
            sessions=sessions,
            language=LanguageEncoder(session=sessions["language"], tokenizer=tokenizer),
            phrases_ke=read_vectors(self.paths["phrases"]),
            fusion=FusionRuntime(
                sessions={
                    "fusion_image": TorchSession(
                        ImageGraph(network, self.projection).to(device), _IMAGE_INPUTS, FEATURES, device
                    ),
                    "fusion_prompt": TorchSession(PromptGraph(network), _PROMPT_INPUTS, _OUTPUTS, device),
                    "fusion_cells": ort.InferenceSession(
                        self.paths["fusion_cells"], providers=["CPUExecutionProvider"]
                    ),
                },
                names_ke=self.rows.networks.names_ke,
                calibrations={name: Calibration(**value) for name, value in self._scalings().items()},
            ),
        )

    def _scalings(self) -> dict[str, dict[str, float]]:
        """Of the bundle that training starts from for photos; none for the network in training."""
        content = json.loads(self.paths["fusion"].read_text(encoding="utf-8"))
        kept: dict[str, dict[str, float]] = dict(content["calibrations"])
        return kept | {name: Calibration().model_dump() for name in ("presence", "quality")}

    def _calm_inputs(self) -> tuple[ImageInputs, PromptInputs] | None:
        """Pictures and prompts on which sim-tiny's batch norms are unfolded: the first of the data."""
        if self._source is None or not list(Path(self._source.path).glob(f"{self._source.split}-*.parquet")):
            return None
        rows: list[MiniRow] = []
        for image in itertools.islice(read_split(Path(self._source.path), self._source.split), _NUM_CALM):
            asked = [question for question in image.questions if not question.held_out]
            if asked:
                row = TrainRow(image=image, question=asked[0], rng=np.random.default_rng(len(rows)))
                rows.append(self.rows.row(row, 4, recolor=False))
        together = stacked(rows, torch.device("cpu"))
        return together.image, together.prompt

    def export(self, module: nn.Module, folder: Path) -> Exported:
        """Two graphs, beside the files of the bundle that training started from."""
        assert isinstance(module, TrainableFusion)
        network = module.network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        files = {role: item.path for role, item in self.manifest.files.items()}
        for name in files.values():
            shutil.copyfile(self.folder / name, folder / name)
        export_graphs(network, self.projection, torch.from_numpy(self.rows.networks.names_ke), folder)
        fusion_path = folder / files["fusion"]
        content = {"calibrations": self._scalings()}
        fusion_path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return Exported(
            files=files | _GRAPHS,
            architecture=self.manifest.architecture,
            preprocessing=self.manifest.preprocessing.model_dump(),
            calibration_file=files["fusion"],
            notes=(
                "Its cell classifier and its scalings for photos are those of the bundle it started from.",
            ),
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
        return render_card(evaluation, fields=fields, recipe=recipe, step=step, notes=notes)
