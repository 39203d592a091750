"""Makes the project's environment in .venv: `set_up.py demo` or `set_up.py dev`.

Called by make, with any Python 3.11 or 3.12; needs only the standard library.

Steps, each left out when its own stamp in .venv/converseg still holds the hash
of all it was made from: the pinned packages, the compiled interfaces, the
project itself (editable), and for `dev` the packages for tests, checks,
simulation and training. A stamp is written last, so a step that was stopped in
the middle is done again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pip_install import SetUpError, num_pins, pip_install
from preflight import GIB, check_machine, in_one_line

ROOT_PATH = Path(__file__).resolve().parent.parent
VENV_PATH = ROOT_PATH / ".venv"
STATE_PATH = VENV_PATH / "converseg"
HALF_DONE_PATH = STATE_PATH / "half_done"
LOG_PATH = STATE_PATH / "set_up.log"
PYTHON_PATH = VENV_PATH / "bin" / "python"
REQUIREMENTS_PATH = ROOT_PATH / "requirements"
# The registry's default torch for Linux brings CUDA libraries of several GiB.
NEEDED_BYTES = {"demo": 2 * GIB, "dev": 10 * GIB}
# A workspace that colcon builds on this environment sources this, as it would /opt/ros/*/local_setup.sh.
LOCAL_SETUP = """\
case ":$PATH:" in *":{prefix}/bin:"*) ;; *) export PATH="{prefix}/bin:$PATH" ;; esac
case ":$AMENT_PREFIX_PATH:" in
  *":{prefix}:"*) ;;
  *) export AMENT_PREFIX_PATH="${{AMENT_PREFIX_PATH:+$AMENT_PREFIX_PATH:}}{prefix}" ;;
esac
"""
# Set by a shell for another Python or another ROS 2; none of them may reach pip or cmake here.
FOREIGN_VARIABLES = (
    "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH", "LD_LIBRARY_PATH", "PIP_PREFIX",
    "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Brings .venv to the asked level; returns 0, or 1 after one line that says what is missing."""
    if len(arguments) != 1 or arguments[0] not in NEEDED_BYTES:
        print("use: set_up.py demo|dev", file=sys.stderr)
        return 2
    level = arguments[0]
    try:
        if not all(is_done(name) for name, _ in steps(level)):
            with one_at_a_time():
                set_up(level)
    except SetUpError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Waits while another set-up of this checkout is at work; the lock goes with its process."""
    folder = os.open(ROOT_PATH / "scripts", os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another set-up of this checkout ...", file=sys.stderr, flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def steps(level: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """The steps of a level, in order: the name of the stamp, and what does it."""
    yield "packages", install_demo_packages
    yield "interfaces", compile_interfaces
    yield "project", install_project
    if level == "dev":
        yield "dev_packages", install_dev_packages


def set_up(level: str) -> None:
    """Does every step that is due.

    Raises:
        SetUpError: something is missing or failed.
    """
    started = time.monotonic()
    if not is_done("packages") or HALF_DONE_PATH.exists():
        make_venv(level)
    elif level == "dev" and not is_done("dev_packages"):
        require_machine(level)
    for name, step in steps(level):
        if is_done(name):
            continue
        stamp_path(name).unlink(missing_ok=True)
        step()
        write_stamp(name)
    print(f"Environment ready in {time.monotonic() - started:.0f} s: {VENV_PATH}", file=sys.stderr)


def require_machine(level: str) -> None:
    """Raises SetUpError with one line where the machine lacks something."""
    existing = next(path for path in (VENV_PATH, *VENV_PATH.parents) if path.exists())
    missing = check_machine(disk_path=existing, needed_bytes=NEEDED_BYTES[level])
    if missing:
        raise SetUpError(in_one_line(missing))


def make_venv(level: str) -> None:
    """Makes the virtual environment; one that was left half done or has another Python goes first."""
    require_machine(level)
    if VENV_PATH.exists() and not (VENV_PATH / "pyvenv.cfg").exists() and any(VENV_PATH.iterdir()):
        raise SetUpError(
            f"{VENV_PATH} exists and is no virtual environment; move it away and run this again."
        )
    if HALF_DONE_PATH.exists() or not has_right_python():
        shutil.rmtree(VENV_PATH, ignore_errors=True)
    if not has_right_python():
        print("Making the virtual environment ...", file=sys.stderr, flush=True)
        run([sys.executable, "-m", "venv", str(VENV_PATH)], what="making the virtual environment")
    STATE_PATH.mkdir(exist_ok=True)
    # colcon would take the environment's share/* for packages of the workspace.
    (VENV_PATH / "COLCON_IGNORE").touch()
    (VENV_PATH / ".gitignore").write_text("*\n")


def has_right_python() -> bool:
    """Whether .venv has a working Python of the version that runs this."""
    if not PYTHON_PATH.exists():
        return False
    code = "import sys, pip; print(sys.version_info[:2])"
    done = subprocess.run(
        [PYTHON_PATH, "-c", code], env=environment(), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() == str(sys.version_info[:2])


def install_demo_packages() -> None:
    """Pinned packages of the demo, and the file that makes the environment work without activation."""
    pins_path = REQUIREMENTS_PATH / "demo.txt"
    tools = [
        line for line in pins_path.read_text().splitlines() if line.startswith(("pip==", "setuptools=="))
    ]
    install([*tools], label="Package tools", num_packages=len(tools))
    # demo.txt names every package, so pip need not work out what depends on what.
    arguments = ["--no-deps", "--no-build-isolation", "--use-pep517", "-r", str(pins_path)]
    install(arguments, label="ROS 2 and what the demo needs", num_packages=num_pins(pins_path))
    site_path = next(VENV_PATH.glob("lib/python3*/site-packages"))
    shutil.copyfile(ROOT_PATH / "scripts" / "venv_site.py", site_path / "_converseg_venv_site.py")
    for shell in ("sh", "bash", "zsh"):
        (VENV_PATH / f"local_setup.{shell}").write_text(LOCAL_SETUP.format(prefix=VENV_PATH))
    # The name sorts before that of the ROS 2 wheels, which set the library path.
    (site_path / "_converseg_venv_site.pth").write_text(
        "import _converseg_venv_site; _converseg_venv_site.apply()\n"
    )


def compile_interfaces() -> None:
    """Compiles msg/, srv/ and action/ with the package's own CMakeLists.txt into the environment."""
    started = time.monotonic()
    print("Compiling the ROS 2 interfaces ...", file=sys.stderr, flush=True)
    build_path = STATE_PATH / "interfaces"
    shutil.rmtree(build_path, ignore_errors=True)
    definitions = {
        "CMAKE_INSTALL_PREFIX": VENV_PATH, "CMAKE_BUILD_TYPE": "Release", "CONVERSEG_INTERFACES_ONLY": "ON",
        "Python3_EXECUTABLE": PYTHON_PATH,
    }  # fmt: skip
    cmake = str(VENV_PATH / "bin" / "cmake")
    flags = [f"-D{name}={value}" for name, value in definitions.items()]
    run(
        [cmake, "-G", "Ninja", "-S", str(ROOT_PATH), "-B", str(build_path), *flags],
        what="configuring the interfaces",
    )
    run([cmake, "--build", str(build_path)], what="compiling the interfaces")
    run([cmake, "--install", str(build_path)], what="installing the interfaces")
    shutil.rmtree(build_path)
    print(f"Interfaces compiled ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)


def install_project() -> None:
    """The project itself, editable: a changed source file needs no set-up."""
    arguments = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT_PATH)]
    install(arguments, label="The project", num_packages=1)


