"""A DDS client that knows nothing of ROS 2: ``python cyclonedds_client.py DOMAIN``.

It prints one JSON line for each message of the segmenter, until it is ended. The types are written by hand
from the ``.msg`` files. What ROS 2 adds: ``rt/`` before topics, ``dds_`` and an underscore in type names.
"""

# No `from __future__ import annotations`: cyclonedds reads the annotations as types.
import base64
import dataclasses
import json
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from cyclonedds.core import Policy, Qos
from cyclonedds.domain import DomainParticipant
from cyclonedds.idl import IdlStruct
from cyclonedds.idl.types import float32, float64, int32, sequence, uint8, uint32
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

# Only this machine: no multicast, and peers looked for on the loopback interface.
CONFIGURATION = """
<CycloneDDS><Domain Id="any">
  <General>
    <Interfaces><NetworkInterface name="lo" multicast="false"/></Interfaces>
    <AllowMulticast>false</AllowMulticast>
  </General>
  <Discovery>
    <ParticipantIndex>auto</ParticipantIndex>
    <MaxAutoParticipantIndex>40</MaxAutoParticipantIndex>
    <Peers><Peer Address="127.0.0.1"/></Peers>
  </Discovery>
</Domain></CycloneDDS>
"""


@dataclass
class Time(IdlStruct, typename="builtin_interfaces::msg::dds_::Time_"):
    sec: int32
    nanosec: uint32


@dataclass
class Header(IdlStruct, typename="std_msgs::msg::dds_::Header_"):
    stamp: Time
    frame_id: str


@dataclass
class Image(IdlStruct, typename="sensor_msgs::msg::dds_::Image_"):
    header: Header
    height: uint32
    width: uint32
    encoding: str
    is_bigendian: uint8
    step: uint32
    data: sequence[uint8]


@dataclass
class RegionOfInterest(IdlStruct, typename="sensor_msgs::msg::dds_::RegionOfInterest_"):
    x_offset: uint32
    y_offset: uint32
    height: uint32
    width: uint32
    do_rectify: bool


@dataclass
class Segmentation(IdlStruct, typename="converseg::msg::dds_::Segmentation_"):
    header: Header
    request_id: str
    prompt: str
    concept: str
    status: uint8
    status_text: str
    confidence: float32
    no_target_score: float32
    mask: Image
    roi: RegionOfInterest
    area_px: uint32
    propagated: bool
    answered_stamp: Time
    frame_age_s: float64
    stage_names: sequence[str]
    stage_durations_s: sequence[float64]
    model_id: str


def plain(value: Any) -> Any:
    """Fields by name; the bytes of an image as base64."""
    if isinstance(value, Image):
        fields = {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        return fields | {"data": base64.b64encode(bytes(value.data)).decode("ascii")}
    if dataclasses.is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    return value


def main() -> None:
    """Read until the process is ended."""
    domain = int(sys.argv[1])
    os.environ["CYCLONEDDS_URI"] = CONFIGURATION
    participant = DomainParticipant(domain)
    qos = Qos(Policy.Reliability.Reliable(duration(seconds=1)), Policy.History.KeepLast(50))
    kinds = {"mask": Image, "segmentation": Segmentation}
    readers = {
        name: DataReader(participant, Topic(participant, f"rt/segmenter/{name}", kind), qos)
        for name, kind in kinds.items()
    }
    while True:
        for name, reader in readers.items():
            for sample in reader.take(20):
                print(json.dumps({"topic": name, "message": plain(sample)}), flush=True)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
