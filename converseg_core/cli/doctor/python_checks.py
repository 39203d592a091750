"""Python, the packages that core needs, ONNX Runtime, the models."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version

from converseg_core.bundle import BundleError, available_models, verify
from converseg_core.cli.doctor.check import Check
from converseg_core.mini.build import outdated_files

# Import name -> (distribution, lowest version that the code works with).
_PACKAGES = {
    "numpy": ("numpy", (2, 0)),
    "cv2": ("opencv-python-headless", (5, 0)),
    "PIL": ("pillow", (11, 0)),
    "onnxruntime": ("onnxruntime", (1, 20)),
    "pydantic": ("pydantic", (2, 10)),
    "rosbags": ("rosbags", (0, 11)),
    "rich": ("rich", (13, 9)),
    "jinja2": ("jinja2", (3, 1)),
}
_TESTED_PYTHONS = ((3, 11), (3, 12))
_OPENCV_WHEELS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def python_checks() -> list[Check]:
    """Rows about Python and its packages."""
    rows = [_python()]
    rows += [_package(module, *wanted) for module, wanted in _PACKAGES.items()]
    rows += _one_opencv()
    return [*rows, _providers(), *_bundles()]


def _python() -> Check:
    found = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info[:2] not in _TESTED_PYTHONS:
        return Check("Python", "warn", f"{found}: not a version that is tested", "use Python 3.11 or 3.12")
    return Check("Python", "ok", found)


def _package(module: str, distribution: str, lowest: tuple[int, int]) -> Check:
    wanted = ".".join(map(str, lowest))
    remedy = f"pip install '{distribution}>={wanted}'"
    try:
        loaded = importlib.import_module(module)
    except ImportError as error:
        return Check(distribution, "fail", f"cannot be imported: {error}", remedy)
    found = _version(module, distribution, loaded)
    if found is None:
        return Check(distribution, "warn", "imports, but its version is unknown", remedy)
    if tuple(int(part) for part in found.split(".")[:2] if part.isdigit()) < lowest:
        return Check(distribution, "fail", f"{found} is too old", remedy)
    return Check(distribution, "ok", found)


def _version(module: str, distribution: str, loaded: object) -> str | None:
    # OpenCV may have come as any of four wheels or from the system, so it is asked itself.
    if module == "cv2":
        return str(getattr(loaded, "__version__", "")) or None
    try:
        return version(distribution)
    except PackageNotFoundError:
        return str(getattr(loaded, "__version__", "")) or None


def _one_opencv() -> list[Check]:
    """Two OpenCV wheels write the same files, and the last one installed wins in part."""
    present = []
    for name in _OPENCV_WHEELS:
        try:
            present.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if len(present) < 2:
        return []
    remedy = "pip uninstall all of them, then install opencv-python-headless alone"
    return [Check("one OpenCV", "fail", f"{' and '.join(present)} overwrite each other", remedy)]


def _providers() -> Check:
    try:
        import onnxruntime
    except ImportError as error:
        return Check("ONNX Runtime providers", "fail", str(error), "pip install onnxruntime")
    found = list(onnxruntime.get_available_providers())
    if "CPUExecutionProvider" not in found:
        return Check("ONNX Runtime providers", "fail", ", ".join(found), "install onnxruntime again")
    return Check("ONNX Runtime providers", "ok", ", ".join(found))


def _bundles() -> list[Check]:
    try:
        models = available_models()
    except BundleError as error:
        return [Check("models", "fail", str(error), "install converseg-ros again")]
    if not models:
        return [Check("models", "fail", "no model is installed", "install converseg-ros again")]
    rows = []
    for name, folder in models.items():
        try:
            manifest = verify(folder)
        except BundleError as error:
            rows.append(Check(f"model {name}", "fail", str(error), "install converseg-ros again"))
            continue
        differing = outdated_files(manifest) if name == "mini" else []
        if differing:
            found = f"{manifest.model_id}: built by another version ({', '.join(differing)} differ)"
            rows.append(Check(f"model {name}", "warn", found, "converseg models build mini"))
        else:
            rows.append(Check(f"model {name}", "ok", f"{manifest.model_id}, every checksum right"))
    return rows
