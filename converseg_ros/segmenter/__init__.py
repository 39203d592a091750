"""The segmenter node: states, parameters, the model thread, the tracker."""
