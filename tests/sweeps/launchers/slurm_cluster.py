"""A single-node Slurm cluster: its daemons run as root on the loopback interface, from a folder of their own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "sinfo")
CORES = 4  # that Slurm may allocate, whatever the machine has
_CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
KillWait=5
MinJobAge=300
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=16000 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=high Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=2 PreemptMode=OFF
"""


class SlurmCluster:
    """Partitions `low`, whose jobs are preempted, and `high`, whose jobs preempt them.

    Args:
        folder: for the daemons' files; its path must be short, since it contains a socket.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._daemons: list[subprocess.Popen[bytes]] = []

    @staticmethod
    def missing() -> str | None:
        """Why the cluster cannot run on this machine; None if it can."""
        absent = [program for program in PROGRAMS if shutil.which(program) is None]
        if absent:
            return f"{', '.join(absent)} not installed"
        return None if os.geteuid() == 0 else "Slurm's daemons need root"

    def __enter__(self) -> "SlurmCluster":
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        ports = iter(_free_ports(2))
        configuration = self.folder / "slurm.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                host=socket.gethostname().partition(".")[0],
                folder=self.folder,
                controller_port=next(ports),
                node_port=next(ports),
                cores=CORES,
            ),
            encoding="utf-8",
        )
        for name in ("state", "spool"):
            (self.folder / name).mkdir(exist_ok=True)
        self._before = os.environ.get("SLURM_CONF")
        os.environ["SLURM_CONF"] = str(configuration)
        munged = ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket"]
        munged += [
            f"--{kind}={self.folder}/munge.{kind.partition('-')[0]}" for kind in ("pid-file", "log-file", "seed-file")
        ]
        try:
            self._start(munged)
            _until(lambda: (self.folder / "munge.socket").exists(), "munged's socket")
            self._start(["slurmctld", "-D", "-c"])
            self._start(["slurmd", "-D"])
            _until(
                lambda: "idle" in _output_of(["sinfo", "--noheader", "--format=%t"]),
                f"an idle node; see {self.folder}/*.log",
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        _output_of(["scancel", "--full", "--signal=KILL", "--user=root"])
        with contextlib.suppress(TimeoutError):
            _until(lambda: not self.queue(), "an empty queue", seconds=15)
        for daemon in reversed(self._daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        if self._before is None:
            del os.environ["SLURM_CONF"]
        else:
            os.environ["SLURM_CONF"] = self._before

    def queue(self) -> dict[str, str]:
        """Unfinished jobs and their states."""
        lines = _output_of(["squeue", "--noheader", "--array", "--format=%i %T"]).splitlines()
        return dict(line.split() for line in lines)

    def _start(self, command: list[str]) -> None:
        log = self.folder / f"{command[0]}.out"
        with log.open("wb") as stream:
            self._daemons.append(
                subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True)
            )


def _output_of(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [entry.getsockname()[1] for entry in sockets]
    finally:
        for entry in sockets:
            entry.close()


def _until(condition, what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} seconds for {what}")
        time.sleep(0.1)
