"""The whole embedded network, and its size as one typed record."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from torch import Tensor, nn

from converseg_training.embedded.image_encoder import ImageEncoder
from converseg_training.embedded.prompt_decoder import PromptDecoder


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Everything that decides the network's shape; saved in each checkpoint."""

    height: int = 192
    width: int = 256
    channels: tuple[int, int, int, int] = (24, 48, 96, 160)
    num_blocks: tuple[int, int, int] = (2, 3, 3)
    decoder_width: int = 128
    num_layers: int = 3
    num_text_layers: int = 2
    dropout: float = 0.0
    max_num_tokens: int = 24
    mean: tuple[float, float, float] = (0.45, 0.42, 0.40)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)

    def __post_init__(self) -> None:
        if self.height % 16 or self.width % 16:
            raise ValueError(f"height, width: must be multiples of 16, not {self.height}x{self.width}")

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


class EmbeddedNetwork(nn.Module):
    """Image encoder and prompt decoder; ``num_ids`` words."""

    def __init__(self, config: NetworkConfig, *, num_ids: int) -> None:
        super().__init__()
        self.config = config
        self.image_encoder = ImageEncoder(channels=config.channels, num_blocks=config.num_blocks)
        self.prompt_decoder = PromptDecoder(
            channels=config.channels,
            grid_hw=(config.height // 16, config.width // 16),
            num_ids=num_ids,
            max_num_tokens=config.max_num_tokens,
            width=config.decoder_width,
            num_layers=config.num_layers,
            num_text_layers=config.num_text_layers,
            dropout=config.dropout,
        )

    def forward(self, image_bchw: Tensor, tokens_nl: Tensor) -> dict[str, Tensor]:
        """N prompts on B images, N a multiple of B; the prompts of an image stand next to each other."""
        num_per_image = tokens_nl.shape[0] // image_bchw.shape[0]
        features = self.image_encoder(image_bchw)
        logits: dict[str, Tensor] = self.prompt_decoder(features, tokens_nl, num_per_image)
        return logits
