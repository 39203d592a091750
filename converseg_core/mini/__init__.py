"""``mini``: a text-to-mask model put together from pretrained parts of registry packages."""

from __future__ import annotations
