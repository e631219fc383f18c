"""Where heliu runs: users without a name, streams that nobody reads, disks without room."""

from __future__ import annotations

import errno
import getpass
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest

from jobs import releases
from jobs.command.program import circumstances
from jobs.command.settings import CorpusChoice, OneRelease, Storage
from jobs.errors import ConfigError, StorageUnwritable
from jobs.flow.tasks.exchange import write_groups, write_numbers
from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import StorageParams
from jobs.storage.scratch import scratch_folder
from tests.commands import ROOT, environment
from tests.releases import small_release

JOB = '{"runtime_env": {"working_dir": "gcs://_ray_pkg_0.zip"}}'


def shell(command: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """A command line of bash in which heliu is `$heliu`."""
    extra["heliu"] = f"{sys.executable} -m jobs"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment(**extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_user_without_a_name_is_known_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    config = OneRelease(Storage("/数据", None, None), CorpusChoice("cci"), "latest")
    assert circumstances(config)["by"].startswith(f"{os.getuid()}@")


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "2> >(true)"])
def test_streams_that_nobody_reads_change_no_exit_code(tmp_path: Path, closed: str) -> None:
    done = shell(f"$heliu.show storage.root={tmp_path} {closed}")
    assert done.returncode == 34, done.stderr


def test_streams_that_are_closed_stop_nothing(tmp_path: Path) -> None:
    assert shell(f"$heliu.releases storage.root={tmp_path} >&- 2>&-").returncode == 0


def test_progress_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from jobs.command.terminal import ProgressLine\n"
        "progress = ProgressLine()\n"
        "for done in range(4):\n"
        "    progress('合流', done, 3); time.sleep(0.1)\n"
        "print('published')\n"
    )
    (tmp_path / "p.py").write_text(program)
    done = shell(
        f"{sys.executable} {tmp_path}/p.py 2> >(true)", HELIU_PROGRESS="every", PYTHONPATH=str(ROOT)
    )
    assert (done.returncode, done.stdout) == (0, "published\n")


def test_locale_that_cannot_name_han_files_is_refused(tmp_path: Path) -> None:
    done = shell(
        f"$heliu.releases storage.root={tmp_path}/语料",
        LC_ALL="C",
        PYTHONCOERCECLOCALE="0",
        PYTHONUTF8="0",
    )
    assert done.returncode == 2
    assert "LC_ALL=C.UTF-8" in done.stderr
    assert shell(f"$heliu.releases storage.root={tmp_path}/语料", LC_ALL="C").returncode == 0


def full(*_args: object, **_named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_full_folder_of_temporary_files_is_named(code: int) -> None:
    with (
        pytest.raises(StorageUnwritable, match=rf"{tempfile.gettempdir()} .*TMPDIR"),
        scratch_folder(),
    ):
        raise OSError(code, os.strerror(code))


def test_folder_of_temporary_files_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(StorageUnwritable, match=r"nowhere .*'/tmp'.*TMPDIR"), scratch_folder():
        pass


def test_other_faults_of_temporary_files_stay_what_they_are() -> None:
    with pytest.raises(IsADirectoryError), scratch_folder() as folder:
        folder.write_bytes(b"")


def test_whatever_goes_by_way_of_a_temporary_file_tells_that_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    import numpy as np

    store = DirectoryStore(tmp_path / "root")
    numbers = np.arange(100_000, dtype=np.int32)
    table = pa.table({"content": [os.urandom(20_000).hex()]})  # which compression leaves long
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(StorageUnwritable, match="TMPDIR"):
            write_numbers(store, "numbers", numbers)
        with pytest.raises(StorageUnwritable, match="TMPDIR"):
            write_groups(store, "groups", table, np.zeros(1, np.int32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(StorageUnwritable, match="TMPDIR"):
        small_release(store)


def test_disk_without_room_is_no_defect_of_heliu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/数据/表")

    monkeypatch.setattr("jobs.releases.list_releases", full)
    monkeypatch.setattr(sys, "argv", ["heliu", f"storage.root={tmp_path}"])
    with pytest.raises(SystemExit) as ended:
        releases.main()
    assert ended.value.code == 31
    assert "/数据/表" in capsys.readouterr().err


def test_relative_root_in_the_working_directory_of_a_job_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert StorageParams("out", None, None).root == str(Path("out").absolute())
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", '{"runtime_env": {}}')
    assert StorageParams("out", None, None).root == str(Path("out").absolute())
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", JOB)
    with pytest.raises(ConfigError, match=r"storage.root=out is relative.*absolute path"):
        StorageParams("out", None, None)
    for root in ("/数据", "~/发布", "s3://b/p"):
        assert StorageParams(root, None, None).root
