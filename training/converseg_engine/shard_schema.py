"""The columns of a shard. Version 1 is what sim-tiny was trained on; version 2 adds the scene's truth."""

from __future__ import annotations

import pyarrow as pa

SCHEMA_KEY = b"converseg_shard"
"""Key in the Parquet file's metadata; version 1 was written without it."""

_QUESTION = [
    ("id", pa.string()),
    ("prompt", pa.string()),
    ("concept", pa.string()),
    ("template", pa.string()),
    ("no_target", pa.bool_()),
    ("rle", pa.binary()),
]
_QUESTION_V2 = [
    *_QUESTION,
    ("subfamily", pa.string()),
    ("meaning", pa.string()),
    ("evidence", pa.string()),
    ("no_target_reason", pa.string()),
    ("held_out", pa.bool_()),
]
_PART = pa.struct([("name", pa.string()), ("rle", pa.binary())])
_OBJECT = pa.struct(
    [
        ("number", pa.int32()),
        ("category", pa.string()),
        ("color", pa.string()),
        ("fixed", pa.bool_()),
        ("held_out", pa.bool_()),
        ("rle", pa.binary()),
        ("parts", pa.list_(_PART)),
    ]
)
_CAMERA = pa.struct(
    [
        ("intrinsics", pa.list_(pa.float64())),
        ("position", pa.list_(pa.float64())),
        ("rotation", pa.list_(pa.float64())),
    ]
)
_IMAGE = [
    ("image_id", pa.string()),
    ("image", pa.binary()),
    ("height", pa.int32()),
    ("width", pa.int32()),
    ("scene_seed", pa.int64()),
]

SCHEMA_V1 = pa.schema([*_IMAGE, ("questions", pa.list_(pa.struct(_QUESTION)))])
SCHEMA_V2 = pa.schema(
    [
        *_IMAGE,
        ("recipe", pa.string()),
        ("place", pa.string()),
        ("frame", pa.int32()),
        ("camera", _CAMERA),
        ("objects", pa.list_(_OBJECT)),
        ("depth_png", pa.binary()),
        ("questions", pa.list_(pa.struct(_QUESTION_V2))),
    ],
    metadata={SCHEMA_KEY: b"2"},
)
SCHEMAS = {1: SCHEMA_V1, 2: SCHEMA_V2}


def version_of(schema: pa.Schema) -> int | None:
    """The version of a file's columns; None where they are no shard's."""
    for version, known in SCHEMAS.items():
        if schema.equals(known):
            return version
    return None
