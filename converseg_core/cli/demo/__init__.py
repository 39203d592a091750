"""``converseg demo``: the whole robot loop over real ROS 2."""
