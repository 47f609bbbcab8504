"""A real Slurm on this machine: munge, MariaDB, slurmdbd, slurmctld and a slurmd for each of several nodes.

Partitions `cpu` and `gpu`; the GPU of the latter is counted as one, though none is there.

Needs root (Slurm starts jobs as other users) and Debian's packages slurm-wlm, slurmdbd, munge and
mariadb-server; no systemd. All lies in one folder but for links to its configuration in /etc/slurm, where every
command looks; a Slurm that the machine has already is left alone. Daemons listen on 127.0.0.1 only.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

COMMANDS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sbatch", "sacct")
CONFIGURATION = Path("/etc/slurm/slurm.conf")
LINKED = ("slurm.conf", "slurmdbd.conf", "gres.conf")
ACCOUNT, QOS, GPU_MODEL = "my_account", "my_qos", "a100"  # as the profile names them
LOCK = "in_use"
SYSTEM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"


def missing_commands() -> list[str]:
    """What of Slurm is not installed here."""
    path = f"{os.environ['PATH']}:{SYSTEM_FOLDERS}"
    return [name for name in COMMANDS if shutil.which(name, path=path) is None]


def free_ports(n: int) -> list[int]:
    """n different ports of 127.0.0.1 that nothing listens on now."""
    sockets = [socket.socket() for _ in range(n)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def left_behind(link: Path) -> bool:
    """Whether a configuration is a link that a killed run of these tests left: its folder is gone or nobody's.

    A run holds a lock in its folder for as long as it lives; the system frees it however the run ends.
    """
    if not link.is_symlink():
        return False
    target = Path(os.readlink(link))
    if not target.exists():
        return True
    if f"StateSaveLocation={target.parent}/state" not in target.read_text().splitlines():
        return False
    try:
        with open(target.parent / LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


class Cluster:
    """Starts on `start()`, ends on `stop()`; `environment` is what its commands need to find it."""

    def __init__(self, folder: Path, nodes: int = 2, cpus: int = 2, memory_mb: int = 8000) -> None:
        self.folder, self.nodes, self.cpus, self.memory_mb = folder, nodes, cpus, memory_mb
        self.names = [*(f"node{i + 1}" for i in range(nodes)), "gpu1"]
        self.environment = {
            **os.environ,
            "PATH": f"{os.environ['PATH']}:{SYSTEM_FOLDERS}",
        }
        self.daemons: dict[str, subprocess.Popen] = {}
        self.lock: IO[str] | None = None

    def run(self, *words: str, check: bool = True) -> str:
        """Standard output of a command that talks to this cluster."""
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(
                f"{' '.join(words)} ended with {done.returncode}: {done.stderr}\n{self.logs()}"
            )
        return done.stdout

    def states(self) -> dict[str, str]:
        """State of each node."""
        lines = self.run("sinfo", "--noheader", "--Node", "--format=%N %T").split("\n")
        return dict(line.split() for line in lines if line.strip())

    def logs(self) -> str:
        """The ends of the daemons' logs."""
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}"
            for path in sorted((self.folder / "log").glob("*.log"))
        )

    def start(self) -> None:
        if left_behind(CONFIGURATION):
            CONFIGURATION.unlink()
        if CONFIGURATION.exists():
            raise RuntimeError(
                f"{CONFIGURATION} exists: this machine has a Slurm of its own, or runs these tests now"
            )
        self.hold()
        for name in ("run", "log", "state", "mysql", *(f"spool/{node}" for node in self.names)):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        # munge and MariaDB run as users of their own, and refuse a socket behind a folder they cannot enter
        for parent in [self.folder, *self.folder.parents]:
            if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
        self._munge()
        database, accounting, controller, *node_ports = free_ports(3 + len(self.names))
        self._database(database)
        self._write_configuration(database, accounting, controller, node_ports)
        CONFIGURATION.parent.mkdir(exist_ok=True)
        for name in LINKED:
            link = CONFIGURATION.with_name(name)
            link.unlink(missing_ok=True)
            link.symlink_to(self.folder / name)
        self._daemon("slurmdbd", "slurmdbd", "-D")
        self._wait("slurmdbd", "sacctmgr", "--noheader", "show", "cluster")
        for words in (
            ("cluster", "test"),
            ("qos", QOS),
            ("account", ACCOUNT, "cluster=test", f"qos=normal,{QOS}"),
            ("user", "root", f"account={ACCOUNT}"),
        ):
            self.run("sacctmgr", "--immediate", "add", *words)
        self._daemon("slurmctld", "slurmctld", "-D")
        self._wait("slurmctld", "scontrol", "ping")
        for node in self.names:
            self.start_node(node)
        self.until("nodes", lambda: set(self.states().values()) == {"idle"})

    def hold(self) -> None:
        """Hold the lock that says that this folder is in use, until this process ends."""
        self.lock = open(self.folder / LOCK, "w")  # noqa: SIM115
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def start_node(self, node: str) -> None:
        """Start a node's slurmd."""
        self._daemon(node, "slurmd", "-D", "-N", node)

    def bring_back(self, node: str) -> None:
        """Start a node that was killed, and wait until it takes jobs; one that answers may have come back by itself."""
        self.start_node(node)
        self.run("scontrol", "update", f"NodeName={node}", "State=RESUME", check=False)
        self.until(node, lambda: self.states()[node] == "idle")

    def kill_node(self, node: str) -> None:
        """End a node as a power cut would: its slurmd and all that it runs, at once."""
        daemon = self.daemons.pop(node)
        victims = [daemon.pid]
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    environment = (folder / "environ").read_bytes().split(b"\0")
                except (FileNotFoundError, PermissionError, ProcessLookupError):
                    continue
                if f"SLURMD_NODENAME={node}".encode() in environment:
                    victims.append(int(folder.name))
        for command in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if command.read_bytes().startswith(b"slurmstepd") and self._node_of(command.parent) == node:
                    victims.append(int(command.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        for pid in dict.fromkeys(victims):
            subprocess.run(["kill", "-KILL", str(pid)], capture_output=True, check=False)
        daemon.wait()

    def _node_of(self, process: Path) -> str | None:
        """The node whose spool folder a slurmstepd holds open."""
        for link in (process / "fd").iterdir():
            target = os.readlink(link)
            for node in self.names:
                if f"/spool/{node}/" in target:
                    return node
        return None

    def stop(self) -> None:
        self.run("scancel", "--user=root", check=False)
        for name in [*self.names, "slurmctld", "slurmdbd", "mariadbd", "munged"]:
            daemon = self.daemons.pop(name, None)
            if daemon is None:
                continue
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for name in LINKED:
            link = CONFIGURATION.with_name(name)
            if link.is_symlink() and Path(os.readlink(link)).parent == self.folder:
                link.unlink()
        if self.lock is not None:
            self.lock.close()

    def _daemon(self, name: str, *words: str, user: str | None = None) -> None:
        log = open(self.folder / "log" / f"{name}.log", "ab")  # noqa: SIM115  the daemon's, for as long as it runs
        self.daemons[name] = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *words],  # a killed test leaves no daemon behind
            env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user,
            group=pwd.getpwnam(user).pw_gid if user else None, start_new_session=True,
        )  # fmt: skip
        log.close()

    def _wait(self, what: str, *words: str) -> None:
        self.until(
            what,
            lambda: (
                subprocess.run(words, env=self.environment, capture_output=True, check=False).returncode == 0
            ),
        )

    def until(self, what: str, ready: Callable[[], object], seconds: int = 60) -> None:
        """Wait until something is so. RuntimeError with the daemons' logs when it is not after `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ready():
                return
            time.sleep(0.2)
        raise RuntimeError(f"{what} did not come up in {seconds} s\n{self.logs()}")

    def _munge(self) -> None:
        run, key = self.folder / "run", self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        for name in ("munge-run", "munge-log"):
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name).chmod(0o755)
            shutil.chown(self.folder / name, "munge", "munge")
        shutil.chown(key, "munge", "munge")
        run.chmod(0o755)
        self.socket = self.folder / "munge-run" / "socket"
        self._daemon(
            "munged", "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.socket}",
            f"--pid-file={self.folder}/munge-run/pid", f"--log-file={self.folder}/munge-log/munged.log",
            f"--seed-file={self.folder}/munge-run/seed", user="munge",
        )  # fmt: skip
        self._wait("munge", "munge", "--no-input", f"--socket={self.socket}")

    def _database(self, port: int) -> None:
        data = self.folder / "mysql"
        shutil.chown(data, "mysql", "mysql")
        self.run(
            "mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}",
            "--auth-root-authentication-method=normal",
        )  # fmt: skip
        unix = data / "socket"
        self._daemon(
            "mariadbd", "mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}", f"--socket={unix}",
            f"--pid-file={data}/pid", "--bind-address=127.0.0.1", f"--port={port}",
            "--innodb-buffer-pool-size=64M",
        )  # fmt: skip
        self._wait("MariaDB", "mariadb-admin", "--no-defaults", f"--socket={unix}", "-uroot", "ping")
        users = "".join(
            f"create user slurm@'{host}' identified by 'slurm'; grant all on accounting.* to slurm@'{host}';"
            for host in ("127.0.0.1", "localhost")
        )
        self.run(
            "mariadb",
            "--no-defaults",
            f"--socket={unix}",
            "-uroot",
            "-e",
            f"create database accounting; {users}",
        )

    def _write_configuration(
        self, database: int, accounting: int, controller: int, node_ports: list[int]
    ) -> None:
        here, host = self.folder, socket.gethostname().split(".")[0]
        slurmdbd = here / "slurmdbd.conf"
        slurmdbd.write_text(
            f"""AuthType=auth/munge
