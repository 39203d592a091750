"""Draw an answer on the picture it was given for."""

from converseg_core.overlay.draw import CaptionPlace, draw_answer
from converseg_core.overlay.paint import paint_mask

__all__ = ["CaptionPlace", "draw_answer", "paint_mask"]
