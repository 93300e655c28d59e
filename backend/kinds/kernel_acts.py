"""Which kernel a host boots: changed while it is locked, running from its unlock on."""

from __future__ import annotations

from typing import Any, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Action, Asker, Consequence, Form, Plan, Reason
from backend.kinds.edits import check, disruptive, patch_of, server_knows
from backend.kinds.host_edits import at_unlock, called, host_of, locked, said_as, send
from backend.known import Known


class ModifyKernel(Form):
    """Which kernel a host boots."""

    kernel_provisioned: Literal["standard", "lowlatency"] = Field(
        title="kernel", examples=["lowlatency"], json_schema_extra=said_as("Kernel")
    )


def _kernel(row: Any, form: ModifyKernel, known: Known) -> Plan:
    wanted = {"kernel_provisioned": form.kernel_provisioned}
    host = called(host_of(row, known), row)
    command = ("system", "host-kernel-modify", host, form.kernel_provisioned)
    sentence = f"have {host} boot the {form.kernel_provisioned} kernel"
    return send("PATCH", f"/ihosts/{row.ihost_uuid}/kernel", patch_of(wanted), command, sentence)


def _kernel_reasons(row: Any, form: ModifyKernel, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    same = form.kernel_provisioned == row.kernel_provisioned
    worker = "" if host is None or host.is_worker else f"{host.name} is no worker"
    return (
        check("something changes", "it is so already" if same else "", Asker.OURS),
        locked(host),
        check("it is a worker", worker),
        server_knows("its last kernel is in place", "a change under way has to end first"),
    )


def _after_kernel(row: Any, form: ModifyKernel, _known: Known) -> Tuple[Consequence, ...]:
    words = f"kernel: {row.kernel_provisioned} -> {form.kernel_provisioned}"
    return (Consequence(words=words), at_unlock("it runs"))


KERNEL_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change the kernel of",
        plan=_kernel,
        risk=disruptive,
        form=ModifyKernel,
        reasons=_kernel_reasons,
        consequences=_after_kernel,
        needs=("hosts",),
        aliases=("host-kernel-modify",),
    ),
)