AuthInfo=socket={self.socket}
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={accounting}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass=slurm
StorageLoc=accounting
LogFile={here}/log/slurmdbd.log
PidFile={here}/run/slurmdbd.pid
"""
        )
        slurmdbd.chmod(0o600)
        gpus = {"gpu1": f" Gres=gpu:{GPU_MODEL}:1"}
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={self.cpus} "
            f"RealMemory={self.memory_mb} State=UNKNOWN{gpus.get(node, '')}"
            for node, port in zip(self.names, node_ports, strict=True)
        )
        # Counted as a GPU: a file that every machine has.
        (here / "gres.conf").write_text(f"NodeName=gpu1 Name=gpu Type={GPU_MODEL} File=/dev/null\n")
        (here / "slurm.conf").write_text(
            f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={self.socket},cred_expire=10
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdTimeout=10
KillWait=20
MinJobAge=300
StateSaveLocation={here}/state
SlurmdSpoolDir={here}/spool/%n
SlurmctldPidFile={here}/run/slurmctld.pid
SlurmdPidFile={here}/run/slurmd.%n.pid
SlurmctldLogFile={here}/log/slurmctld.log
SlurmdLogFile={here}/log/slurmd.%n.log
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={accounting}
AccountingStoragePass={self.socket}
AccountingStorageEnforce=associations,qos
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
GresTypes=gpu
{nodes}
PartitionName=cpu Nodes={",".join(self.names[:-1])} Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=gpu1 MaxTime=INFINITE State=UP
"""
        )
