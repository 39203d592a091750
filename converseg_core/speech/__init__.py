"""From sound to an instruction: speech is found, written down, and let through or not. Without ROS.

The extra ``speech`` brings the models; nothing of it is imported before it is used.
"""
