"""The labels of a host, where they are listed: given to it, and taken off again."""

from __future__ import annotations

from typing import Any, Tuple

from backend.kind import Action, Consequence, Plan, Reason
from backend.kinds.edits import disruptive, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import called, host_of, send
from backend.kinds.host_forms import AssignLabel, label_reasons
from backend.known import Known


def assign_label(host: Host, form: AssignLabel, _known: Known) -> Plan:
    """Return the plan that gives a host a label."""
    query = "?overwrite=True" if form.overwrite else ""
    flags = ("--overwrite",) * form.overwrite
    pair = f"{form.key}={form.value}"
    command = ("system", "host-label-assign", *flags, called(host), pair)
    path, body = f"/labels/{host.uuid}{query}", {form.key: form.value}
    return send("POST", path, body, command, f"give {host.name} the label {pair}")


def _remove(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    command = ("system", "host-label-remove", host, row.label_key)
    sentence = f"take the label {row.label_key} off {host}"
    return send("DELETE", f"/labels/{row.uuid}", None, command, sentence)


def _reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    if host is None or host.is_locked:
        return ()
    words = "some labels want the host locked; the server knows which"
    return (server_knows("locked enough", words),)


def _after(row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    return (Consequence(words=f"{row.label_key}={row.label_value}: pods that want it do not come"),)


LABEL_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="assign",
        key="+",
        words="Assign",
        plan=assign_label,
        risk=disruptive,
        form=AssignLabel,
        reasons=label_reasons,
        needs=("hosts", "labels"),
        on_parent=True,
        aliases=("add", "host-label-assign"),
    ),
    Action(
        name="remove",
        key="D",
        words="Remove",
        plan=_remove,
        risk=disruptive,
        reasons=_reasons,
        consequences=_after,
        needs=("hosts",),
        aliases=("delete", "host-label-remove"),
    ),
)
