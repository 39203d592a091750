"""A model over recorded bags, without ROS: every frame once, in order, and all of it accounted for."""
