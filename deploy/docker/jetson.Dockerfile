# syntax=docker/dockerfile:1
# The nodes on a Jetson with JetPack 7 (Ubuntu 24.04, CUDA 13), ROS 2 Jazzy. Build on the Jetson, from the root:
#   docker build -f deploy/docker/jetson.Dockerfile -t converseg:jetson .
# Not built by us yet: docs/how-to/run-in-a-container.md says what was checked.
FROM ros:jazzy-ros-base-noble

# JetPack 6 is Ubuntu 22.04 with Python 3.10 and CUDA 12: too old for this file.
# The wheel for aarch64 is built for CUDA 13.
ARG ONNXRUNTIME_GPU=1.31.1
# More of the project's extras, separated by commas, for example "speech" or "net".
ARG EXTRAS=""

RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/*

# An environment of its own that sees ROS 2: apt's numpy stays as it is for everybody else.
RUN python3 -m venv --system-site-packages /opt/converseg/venv
ENV PATH=/opt/converseg/venv/bin:$PATH

WORKDIR /opt/converseg/src/converseg
COPY pyproject.toml setup.py README.md LICENSE ./
COPY converseg_core converseg_core
COPY converseg_ros converseg_ros
COPY training training
RUN pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}" \
    # Both packages own the folder onnxruntime: the one for processors only has to go first.
    && pip uninstall -y onnxruntime \
    && pip install --no-cache-dir "onnxruntime-gpu[cuda,cudnn]==${ONNXRUNTIME_GPU}" \
    && find /opt/converseg/venv/lib -type d -path '*/nvidia/*/lib' > /etc/ld.so.conf.d/converseg-cuda.conf \
    && ldconfig

COPY package.xml CMakeLists.txt ./
COPY cmake cmake
COPY msg msg
COPY srv srv
COPY action action
COPY launch launch
COPY config config
RUN source_setup="/opt/ros/${ROS_DISTRO}/setup.sh" \
    && cd /opt/converseg \
    && . "$source_setup" \
    && colcon build --base-paths src \
    && rm -rf build log

COPY deploy/docker/entrypoint.sh /opt/converseg/entrypoint.sh
RUN useradd --create-home --shell /bin/bash converseg
USER converseg
WORKDIR /home/converseg
ENTRYPOINT ["/opt/converseg/entrypoint.sh"]
CMD ["ros2", "launch", "converseg", "segmenter.launch.py"]
