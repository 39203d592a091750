#!/bin/bash
# Makes ROS 2 and this package known, then becomes the given command: signals reach the node itself.
set -e
source "/opt/ros/${ROS_DISTRO}/setup.bash"
source /opt/converseg/install/setup.bash
exec "$@"
