"""A control plane of Kubernetes that runs on loopback, with nodes and pods that kwok plays.

``python -m tests.peers.cluster`` starts it and prints a KUBECONFIG; Enter ends it.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Optional, Sequence

from tests.backend.sources.authority import Certificate
from tests.peers import kubernetes
from tests.peers.keystone import free_port

START_S = 120.0
STAGES = Path(__file__).parent / "kwok" / "stages.yaml"
# Who may do what: a token each, as --token-auth-file wants them.
TOKENS = {"admin-token": ("admin", "system:masters"), "looker-token": ("looker", "lookers")}


# Lists as streams need what Debian's etcd lacks: asked for in vain, each costs its retry a second.
ENVIRONMENT = {"KUBE_FEATURE_WatchListClient": "false"}


class Cluster:
    """A control plane that runs: its kubeconfigs, its own kubectl, and what tests do to it."""

    def __init__(self, room: Path) -> None:
        """``room`` holds its files and logs."""
        self.room = room
        self.programs = kubernetes.built()
        self.authority = Certificate(room / "authority.pem", is_authority=True)
        self.server = Certificate(room / "apiserver.pem", by=self.authority)
        self.admin = Certificate(room / "admin.pem", by=self.authority, group="system:masters")
        # Five free ports in a row, more or less: the first of a ten nobody listens on.
        self.port = free_port()
        self.etcd_port = free_port()
        self.others_port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.kubeconfig = self.written("kubeconfig")
        self._tls = ssl.create_default_context(cafile=str(self.authority.path))
        self._tls.load_cert_chain(self.admin.path)

    def written(self, name: str, user: Optional[Dict[str, Any]] = None, **more: Any) -> Path:
        """Write a kubeconfig for a user (by default the administrator), and return its path."""
        said = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": "here", "user": "me"}}],
            "clusters": [
                {
                    "name": "here",
                    "cluster": {
                        "server": self.url,
                        "certificate-authority": str(self.authority.path),
                    },
                }
            ],
            "users": [
                {
                    "name": "me",
                    "user": user
                    or {
                        "client-certificate": str(self.admin.path),
                        "client-key": str(self.admin.path),
                    },
                }
            ],
            **more,
        }
        path = self.room / name
        path.write_text(json.dumps(said), encoding="utf-8")
        return path

    def ask(self, method: str, path: str, body: Any = None, content: str = "") -> Any:
        """Ask the API server as its administrator; return its JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content or "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, context=self._tls, timeout=60) as answer:
            return json.loads(answer.read())

    def patch(self, path: str, body: Any) -> Any:
        """Merge something into an object."""
        return self.ask("PATCH", path, body, "application/merge-patch+json")

    def kubectl(self, *words: str, given: str = "", **more: Any) -> str:
        """Run the control plane's own kubectl, and return what it printed."""
        done = subprocess.run(
            [str(self.programs / "kubectl"), f"--kubeconfig={self.kubeconfig}", *words],
            input=given,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(self.room)},
            **more,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def apply(self, *objects: Dict[str, Any]) -> None:
        """Apply objects, and wait for nothing."""
        self.kubectl(
            "apply",
            "-f",
            "-",
            given=json.dumps({"kind": "List", "apiVersion": "v1", "items": list(objects)}),
        )

    def until(self, claim: Any, what: str, seconds: float = 60.0) -> None:
        """Wait until ``claim()`` holds."""
        ends = time.monotonic() + seconds
        while not claim():
            if time.monotonic() > ends:
                raise AssertionError(f"it never came true: {what}")
            time.sleep(0.1)

    def played(self) -> Path:
        """Write how kwok plays: nodes and pods, and what their containers log and run."""
        for name in ("this", "before"):
            self.container_log(name).touch()
        files = {"logsFile": str(self.container_log("this"))}
        files["previousLogsFile"] = str(self.container_log("before"))
        api = {"apiVersion": "kwok.x-k8s.io/v1alpha1"}
        logs = {"logs": [{**files, "follow": True}]}
        execs = {"execs": [{"local": {}}]}
        attaches = {"attaches": [{"logsFile": str(self.container_log("this"))}]}
        # Port 7 gives back what it is told, as of old; 9 leads to nobody.
        forwards = {
            "forwards": [
                {"ports": [7], "command": ["cat"]},
                {"ports": [9], "target": {"port": 9, "address": "127.0.0.1"}},
            ]
        }
        more = (
            {**api, "kind": "ClusterLogs", "metadata": {"name": "logs"}, "spec": logs},
            {**api, "kind": "ClusterExec", "metadata": {"name": "exec"}, "spec": execs},
            {**api, "kind": "ClusterAttach", "metadata": {"name": "attach"}, "spec": attaches},
            {**api, "kind": "ClusterPortForward", "metadata": {"name": "f"}, "spec": forwards},
        )
        path = self.room / "kwok.yaml"
        text = STAGES.read_text(encoding="utf-8")
        path.write_text("\n---\n".join([text, *map(json.dumps, more)]), encoding="utf-8")
        return path

    def container_log(self, run: str) -> Path:
        """Return the file of what every container wrote in ``this`` run, or the one ``before``."""
        return self.room / f"{run}.log"

    def write(self, *lines: str, run: str = "this", whole: bool = True) -> None:
        """Have every container write lines, as its runtime keeps them; the last one ``whole``."""
        with self.container_log(run).open("a", encoding="utf-8") as file:
            for at, line in enumerate(lines):
                now = datetime.now(tz=timezone.utc)
                tag = "F" if whole or at < len(lines) - 1 else "P"
                file.write(f"{now:%Y-%m-%dT%H:%M:%S.%f}000Z stdout {tag} {line}\n")

    # --- its processes -------------------------------------------------------------------------

    def etcd(self) -> List[str]:
        """Return the command of its store."""
        client, peer = (f"http://127.0.0.1:{self.etcd_port + n}" for n in (0, 1))
        return [
            "etcd",
            f"--data-dir={self.room / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            # A test needs no disk that survives a loss of power.
            "--unsafe-no-fsync",
            "--quota-backend-bytes=4294967296",
        ]

    def apiserver(self) -> List[str]:
        """Return the command of the API server."""
        tokens = self.room / "tokens.csv"
        lines = [f"{token},{who},{who},{group}" for token, (who, group) in TOKENS.items()]
        tokens.write_text("\n".join(lines), encoding="utf-8")
        return [
            str(self.programs / "kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={self.server.path}",
            f"--tls-private-key-file={self.server.path}",
            f"--client-ca-file={self.authority.path}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.authority.path}",
            f"--service-account-signing-key-file={self.authority.path}",
            f"--kubelet-certificate-authority={self.authority.path}",
            f"--kubelet-client-certificate={self.admin.path}",
            f"--kubelet-client-key={self.admin.path}",
            "--allow-privileged",
            # Debian's etcd lacks what lists as streams need: kwok's watches end over and over.
            "--feature-gates=WatchList=false",
            f"--cert-dir={self.room / 'apiserver'}",
        ]

    def others(self) -> Iterator[List[str]]:
        """Yield the commands of the controllers, the scheduler and kwok."""
        known = [f"--kubeconfig={self.kubeconfig}"]
        mine = ["--leader-elect=false", "--bind-address=127.0.0.1"]
        quick = ["--kube-api-qps=500", "--kube-api-burst=1000"]
        yield [
            str(self.programs / "kube-controller-manager"),
            *(*known, *mine, *quick, f"--secure-port={self.others_port}"),
            f"--cert-dir={self.room / 'controllers'}",
            # On a busy machine kwok is late with its leases: no node is lost for that.
            "--node-monitor-grace-period=10m",
            f"--service-account-private-key-file={self.authority.path}",
            f"--root-ca-file={self.authority.path}",
        ]
        yield [
            str(self.programs / "kube-scheduler"),
            *(*known, *mine, *quick, f"--secure-port={self.others_port + 1}"),
            f"--cert-dir={self.room / 'scheduler'}",
        ]
        yield [
            str(self.programs / "kwok"),
            *(*known, f"--config={self.played()}", "--manage-all-nodes", "--cidr=10.128.0.0/9"),
            *("--node-ip=127.0.0.1", f"--node-port={self.others_port + 2}"),
            f"--server-address=127.0.0.1:{self.others_port + 2}",
            f"--tls-cert-file={self.server.path}",
            f"--tls-private-key-file={self.server.path}",
            "--node-lease-duration-seconds=40",
        ]

    def answers(self) -> bool:
        """Whether the API server is ready."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", context=self._tls, timeout=5) as said:
                return bool(said.status == 200)
        except OSError:
            return False

    @contextmanager
    def running(self, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program of it while the block lasts."""
        log = self.log(command)
        with log.open("ab") as file:
            process = subprocess.Popen(
                command, stdout=file, stderr=file, cwd=self.room, env={**os.environ, **ENVIRONMENT}
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    @property
    def release(self) -> str:
        """The release of Kubernetes that it is."""
        return kubernetes.KUBERNETES

    def begin(self, *more: str) -> None:
        """Start the API server; raises with the end of its log where it does not."""
        command = [*self.apiserver(), *more]
        self._api = self.running(command)
        process = self._api.__enter__()
        ends = time.monotonic() + START_S
        while not self.answers():
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(self.log(command).read_text(errors="replace")[-4000:])
            time.sleep(0.1)

    def end(self) -> None:
        """Stop the API server."""
        self._api.__exit__(None, None, None)

    def log(self, command: Sequence[str]) -> Path:
        """Return the log of a program of it."""
        return self.room / f"{Path(command[0]).name}.log"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a whole control plane while the block lasts; it has no nodes yet."""
    with TemporaryDirectory(prefix="stx-tui-kubernetes-") as folder, ExitStack() as stack:
        peer = Cluster(Path(folder))
        stack.enter_context(peer.running(peer.etcd()))
        peer.begin()
        stack.callback(peer.end)
        for command in peer.others():
            stack.enter_context(peer.running(command))
        peer.until(
            lambda: _is_there(peer, "/api/v1/namespaces/default/serviceaccounts/default"),
            "the controllers work",
        )
        yield peer


def _is_there(peer: Cluster, path: str) -> bool:
    try:
        peer.ask("GET", path)
    except urllib.error.HTTPError:
        return False
    return True


# What a node must say of its machine, whatever it is.
_SYSTEM = (
    *("architecture", "bootID", "kubeProxyVersion", "machineID", "operatingSystem", "systemUUID"),
)


def node(name: str, **more: Any) -> Dict[str, Any]:
    """Return a node that kwok plays."""
    amounts = {"cpu": "32", "memory": "64Gi", "pods": "250", "hugepages-1Gi": "8Gi", **more}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "nodeInfo": {
                **dict.fromkeys(_SYSTEM, ""),
                "kubeletVersion": f"v{kubernetes.KUBERNETES}",
                "containerRuntimeVersion": "containerd://1.7.27",
                "kernelVersion": "6.6.0-1-rt-amd64",
                "osImage": "pretend",
            },
        },
    }


if __name__ == "__main__":
    with cluster() as started:
        started.apply(*(node(f"worker-{n}") for n in range(3)))
        print(f"export KUBECONFIG={started.kubeconfig}")
        input()
