"""ROS 2 bags without ROS: message types, and a streaming reader that survives cut-off files."""

from converseg_core.bags.errors import BagError
from converseg_core.bags.reader import BagMessage, RawMessage, bag_topics, read_messages, read_raw
from converseg_core.bags.types import message_texts, new_typestore, typestore

__all__ = [
    "BagError",
    "BagMessage",
    "RawMessage",
    "bag_topics",
    "message_texts",
    "new_typestore",
    "read_messages",
    "read_raw",
    "typestore",
]
