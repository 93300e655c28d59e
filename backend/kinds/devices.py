"""What else is in a host's slots and on its board: PCI devices, their images, BMC sensors."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Reach, Rest, Row
from backend.kinds.device_image_acts import DEVICE_IMAGE_ACTIONS
from backend.kinds.inventory import EVERY_S, HOST, NOISE, OfHost, host_name
from backend.kinds.sensor_acts import DEVICE_ACTIONS, SENSOR_ACTIONS, SENSOR_GROUP_ACTIONS
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import yes_no

SLOWLY_S = 60.0


class Device(OfHost):
    """A PCI device that is no network port: an accelerator, a GPU."""

    name: Optional[str] = None
    pciaddr: Optional[str] = None
    enabled: Optional[bool] = None
    numa_node: Optional[int] = None
    pclass: Optional[str] = None
    pvendor: Optional[str] = None
    pdevice: Optional[str] = None
    driver: Optional[str] = None
    sriov_numvfs: Optional[int] = None
    sriov_totalvfs: Optional[int] = None
    sriov_vf_driver: Optional[str] = None
    # Hexadecimal, and what a Python repr says more of it.
    pclass_id: Optional[str] = None
    pdevice_id: Optional[str] = None
    extra_info: Optional[str] = None
    sriov_vfs_pci_address: Optional[str] = None

    @property
    def vfs(self) -> Optional[str]:
        """Virtual functions it has, of those it can have; None where it can have none."""
        return f"{self.sriov_numvfs or 0}/{self.sriov_totalvfs}" if self.sriov_totalvfs else None


DEVICES: Kind[Device] = Kind(
    name="devices",
    singular="device",
    model=Device,
    read=Rest(
        service="sysinv",
        path="/pci_devices",
        items="pci_devices",
        under="/ihosts/{parent}/pci_devices",
    ),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.name or row.uuid,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="PCI", value=lambda row: row.pciaddr),
        Column(heading="ENABLED", value=lambda row: yes_no(row.enabled)),
        Column(heading="NUMA", value=lambda row: row.numa_node, right=True),
        Column(heading="VFS", value=lambda row: row.vfs, right=True),
        Column(heading="DEVICE", value=lambda row: row.pdevice, most=32),
        Column(heading="CLASS", value=lambda row: row.pclass, most=32, wide=True),
        Column(heading="VENDOR", value=lambda row: row.pvendor, most=32, wide=True),
        Column(heading="DRIVER", value=lambda row: row.driver, wide=True),
        Column(heading="VF DRIVER", value=lambda row: row.sriov_vf_driver, wide=True),
    ),
    actions=DEVICE_ACTIONS,
    tab="P Pci",
    aliases=("pci_devices", "pci-devices", "host-devices"),
    noise=NOISE,
    every_s=EVERY_S,
)


class DeviceImage(Row):
    """An image for devices that can be programmed, as uploaded to the system."""

    uuid: str
    name: Optional[str] = None
    bitstream_type: Optional[str] = None
    image_version: Optional[str] = None
    pci_vendor: Optional[str] = None
    pci_device: Optional[str] = None
    applied: Optional[bool] = None
    description: Optional[str] = None


def _wanted_device(row: DeviceImage) -> Optional[str]:
    """Return vendor and device it is for; a part that the service leaves out is "?"."""
    if not (row.pci_vendor or row.pci_device):
        return None
    return f"{row.pci_vendor or '?'}:{row.pci_device or '?'}"


DEVICE_IMAGES: Kind[DeviceImage] = Kind(
    name="device-images",
    singular="device-image",
    model=DeviceImage,
    read=Rest(service="sysinv", path="/device_images", items="device_images"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="TYPE", value=lambda row: row.bitstream_type),
        Column(heading="VERSION", value=lambda row: row.image_version),
        Column(heading="FOR", value=_wanted_device),
        Column(heading="APPLIED", value=lambda row: yes_no(row.applied)),
        Column(heading="DESCRIPTION", value=lambda row: row.description, wide=True),
    ),
    actions=DEVICE_IMAGE_ACTIONS,
    aliases=("device_images",),
    noise=NOISE,
    every_s=SLOWLY_S,
)


# --- sensors of the BMC ------------------------------------------------------------------------

# What maintenance makes of a reading; any other word is shown as a warning, as it came.
_TONES = {
    "ok": Tone.GOOD,
    "minor": Tone.WARN,
    "major": Tone.BAD,
    "critical": Tone.BAD,
    "nonrecoverable": Tone.BAD,
    "offline": Tone.PLAIN,
    "disabled": Tone.PLAIN,
}


class Sensor(OfHost):
    """A sensor of a host's BMC, as maintenance judges it; sysinv does not keep its value."""

    sensorname: str
    sensortype: Optional[str] = None
    status: Optional[str] = None
    state: Optional[str] = None
    suppress: Optional[bool] = None
    actions_minor: Optional[str] = None
    actions_major: Optional[str] = None
    actions_critical: Optional[str] = None
    audit_interval: Optional[int] = None

    @property
    def action(self) -> Optional[str]:
        """What maintenance does in the state it is in, None where it has nothing to do."""
        actions = {
            "minor": self.actions_minor,
            "major": self.actions_major,
            "critical": self.actions_critical,
        }
        return actions.get(self.status or "")


