"""Cards of alarms that stand on a host: its resources, ports, clocks, life and configuration."""

from __future__ import annotations

from typing import Tuple

from backend.kinds.cards import Card

_CABLE = (
    "look at the link light, swap cable or optic, then ask the switch's side: is the far port up, "
    "same speed, same VLANs"
)


def _port(alarm_id: str, network: str, loses: str) -> Card:
    """Return the card of a failed port, which reads alike for every platform network."""
    return Card(
        alarm_id=alarm_id,
        short=f"{network.partition('-')[0]} port down",
        cause=f"no carrier on port {{it}}, which carries the {network} network; {loses}",
        do=_CABLE,
        verify="the port has carrier and this clears within a minute",
        affects="warning",
        live="port",
    )


def _interface(alarm_id: str, network: str, loses: str) -> Card:
    """Return the card of a failed or degraded interface."""
    return Card(
        alarm_id=alarm_id,
        short=f"{network.partition('-')[0]} interface",
        cause=f"major: some ports of {{it}} are down; critical: all are, and {loses}",
        do=f"find the port that failed (an alarm of its own came with it); {_CABLE}",
        verify="all ports of the interface have carrier; a bond shows all its members",
        affects="warning",
        live="port",
    )


HOST_CARDS: Tuple[Card, ...] = (
    Card(
        alarm_id="100.101",
        short="platform CPU",
        cause="the cores kept for the platform are busy: major from 90 %, critical from 95 %",
        do="see what runs (top on {host}); short peaks in upgrades pass. If it stays, "
        "give the platform one more core (needs a lock)",
        verify="below 90 % for a few minutes, then it clears by itself",
        affects="major",
        live="host",
    ),
    Card(
        alarm_id="100.103",
        short="memory",
        cause="memory is nearly used up ({it}): major from 80 %, critical from 90 %",
        do="find the process that grew (on {host}, by resident size); a steady climb is a leak. "
        "More platform memory needs a lock",
        verify="below 80 %, then it clears by itself",
        affects="none",
        live="host",
    ),
    Card(
        alarm_id="100.104",
        short="file system",
        cause="{it} is filling: major from 80 %, critical from 90 %. At 100 % services on {host} "
        "stop or lose data",
        do="find what grew (du -x), remove old logs, dumps, images; or enlarge the file system "
        "where its volume group has room",
        verify="below 80 %, then it clears by itself",
        affects="critical",
        live="host",
    ),
    _port("100.106", "OAM", "nobody reaches {host} from outside over it"),
    _interface("100.107", "OAM", "{host} is cut off from outside"),
    _port("100.108", "mgmt", "the controllers manage {host} over it"),
    _interface("100.109", "mgmt", "{host} will be declared failed"),
    _port("100.110", "cluster-host", "pods and storage talk over it"),
    _interface("100.111", "cluster-host", "its pods lose the others"),
    Card(
        alarm_id="100.114",
        short="NTP server",
        cause="major: no time server answers; minor: {it} alone does not answer or is not trusted",
        do="is the server reachable from the OAM network (UDP 123), and is its own clock right? "
        "Else name another one",
        verify="ntpq -pn on {host} marks a server with *; this follows within ten minutes",
        affects="none",
        live="host",
    ),
    Card(
        alarm_id="100.119",
        short="PTP clock",
        cause="the precise clock of {it} is not running or not locked to its master",
        do="is the instance's service up, the port up, does the switch pass PTP, is the GNSS "
        "antenna connected? Radio units drift meanwhile",
        verify="the instance reports locked and its offset stays in the tens of nanoseconds",
        affects="none",
        live="host",
    ),
    Card(
        alarm_id="200.001",
        short="locked",
        cause="somebody locked {host}; nothing runs on it",
        do="unlock it when the work on it is done; the history says who locked it and why",
        verify="unlocked, enabled, available",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="200.004",
        short="host failed",
        cause="{host} failed while in service; the platform resets it and tries to bring it back",
        do="let it try; watch its console. After repeated failures: power, then memory and disk "
        "errors in the BMC's event log",
        verify="enabled and available, and stays so for ten minutes",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="200.005",
        short="mgmt heartbeat",
        cause="heartbeats of {host} get lost on the management network; critical: all of them",
        do="same for other hosts? Then the switch. Else cable and port of {host}; "
        "multicast must pass",
        verify="no loss for some minutes; a host that came back is enabled and available",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="200.006",
        short="process failed",
        cause="{it} on {host} died and its monitor restarts it; critical: restarting did not help",
        do="wait two minutes. Still there: read its log; lock and unlock restarts all of the host",
        verify="the process runs and this clears by itself",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="200.007",
        short="sensor",
        cause="sensor {it} of {host} reads outside its limits: heat, voltage or a fan",
        do="look at the reading and its neighbours; air filter, fan, power supply; "
        "a broken sensor may be ignored on purpose",
        verify="the reading is back in range in the BMC too",
        affects="none",
        live="host",
    ),
    Card(
        alarm_id="200.009",
        short="cluster heartbeat",
        cause="heartbeats of {host} get lost on the cluster-host network; critical: all of them",
        do="same for other hosts? Then the switch. Else cable and port of {host}; "
        "multicast must pass",
        verify="no loss for some minutes; its pods answer",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="200.010",
        short="BMC access",
        cause="the platform cannot log in to the board controller of {host}: address, cable, "
        "user or password",
        do="reach its address from a controller, try the user; a wrong password tried often "
        "locks the account. Power and sensors are blind until then",
        verify="sensors and power state are read again",
        affects="none",
        live="host",
    ),
    Card(
        alarm_id="200.011",
        short="config failed",
        cause="applying its configuration failed while {host} came up; it is tried again",
        do="read the last lines of the newest /var/log/puppet on {host}: the first error there is "
        "the cause; mend it, then unlock again",
        verify="enabled and available, and its configuration is up to date",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="250.001",
        short="config out of date",
        cause="something was configured that {host} takes over only when it is unlocked next",
        do="lock and unlock {host}; of two controllers the standby first, then swact. "
        "On simplex that reboots the site",
        verify="its applied configuration is the target one",
        affects="warning",
        live="config",
    ),
    Card(
        alarm_id="400.003",
        short="licence",
        cause="the licence is missing, expired, not valid, or ends soon",
        do="install the new licence file; without it locked hosts do not unlock",
        verify="the licence is listed as installed, with a date ahead",
        affects="critical",
    ),
    Card(
        alarm_id="400.005",
        short="controllers apart",
        cause="the controllers do not hear each other over {it}; over all of their links that "
        "risks both being active",
        do=_CABLE,
        verify="each controller sees the other over all links",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="900.020",
        short="deployed: unlock",
        cause="the new software is on {host}, which is still locked",
        do="unlock {host}; it boots the new release",
        verify="unlocked, enabled, available, and the deploy lists it as deployed",
        affects="none",
        live="host",
    ),
    Card(
        alarm_id="900.021",
        short="deploy failed",
        cause="putting the new software on {host} failed",
        do="read software.log on {host}, mend what it names, then deploy this host again, "
        "or abort the deploy",
        verify="the deploy lists the host as deployed",
        affects="warning",
        live="host",
    ),
    Card(
        alarm_id="900.022",
        short="deploy to delete",
        cause="a deploy has ended and its data are still there",
        do="delete the deploy; there is no way back to the old release after it",
        verify="no deploy is listed",
        affects="none",
    ),
)
