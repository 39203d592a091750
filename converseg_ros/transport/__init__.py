"""How messages travel: QoS, the Fast DDS profile, conversion, a probe."""