def _sensor_look(row: Sensor, _known: Known) -> Look:
    status = (row.status or "").casefold()
    tone = _TONES.get(status, Tone.WARN) if status else Tone.PLAIN
    if tone is Tone.GOOD:
        return WELL
    if tone is Tone.PLAIN:
        return Look(tone=tone, mark=Mark.OUT)
    words = f"{row.status}: {'suppressed' if row.suppress else row.action or 'no action is set'}"
    # What somebody suppressed is known, and bad news no more.
    return Look(tone=Tone.PLAIN if row.suppress else tone, mark=Mark.BAD, notes=(words,))


SENSORS: Kind[Sensor] = Kind(
    name="sensors",
    singular="sensor",
    model=Sensor,
    read=Rest(
        service="sysinv", path="/isensors", items="isensors", under="/ihosts/{parent}/isensors"
    ),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.sensorname,
    columns=(
        HOST,
        Column(heading="SENSOR", value=lambda row: row.sensorname, most=32),
        Column(heading="TYPE", value=lambda row: row.sensortype),
        Column(heading="STATUS", value=lambda row: row.status),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="SUPPRESSED", value=lambda row: yes_no(row.suppress)),
        Column(heading="MINOR", value=lambda row: row.actions_minor, wide=True),
        Column(heading="MAJOR", value=lambda row: row.actions_major, wide=True),
        Column(heading="CRITICAL", value=lambda row: row.actions_critical, wide=True),
        Column(heading="EVERY S", value=lambda row: row.audit_interval, right=True, wide=True),
    ),
    look=_sensor_look,
    sort=lambda row, known: (host_name(row, known), row.sensorname),
    state_fields=("status", "state"),
    actions=SENSOR_ACTIONS,
    tab="S Sensors",
    aliases=("isensors", "isensor", "host-sensors"),
    noise=NOISE,
    every_s=EVERY_S,
)


class SensorGroup(OfHost):
    """Sensors of one sort on one host, audited together and with the same actions."""

    sensorgroupname: str
    sensortype: Optional[str] = None
    state: Optional[str] = None
    suppress: Optional[bool] = None
    actions_minor_group: Optional[str] = None
    actions_major_group: Optional[str] = None
    actions_critical_group: Optional[str] = None
    audit_interval_group: Optional[int] = None


def _group_look(row: SensorGroup, _known: Known) -> Look:
    return Look(tone=Tone.PLAIN, mark=Mark.OUT) if row.state == "disabled" else WELL


SENSOR_GROUPS: Kind[SensorGroup] = Kind(
    name="sensor-groups",
    singular="sensor-group",
    model=SensorGroup,
    # Asked for all at once the service answers 500.
    read=Rest(service="sysinv", path="/ihosts/{parent}/isensorgroups", items="isensorgroups"),
    parent="hosts",
    needs=("hosts",),
    reach=Reach.PER_PARENT,
    label=lambda row: row.sensorgroupname,
    columns=(
        HOST,
        Column(heading="GROUP", value=lambda row: row.sensorgroupname, most=32),
        Column(heading="TYPE", value=lambda row: row.sensortype),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="SUPPRESSED", value=lambda row: yes_no(row.suppress)),
        Column(heading="MINOR", value=lambda row: row.actions_minor_group),
        Column(heading="MAJOR", value=lambda row: row.actions_major_group),
        Column(heading="CRITICAL", value=lambda row: row.actions_critical_group),
        Column(
            heading="EVERY S", value=lambda row: row.audit_interval_group, right=True, wide=True
        ),
    ),
    look=_group_look,
    actions=SENSOR_GROUP_ACTIONS,
    tab="B Groups",
    aliases=("isensorgroups", "isensorgroup", "host-sensorgroups"),
    noise=NOISE,
    drop=frozenset({"links", "isensors"}),
    every_s=EVERY_S,
)

SENSED: Tuple[Kind[Any], ...] = (DEVICES, DEVICE_IMAGES, SENSORS, SENSOR_GROUPS)
