"""Training of the embedded models (runtime: ``converseg_core.embedded``)."""
