"""ROS 2 nodes of ConverSeg-ROS: everything that touches rclpy."""
