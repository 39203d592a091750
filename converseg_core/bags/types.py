"""The message types that bags of this project hold: ROS 2 Jazzy's own and ``converseg/msg/*``."""

from __future__ import annotations

from functools import cache
from importlib import resources

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

PACKAGE = "converseg"
"""Name of the ROS package of our interfaces."""


def message_texts() -> dict[str, str]:
    """Full type name (``converseg/msg/Segmentation``) -> text of its ``.msg`` file."""
    folder = resources.files("converseg_core.bags") / "messages"
    return {
        f"{PACKAGE}/msg/{entry.name.removesuffix('.msg')}": entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".msg")
    }


def new_typestore() -> Typestore:
    """A fresh store of ROS 2 Jazzy's types and ours, to which the caller may add."""
    store = get_typestore(Stores.ROS2_JAZZY)
    for name, text in message_texts().items():
        store.register(get_types_from_msg(text, name))
    return store


@cache
def typestore() -> Typestore:
    """The shared store of ROS 2 Jazzy's types and ours; treat it as read-only."""
    return new_typestore()
