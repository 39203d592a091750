"""The scene reader of ``mini`` for the loop: rows, losses, answers meanwhile, a whole bundle at the end.

The cell classifier for stuff and the scalings of answers about photos stay those of the bundle that training
starts from: they have training programs of their own (``mini/stuff.py``, ``mini/calibrate_photos.py``).
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from converseg_core.bundle import BundleError, Manifest, read_manifest, resolve
from converseg_core.evaluation.measure import Evaluation
from converseg_core.mini.engine import MiniModel
from converseg_core.mini.scene.network import SCENE_ROLES, SceneNetwork
from converseg_core.mini.scene.tables import SceneTables
from converseg_engine.shards import read_split
from converseg_training.loop.config import Source
from converseg_training.loop.task import Exported, TrainRow
from converseg_training.mini.pixels import vary_colors
from converseg_training.mini.projection import projections_of
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.config import SceneTaskConfig
from converseg_training.mini.scene.crop_data import NUM_CROPS, true_crops
from converseg_training.mini.scene.export import export_graphs, torch_sessions
from converseg_training.mini.scene.learner import LossConfig, losses
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.rows import SceneRowMaker, batch_of, seed_of, whole_batch
from converseg_training.mini.scene.warm_start import warm_start
from converseg_training.net.card import render_card

_NUM_CALM = 24


class TrainableScene(nn.Module):
    """The network with its losses: prepared rows in, terms out."""

    def __init__(self, model: SceneModel, config: SceneTaskConfig, tables: Tables, *, recolor: bool) -> None:
        super().__init__()
        self.model, self.config, self.tables, self.recolor = model, config, tables, recolor

    def forward(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """Scalar terms, each the mean over all questions; ``loss`` is their weighted sum."""
        device = next(self.parameters()).device
        data, seed = SceneSet(rows, self.tables), seed_of(rows)
        batch = whole_batch(data)
        crops = true_crops(data, range(len(data)), np.random.default_rng(seed), num_each=NUM_CROPS)
        generator = torch.Generator().manual_seed(seed)
        pixels = batch.small_bhwc.float() / 255
        if self.recolor:
            pixels = vary_colors(batch.small_bhwc, generator)
        uses_found = float(torch.rand((), generator=generator)) < self.config.found
        terms = losses(
            self.model,
            batch.to(device),
            pixels.to(device),
            LossConfig(weights=self.config.weights, blind=self.config.blind),
            generator,
            uses_found=uses_found,
            crops=crops,
            autocast=torch.is_autocast_enabled(device.type),
        )
        told = {name: term.detach() for name, term in terms.items() if name != "loss"}
        return {"loss": terms["loss"], "hit": told.pop("mask_iou"), **told}


class SceneTask:
    """See :class:`converseg_training.loop.task.Task`."""

    def __init__(
        self, config: SceneTaskConfig, *, source: Source | None = None, recolor: bool = True
    ) -> None:
        """Find the bundle to start from.

        Args:
            config: the task.
            source: data whose first pictures settle sim-tiny's weights in the new network.
            recolor: whether colours vary in training.

        Raises:
            BundleError: no such bundle, or one without the scene reader, whose names are learnt.
        """
        self.config = config
        self.folder = resolve(config.init)
        self.manifest: Manifest = read_manifest(self.folder)
        if self.manifest.architecture != "mini-v1" or "scene" not in self.manifest.files:
            raise BundleError(
                f"{self.folder}: init: needs a mini with its scene reader; `converseg models build mini`"
            )
        self.paths = {role: self.folder / item.path for role, item in self.manifest.files.items()}
        stored = SceneTables.read(self.paths["scene"])
        self.tables = Tables(stored.names, stored.colors)
        self.projections = projections_of(self.paths["scene_sight"])
        self.rows = SceneRowMaker(self.folder, *self.projections)
        self._source, self._recolor = source, recolor

    def build(self) -> TrainableScene:
        """All of the scene reader learns."""
        language = self.rows.networks.language
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.init_seed)
            model = SceneModel(
                self.tables.names,
                torch.from_numpy(language.sentences(self.tables.names)),
                torch.from_numpy(language.sentences(self.tables.colors)),
                width=self.config.width,
                num_layers=self.config.num_layers,
            )
            calm = self._calm_rows() if self.config.start == "sim-tiny" else []
            if calm:  # without its data nothing can be trained, only exported
                warm_start(model, batch_of(calm, self.tables)[0])
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return TrainableScene(model, self.config, self.tables, recolor=self._recolor)

    def layers(self, module: nn.Module) -> list[nn.Module]:
        """None: it is small."""
        del module
        return []

    def prepare(self, row: TrainRow) -> dict[str, Any]:
        """The question with others of its picture, and what is seen there."""
        return self.rows.row(row, self.config.num_questions)

    def model(self, module: nn.Module) -> MiniModel:
        """The whole of ``mini`` around the network where it lies; puts it into evaluation mode."""
        assert isinstance(module, TrainableScene)
        device = next(module.parameters()).device
        sessions = torch_sessions(module.model.eval(), self.projections, device)
        scene = SceneNetwork(sessions, SceneTables.plain(self.tables.names, self.tables.colors))
        return MiniModel.from_bundle(
            self.folder, self.manifest, device="cpu", runtime="onnxruntime", scene=scene
        )

    def _calm_rows(self) -> list[dict[str, Any]]:
        """Pictures on which sim-tiny's batch norms are unfolded: the first of the data."""
        if self._source is None or not list(Path(self._source.path).glob(f"{self._source.split}-*.parquet")):
            return []
        rows: list[dict[str, Any]] = []
        for image in itertools.islice(read_split(Path(self._source.path), self._source.split), _NUM_CALM):
            asked = [question for question in image.questions if not question.held_out]
            if asked:
                row = TrainRow(image=image, question=asked[0], rng=np.random.default_rng(len(rows)))
                rows.append(self.rows.row(row, 1))
        return rows

    def export(self, module: nn.Module, folder: Path) -> Exported:
        """The scene reader's graphs, beside the files of the bundle that training started from."""
        assert isinstance(module, TrainableScene)
        files = {role: item.path for role, item in self.manifest.files.items()}
        for name in files.values():
            shutil.copyfile(self.folder / name, folder / name)
        export_graphs(module.model.eval(), self.projections, folder)
        SceneTables.plain(self.tables.names, self.tables.colors).write(folder / SCENE_ROLES["scene"])
        return Exported(
            files=files | SCENE_ROLES,
            architecture=self.manifest.architecture,
            preprocessing=self.manifest.preprocessing.model_dump(),
            calibration_file=SCENE_ROLES["scene"],
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
