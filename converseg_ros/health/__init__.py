"""What the node knows of its own health: plain Python without ROS, with the time given by the caller."""
