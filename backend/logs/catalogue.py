"""The logs an operator knows by name, where they lie, and which matter for what.

Paths are those of StarlingX's syslog-ng.conf, of its services' own settings and of
``logrotate.d``; a name that is none of these is looked for in ``/var/log``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Dict, Mapping, Tuple

from backend.baseboard import SelLog
from backend.docker import DockerLog
from backend.kube import PodLog
from backend.plan import HERE
from backend.streams import Journal, LogFile, Stream

FOLDER = "/var/log"

# In the order an operator looks at them; of several paths the first that is there is meant.
NAMES: Mapping[str, Tuple[str, ...]] = MappingProxyType(
    {
        "mtcAgent": ("/var/log/mtcAgent.log",),
        "sysinv": ("/var/log/sysinv.log",),
        "sm": ("/var/log/sm.log",),
        "nfv-vim": ("/var/log/nfv-vim.log",),
        "puppet": ("/var/log/puppet/latest/puppet.log",),
        "software": ("/var/log/software.log", "/var/log/patching.log"),
        "fm-manager": ("/var/log/fm-manager.log",),
        "kern": ("/var/log/kern.log",),
        "daemon": ("/var/log/daemon.log",),
        "bootstrap": ("/home/sysadmin/ansible.log", "/root/ansible.log"),
        "user": ("/var/log/user.log",),
        "auth": ("/var/log/auth.log",),
        "platform": ("/var/log/platform.log",),
        "mtcClient": ("/var/log/mtcClient.log",),
        "hbsAgent": ("/var/log/hbsAgent.log",),
        "hbsClient": ("/var/log/hbsClient.log",),
        "hwmon": ("/var/log/hwmond.log",),
        "pmon": ("/var/log/pmond.log",),
        "lmon": ("/var/log/lmond.log",),
        "fsmon": ("/var/log/fsmond.log",),
        "hostw": ("/var/log/hostwd.log",),
        "mtcalarm": ("/var/log/mtcalarmd.log",),
        "sysinv-api": ("/var/log/sysinv-api.log",),
        "fm-api": ("/var/log/fm-api.log",),
        "fm-event": ("/var/log/fm-event.log",),
        "nfv-vim-api": ("/var/log/nfv-vim-api.log",),
        "dcmanager": ("/var/log/dcmanager/dcmanager.log",),
        "keystone": ("/var/log/keystone/keystone-all.log",),
        "barbican": ("/var/log/barbican/barbican-api.log",),
        "ceph": ("/var/log/ceph/ceph.log",),
        "ceph-manager": ("/var/log/ceph-manager.log",),
        "containerd": ("/var/log/containerd.log",),
        "collectd": ("/var/log/collectd.log",),
        "postgres": ("/var/log/postgres.log",),
        "haproxy": ("/var/log/haproxy.log",),
        "bash": ("/var/log/bash.log",),
        "cron": ("/var/log/cron.log",),
        "syslog": ("/var/log/syslog",),
        "messages": ("/var/log/messages",),
        "dpkg": ("/var/log/dpkg.log",),
    }
)
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "ansible": "bootstrap",
        "puppet/latest": "puppet",
        "vim": "nfv-vim",
        "fm": "fm-manager",
        "mtce": "mtcAgent",
        "kernel": "kern",
        "patching": "software",
        "usm": "software",
    }
)
JOURNAL, SEL, POD = "journal", "sel", "pod"

# Which logs say why, by the first digits of an alarm's id; the most telling first.
_OF_ALARM: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("100.1", ("collectd", "fsmon", "kern")),
    ("100.114", ("daemon", "platform")),
    ("200.004", ("mtcAgent", "hbsAgent", "kern")),
    ("200.005", ("mtcAgent", "hbsAgent", "kern")),
    ("200.006", ("pmon", "daemon", "mtcAgent")),
    ("200.007", ("hwmon", "mtcAgent")),
    ("200.009", ("hbsAgent", "mtcAgent", "kern")),
    ("200.010", ("mtcAgent", "hwmon")),
    ("200.011", ("mtcAgent", "puppet", "sysinv")),
    ("200.", ("mtcAgent", "sysinv", "kern")),
    ("210.", ("sysinv", "bootstrap")),
    ("250.", ("sysinv", "puppet", "mtcAgent")),
    ("260.", ("sysinv", "daemon")),
    ("270.", ("nfv-vim", "mtcAgent")),
    ("275.", ("nfv-vim", "mtcAgent")),
    ("280.", ("dcmanager", "sysinv")),
    ("300.", ("sysinv", "nfv-vim")),
    ("400.", ("sm", "mtcAgent", "daemon")),
    ("401.", ("sm", "daemon")),
    ("500.", ("sysinv", "platform")),
    ("700.", ("nfv-vim",)),
    ("750.", ("sysinv", "daemon")),
    ("800.", ("ceph", "ceph-manager", "sysinv")),
    ("850.", ("sysinv", "daemon", "containerd")),
    ("900.0", ("software", "sysinv")),
    ("900.", ("nfv-vim", "software", "sysinv")),
)
# What maintenance, the inventory and the host itself say of a host, and of what is done to one.
OF_HOST = ("mtcAgent", "sysinv", "sm", "kern")
# What a machine writes of itself, whatever sort it is.
OF_MACHINE = ("kern", "daemon", "user", "auth", "mtcClient", "journal")
OF_DEED = ("mtcAgent", "sysinv", "nfv-vim")
# Written by the active controller, about all hosts; the others each host writes of itself.
ABOUT_ALL = frozenset(
    {"mtcAgent", "sysinv", "nfv-vim", "fm-manager", "hbsAgent", "software", "dcmanager", "hwmon"}
)


def of_alarm(alarm_id: str) -> Tuple[str, ...]:
    """Return the names of the logs that say why an alarm is there."""
    found: Dict[str, Tuple[str, ...]] = {
        start: names for start, names in _OF_ALARM if alarm_id.startswith(start)
    }
    return found[max(found, key=len)] if found else OF_HOST


def stream_of(name: str, machine: str = "") -> Stream:
    """Return the stream of a name, an alias, or a path; ``journal:UNIT`` is one unit's.

    ``sel:SERVER`` is a baseboard's event log, ``pod:NAMESPACE/POD[/CONTAINER]`` a container's;
    ``HOST:`` before a file or a journal says on which machine.
    """
    sort, _, of = name.partition(":")
    if sort == SEL and of:
        return SelLog(server=of)
    if sort == POD and of.count("/") in (1, 2):
        namespace, pod, container = (*of.split("/"), "")[:3]
        return PodLog(namespace=namespace, pod=pod, container=container)
    if sort == JOURNAL:
        return Journal(units=tuple(filter(None, of.split(","))), machine=machine)
    if of and sort not in (SEL, POD) and "/" not in sort:
        return stream_of(of, sort)
    if name.startswith("/"):
        return LogFile(path=name, machine=machine)
    known = next((one for one in NAMES if one.lower() == name.lower()), "")
    known = known or ALIASES.get(name, "")
    if known:
        return LogFile(path=NAMES[known][0], name=known, machine=machine)
    file = name if "." in name.rpartition("/")[2] else f"{name}.log"
    return LogFile(path=f"{FOLDER}/{file}", name=name, machine=machine)


def word_of(stream: Stream) -> str:
    """Return the word by which ``stream_of`` knows a stream, "" where there is none."""
    if isinstance(stream, SelLog):
        return f"{SEL}:{stream.server}"
    if isinstance(stream, PodLog):
        return f"{POD}:{stream.namespace}/{stream.pod}/{stream.container}"
    if isinstance(stream, DockerLog):
        return ""
    before = f"{stream.machine}:" if stream.machine not in ("", HERE) else ""
    if isinstance(stream, Journal):
        return before + ":".join(filter(None, (JOURNAL, ",".join(stream.units))))
    return before + (stream.name or stream.path)


def paths_of(stream: LogFile) -> Tuple[str, ...]:
    """Return where a log may lie, the likeliest first."""
    known = NAMES.get(stream.name, ())
    return known if stream.path in known else (stream.path,)
