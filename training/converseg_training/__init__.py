"""Training of the models that converseg_core runs."""