def install_dev_packages() -> None:
    """Pinned packages for tests, checks, simulation and training."""
    pins_path = REQUIREMENTS_PATH / "dev.txt"
    # With dependencies: the registry's torch brings libraries of its own, pinned by torch, where this
    # machine's package index has no build without CUDA.
    arguments = ["--no-build-isolation", "--use-pep517", "-r", str(pins_path)]
    install(arguments, label="Tests, checks, simulation, training", num_packages=num_pins(pins_path))


def install(arguments: list[str], *, label: str, num_packages: int) -> None:
    """`pip install` in the environment, with progress, log and the mark of unfinished work."""
    pip_install(
        PYTHON_PATH,
        arguments,
        label=label,
        num_packages=num_packages,
        environment=environment(),
        log_path=LOG_PATH,
        half_done_path=HALF_DONE_PATH,
    )


def run(command: list[str], *, what: str) -> None:
    """Runs a command and adds what it says to the log.

    Raises:
        SetUpError: it failed; the message has its last words.
    """
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, errors="replace", check=False
    )
    said = done.stdout + done.stderr
    if STATE_PATH.exists():
        with LOG_PATH.open("a") as log:
            log.write(said)
    if done.returncode != 0:
        last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
        raise SetUpError(f"{what} failed (log: {LOG_PATH}): {last}")


def environment() -> dict[str, str]:
    """This process's variables less those of another Python or ROS 2, with .venv/bin first in PATH."""
    variables = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
    variables["PATH"] = os.pathsep.join([str(VENV_PATH / "bin"), variables.get("PATH", os.defpath)])
    return variables


def inputs(name: str) -> list[Path]:
    """The files a step is made from."""
    here = ROOT_PATH / "scripts"
    if name == "packages":
        return [REQUIREMENTS_PATH / "demo.txt", here / "set_up.py", here / "venv_site.py"]
    if name == "interfaces":
        found = [ROOT_PATH / "CMakeLists.txt", ROOT_PATH / "package.xml", *(ROOT_PATH / "cmake").iterdir()]
        for folder in ("msg", "srv", "action"):
            found += (ROOT_PATH / folder).glob(f"*.{folder}")
        return [*found, *inputs("packages")]
    if name == "project":
        return [ROOT_PATH / "pyproject.toml", ROOT_PATH / "setup.py", *inputs("packages")]
    return [REQUIREMENTS_PATH / "dev.txt", *inputs("packages")]


def fingerprint(name: str) -> str:
    """Hash of all that a step depends on: its files, the place of the environment, the Python version."""
    digest = hashlib.sha256(f"{VENV_PATH}\n{ROOT_PATH}\n{sys.version_info[:2]}\n".encode())
    for path in sorted(inputs(name)):
        digest.update(f"{path.relative_to(ROOT_PATH)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def stamp_path(name: str) -> Path:
    """Where a step's stamp lies."""
    return STATE_PATH / f"{name}.stamp"


def is_done(name: str) -> bool:
    """Whether a step was finished with what the repository holds now."""
    path = stamp_path(name)
    return path.exists() and PYTHON_PATH.exists() and path.read_text() == fingerprint(name)


def write_stamp(name: str) -> None:
    """Marks a step as finished, in one move."""
    temporary_path = stamp_path(name).with_suffix(".tmp")
    temporary_path.write_text(fingerprint(name))
    temporary_path.replace(stamp_path(name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
