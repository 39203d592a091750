"""Run PyPI ``sam2`` on random weights and save weights, inputs and outputs.

For the interpreter of sam2's own environment: ``python run_sam2.py sam2_hiera_t.yaml out.pt``. The model is
built from the YAML that sam2 ships; torchvision is not needed for that.
"""

import importlib.util
import sys
from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf


def main(config_name: str, out_path: str) -> None:
    """Build, fill, run, save."""
    spec = importlib.util.find_spec("sam2")
    root = Path(spec.submodule_search_locations[0])
    config = OmegaConf.load(next(root.rglob(config_name)))
    model = instantiate(config.model, _recursive_=True).eval()
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, tensor in model.state_dict().items():
        noise = torch.randn(tensor.shape, generator=generator)
        if tensor.ndim <= 1:
            state[name] = 0.1 * noise + (1.0 if name.endswith("weight") else 0.0)
        else:
            state[name] = noise * (0.6 / tensor[0].numel() ** 0.5)
    model.load_state_dict(state, strict=True)
    pixels = torch.randn(1, 3, 1024, 1024, generator=generator)
    sparse = torch.randn(1, 7, 256, generator=generator)
    dense = torch.randn(1, 256, 1, 1, generator=generator).expand(1, 256, 64, 64)
    with torch.no_grad():
        _, features, _, sizes = model._prepare_backbone_features(model.forward_image(pixels))
        features[-1] = features[-1] + model.no_mem_embed
        finest, fine, image = (
            feature.permute(1, 2, 0).view(1, -1, *size) for feature, size in zip(features, sizes, strict=True)
        )
        logits, iou, _, _ = model.sam_mask_decoder(
            image_embeddings=image,
            image_pe=model.sam_prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
            repeat_image=False,
            high_res_features=[finest, fine],
        )
    saved = {"state": state, "pixels": pixels, "sparse": sparse, "dense": dense[:, :, :1, :1].clone()}
    saved |= {"image": image, "fine": fine, "finest": finest, "logits": logits, "iou": iou}
    torch.save({key: _plain(value) for key, value in saved.items()}, out_path)


def _plain(value):
    return value.contiguous() if isinstance(value, torch.Tensor) else value


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
