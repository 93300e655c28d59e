"""What maintenance's task words mean, in plain words, and which of them say that it gave up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Optional, Tuple


@dataclass(frozen=True)
class TaskHelp:
    """A task that begins with ``begins``: what it means, and whether the host needs somebody."""

    begins: str
    means: str
    is_failure: bool = False


# Looked up from the top, without regard to case: the longer beginning stands before the shorter.
TASKS: Tuple[TaskHelp, ...] = (
    TaskHelp("Locking", "services are moving away, then it is taken out"),
    TaskHelp("Force Lock Reset", "it is being reset without moving anything away"),
    TaskHelp("Force Locking", "taken out at once: it is reset without moving anything away"),
    TaskHelp("Unsafely Force Locking", "taken out at once, storage not asked"),
    TaskHelp("Unlocking active controller", "the controller one works on reboots: stand by"),
    TaskHelp("Unlocking", "its configuration is prepared, then it reboots"),
    TaskHelp("Force Unlocking", "its configuration is prepared unchecked, then it reboots"),
    TaskHelp("Applying manifest", "its configuration is being written, then it reboots"),
    TaskHelp("Swact: No active", "there was nothing to hand over here", is_failure=True),
    TaskHelp("Swact: Did Not", "the services could not be handed over", is_failure=True),
    TaskHelp("Swact: Complete", "the services run on the other controller"),
    TaskHelp("Swact", "services are handed to the other controller"),
    TaskHelp("Force-Swact", "services are pushed to the other controller"),
    TaskHelp("Booting", "it was reset and boots; nothing was heard of it yet"),
    TaskHelp("Testing", "it is heard again and tests itself"),
    TaskHelp("Initializing", "its services start, then its heartbeat is watched for a while"),
    TaskHelp("Enabling Worker Service", "the main function runs, the worker's is starting"),
    TaskHelp("Enabling", "its services are being started"),
    TaskHelp("Rebooting/Resetting", "maintenance found it dead and restarts it", is_failure=True),
    TaskHelp("Rebooting", "it shuts down and boots again"),
    TaskHelp("Reboot Request", "it was told to reboot"),
    TaskHelp("Reboot Failed", "it did not follow the order to reboot", is_failure=True),
    TaskHelp("Reset Completed", "its BMC has reset it"),
    TaskHelp("Reset Failed", "its BMC did not reset it", is_failure=True),
    TaskHelp("Resetting", "its BMC is resetting it"),
    TaskHelp("Reinstall Failed", "the installation did not come to its end", is_failure=True),
    TaskHelp("Reinstall", "its disk is erased and the software installed anew"),
    TaskHelp("Power-On Completed", "its BMC has switched it on"),
    TaskHelp("Power-Off Completed", "its BMC has switched it off"),
    TaskHelp("Power-On Failed", "its BMC did not switch it on", is_failure=True),
    TaskHelp("Power-Off Failed", "its BMC did not switch it off", is_failure=True),
    TaskHelp("Powering", "its BMC is switching the power"),
    TaskHelp("Lock Rejected", "refused: its pods have nowhere else to go", is_failure=True),
    TaskHelp("Lock of", "refused", is_failure=True),
    TaskHelp("Lock Failed", "it could not be taken out", is_failure=True),
    TaskHelp(
        "Critical failure",
        "it is ill, and there is no other controller to take over",
        is_failure=True,
    ),
    TaskHelp(
        "Configuration failure, threshold",
        "its configuration failed too often: maintenance stopped trying; lock, mend, unlock",
        is_failure=True,
    ),
    TaskHelp("Configuration Fail", "its configuration failed: maintenance tries again"),
    TaskHelp(
        "In-Test Failure, threshold",
        "its self-test failed too often: maintenance stopped trying; lock, mend, unlock",
        is_failure=True,
    ),
    TaskHelp("In-Test", "its self-test failed: maintenance tries again"),
    TaskHelp(
        "Service Failure, threshold",
        "its services failed too often: maintenance stopped trying; lock, mend, unlock",
        is_failure=True,
    ),
    TaskHelp("Start Services Fail", "its services did not start: maintenance tries again"),
    TaskHelp(
        "Heartbeat Failure, threshold",
        "its heartbeat failed too often: maintenance stopped trying; lock, mend, unlock",
        is_failure=True,
    ),
    TaskHelp("Enable Heartbeat Fail", "its heartbeat is not steady: maintenance tries again"),
    TaskHelp("Graceful Recovery", "it was lost for a moment; maintenance sees whether it is well"),
)


@lru_cache(maxsize=512)
def help_of(task: str) -> Optional[TaskHelp]:
    """Return what is known of a task, None where it is a word we have not met."""
    said = task.casefold()
    found = next((one for one in TASKS if said.startswith(one.begins.casefold())), None)
    if found is None or found.is_failure or not gave_up(task):
        return found
    return TaskHelp(begins=found.begins, means=found.means, is_failure=True)


@lru_cache(maxsize=512)
def gave_up(task: str) -> bool:
    """Whether maintenance itself says in the task that it stopped trying, or could not."""
    said = task.casefold()
    if "threshold reached" in said or "lock/unlock to retry" in said:
        return True
    found = next((one for one in TASKS if said.startswith(one.begins.casefold())), None)
    if found is not None:
        return found.is_failure
    return "failed" in said and "re-enabling" not in said
