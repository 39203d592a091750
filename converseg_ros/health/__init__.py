"""What is wrong with a node's inputs, worked out without ROS. No node uses it yet."""
