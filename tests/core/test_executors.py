"""Settings of executors, and a cluster's side of a run: datatrove's own batch script, executed here."""

from __future__ import annotations

import functools
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from converseg_core.executors import forget_task, new_executor, read_settings

SLURM = 'kind = "slurm"\npartition = "cpu"\ntime = "01:00:00"\n'


def write_number(folder: str, number: int) -> None:
    """A task that leaves word of itself."""
    with Path(folder, f"{number}.txt").open("a") as file:
        file.write(f"{number}\n")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kind = ", "no TOML"),
        ('kind = "moon"', "kind"),
        ('partition = "cpu"', "kind"),
        ('kind = "slurm"\ntime = "01:00:00"', "partition"),
        (SLURM + "colour = 1", "colour"),
        (SLURM + 'logging_dir = "x"', "logging_dir"),
        (SLURM + "tasks = 4", "tasks"),
    ],
)
def test_a_wrong_setting_is_named(text: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "executor.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=named):
        read_settings(path)
    with pytest.raises(ValueError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")


def test_ray_takes_its_own_arguments(tmp_path: Path) -> None:
    path = tmp_path / "ray.toml"
    path.write_text('kind = "ray"\nworkers = 8\nmem_per_cpu_gb = 3\n')
    settings = read_settings(path)
    assert not settings.is_local
    executor = new_executor(
        functools.partial(write_number, "x"), 20, settings=settings, num_workers=1, log_path=tmp_path / "logs"
    )
    assert (executor.world_size, executor.workers, executor.mem_per_cpu_gb) == (20, 8, 3)


@pytest.mark.slow
def test_a_slurm_array_does_every_task_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no cluster here; in its place `sbatch` runs the very script that it is given, task by task."""
    launcher = shutil.which("launch_pickled_pipeline", path=str(Path(sys.executable).parent))
    assert launcher is not None, "datatrove brings it"
    (tmp_path / "bin").mkdir()
    sbatch = tmp_path / "bin" / "sbatch"
    sbatch.write_text(
        "#!/bin/bash\nscript=${@: -1}\n"
        "last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' $script)\n"
        'if [ -n "$last" ]; then for k in $(seq 0 $last); do\n'
        "SLURM_ARRAY_TASK_ID=$k SLURM_NODELIST=here bash $script >>$0.log 2>&1; done; fi\n"
        "echo Submitted batch job 1\n"
    )
    scontrol = tmp_path / "bin" / "scontrol"
    scontrol.write_text("#!/bin/bash\necho localhost\n")
    for command in (sbatch, scontrol):
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{sbatch.parent}:{Path(launcher).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    settings_path = tmp_path / "slurm.toml"
    settings_path.write_text(SLURM + 'with_srun = false\nqos = "low"\n')
    settings = read_settings(settings_path)
    out = tmp_path / "out"
    out.mkdir()
    task, logs = functools.partial(write_number, str(out)), tmp_path / "logs"
    new_executor(task, 3, settings=settings, num_workers=1, log_path=logs).run()
    script = (logs / "launch_script.slurm").read_text()
    assert "#SBATCH --partition=cpu" in script
    assert "#SBATCH --qos=low" in script
    found = {p.name: p.read_text() for p in out.iterdir()}
    assert found == {f"{k}.txt": f"{k}\n" for k in range(3)}, (tmp_path / "bin" / "sbatch.log").read_text()
    # Again: nothing is left to do, unless a task is forgotten.
    forget_task(logs, 1)
    new_executor(task, 3, settings=settings, num_workers=1, log_path=logs).run()
    found = {p.name: p.read_text() for p in out.iterdir()}
    assert found == {"0.txt": "0\n", "1.txt": "1\n1\n", "2.txt": "2\n"}
