"""Each host's part in USM's deploy, in the order in which the service takes them."""

from __future__ import annotations

from typing import AbstractSet, Any, Optional, Tuple

from pydantic import model_validator

from backend.figure import Jump, Line, Lines
from backend.kind import (
    Action,
    Column,
    Form,
    Kind,
    Plan,
    Reason,
    Rest,
    Row,
    Rung,
)
from backend.kinds import passed, sw_patch, sw_patch_acts
from backend.kinds.deploy_picture import summary
from backend.kinds.deploy_states import (
    EVERY_S,
    HERE,
    SERVICE,
    deploy_of,
    how_deployed,
    state_reason,
    usm,
    verdict,
)
from backend.kinds.deploy_states import strip as deploy_strip
from backend.kinds.deploys import disruptive
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import stopwatch

KIND, FIELD = "deploy-hosts", "host_state"


class DeployHost(Row):
    """How far the deploy is on one host; the hostname is its key."""

    hostname: str
    host_state: str
    software_release: Optional[str] = None
    target_release: Optional[str] = None
    reboot_required: Optional[bool] = None
    # Of an older system: how sw-patch calls the state of its agent.
    agent_state: Optional[str] = None
    patch_current: Optional[bool] = None

    @model_validator(mode="before")
    @classmethod
    def _in_our_words(cls, said: Any) -> Any:
        return sw_patch.deploy_host_of(said)

    @property
    def is_sw_patch(self) -> bool:
        """Whether it is sw-patch that says it, on a system older than USM."""
        return self.agent_state is not None

    @property
    def is_current(self) -> bool:
        """Whether it has installed all that is applied."""
        return self.patch_current is True


def _host_look(row: DeployHost, _known: Known) -> Look:
    if row.host_state.endswith("failed"):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(row.host_state,))
    if row.host_state.endswith("deploying"):
        return Look(tone=Tone.BUSY, mark=Mark.BUSY)
    return WELL if row.host_state in {"deployed", "rollback-deployed"} else Look()


def _named(row: DeployHost, known: Known) -> Any:
    return next((host for host in known.rows("hosts") if host.name == row.hostname), None)


def _order(row: DeployHost, known: Known) -> Tuple[int, str]:
    """Return its turn: of a major release controller-1 is first, then controller-0."""
    host = _named(row, known)
    personality = host.personality if host is not None else ""
    turn = {"controller": 0, "storage": 2, "worker": 3}.get(personality or "", 4)
    deploy = deploy_of(known)
    is_back = deploy is not None and "rollback" in deploy.state
    if turn == 0 and row.hostname == "controller-0":
        turn = 1
    return (-turn if is_back else turn, row.hostname)


def _before_it(row: DeployHost, known: Known) -> Reason:
    """The order is the service's: of a major release it is checked, of a patch it is not."""
    check = "those before it are done"
    deploy = deploy_of(known)
    if deploy is None or not deploy.major_release:
        return Reason.passes(check)
    mine = _order(row, known)
    for other in sorted(known.rows(KIND), key=lambda one: _order(one, known)):
        if _order(other, known) < mine and not other.host_state.endswith("deployed"):
            words = f"{other.hostname} comes first"
            return Reason.no(check, words, Jump(kind=KIND, id=other.hostname))
    return Reason.passes(check)


def _locked_where_wanted(row: DeployHost, known: Known) -> Reason:
    check = "locked and online, as a reboot is required"
    host = _named(row, known)
    simplex = len(known.rows("hosts")) == 1
    if simplex or row.reboot_required is False:
        return Reason.passes(check)
    if row.reboot_required is None:
        return Reason.cant_tell(check, "USM does not say whether one is")
    if host is None:
        return Reason.cant_tell(check, f"{row.hostname} was not read")
    if (host.administrative, host.availability) == ("locked", "online"):
        return Reason.passes(check)
    words = f"it is {host.administrative}/{host.availability}: lock it first"
    return Reason.no(check, words, Jump(kind="hosts", id=host.uuid))


def _host_reasons(verb: str) -> Any:
    def reasons(row: DeployHost, _form: Form, known: Known) -> Tuple[Reason, ...]:
        deploy = deploy_of(known)
        if deploy is None:
            return (Reason.cant_tell("a deploy is under way", "the deploy was not read"),)
        return (
            state_reason(verb, deploy.state),
            _locked_where_wanted(row, known),
            _before_it(row, known),
        )

    return reasons


def _host_plan(rollback: str) -> Any:
    def plan(row: DeployHost, _form: Form, _known: Known) -> Plan:
        way = "back to the release before" if rollback else "to the new release"
        verb = "host-rollback" if rollback else "host"
        path = f"/deploy_host/{row.hostname}{rollback}"
        sentence = f"Bring {row.hostname} {way}; it takes effect with its next start."
        return Plan.of(usm("POST", path, "deploy", verb, row.hostname, sentence=sentence))

    return plan


def _rung(name: str, states: AbstractSet[str], says: str) -> Rung[DeployHost]:
    return Rung(
        name=name, reached=lambda row, _known: bool(row and row.host_state in states), says=says
    )


def _host_ladder(end: str, through: str) -> Any:
    def ladder(_row: Any, _known: Known) -> Tuple[Rung[DeployHost], ...]:
        return (
            _rung("taken up", {through, end}, through),
            _rung("done", {end}, end),
        )

    return ladder


def _host_failed(row: Optional[DeployHost], _known: Known) -> str:
    if row is None or not row.host_state.endswith("failed"):
        return ""
    return f"USM says {row.host_state}: the reason is in software.log and patching.log there"


def _is_patch(row: DeployHost, _known: Known) -> bool:
    return row.is_sw_patch


def _admin(row: DeployHost, known: Known) -> Optional[str]:
    host = _named(row, known)
    return None if host is None else f"{host.administrative} {host.availability}"


def _took(row: DeployHost, known: Known) -> Optional[str]:
    """Return how long its part took, or takes so far; of one to come what is usual here."""
    before = "rollback-" if row.host_state.startswith("rollback") else ""
    through, ends = f"{before}deploying", (f"{before}deployed", f"{before}failed")
    life = passed.life_of(KIND, row.hostname, row.host_state, FIELD, known)
    found = passed.stay(passed.latest(life, through), through, ends)
    if found is not None:
        return f"{'>' * found.at_least}{stopwatch(found.took_ms(known.now_ms))}"
    if row.is_sw_patch or not row.host_state.endswith("pending"):
        return None
    seen = passed.took_before(passed.lives(KIND, known), through, ends[:1])
    return passed.usual(seen or known.usual_ms(KIND, "deploy", row.hostname)) or None


def _strip(row: DeployHost, known: Known) -> Lines:
    if row.is_sw_patch:
        return Lines()
    deploy = deploy_of(known)
    said = deploy_strip(deploy, known).lines[1:] if deploy is not None else ()
    return Lines(lines=(Line(heading="NEXT", text=_next(row, known)), *said))


def _next(row: DeployHost, known: Known) -> str:
    """Return what is to be done with this host now, and by which key."""
    host, name = _named(row, known), row.hostname
    if row.host_state.endswith("deploying"):
        return f"wait: {name} is at it"
    if row.host_state.endswith("deployed"):
        is_out = host is not None and host.administrative == "locked"
        return f"unlock {name}: Enter, a" if is_out else f"nothing: {name} is done"
    is_back = row.host_state.startswith("rollback")
    verb, key = ("host-rollback", "R") if is_back else ("host", "U")
    deploy = deploy_of(known)
    no = next((one for one in _host_reasons(verb)(row, Form(), known) if one.blocks), None)
    if no is None:
        return f"a, {key}: " + ("roll it back" if is_back else "deploy it")
    if no.jump is not None and no.jump.kind == "hosts":
        return f"{no.words} (Enter, a); then a, {key}"
    return f"wait: the deploy is {deploy.state}" if no.jump == HERE and deploy else no.words


DEPLOY_HOSTS: Kind[DeployHost] = Kind(
    name=KIND,
    singular="deploy-host",
    model=DeployHost,
    read=Rest(service=SERVICE, path="/deploy_host", otherwise=sw_patch.HOSTS),
    id=lambda row: row.hostname,
    columns=(
        Column(heading="HOST", value=lambda row: row.hostname, most=24),
        Column(heading="RUNS", value=lambda row: row.software_release),
        Column(heading="TO", value=lambda row: row.target_release),
        Column(heading="STATE", value=lambda row: row.host_state),
        Column(heading="ADMIN", joined=_admin),
        Column(heading="TOOK", joined=_took, right=True),
        Column(heading="RR", value=lambda row: how_deployed(row.reboot_required)),
    ),
    look=_host_look,
    sort=_order,
    state_fields=(FIELD,),
    passes=FIELD,
    jump=lambda row, known: (
        Jump(kind="hosts", id=host.uuid) if (host := _named(row, known)) else None
    ),
    actions=(
        Action(
            name="deploy",
            key="U",
            words="deploy",
            plan=_host_plan(""),
            risk=disruptive,
            reasons=_host_reasons("host"),
            ladder=_host_ladder("deployed", "deploying"),
            failed=_host_failed,
            hidden=_is_patch,
            needs=("deploy", "hosts"),
        ),
        Action(
            name="rollback",
            key="R",
            words="roll back",
            plan=_host_plan("/rollback"),
            risk=disruptive,
            reasons=_host_reasons("host-rollback"),
            ladder=_host_ladder("rollback-deployed", "rollback-deploying"),
            failed=_host_failed,
            hidden=_is_patch,
            needs=("deploy", "hosts"),
        ),
        *sw_patch_acts.HOST_ACTIONS,
    ),
    aliases=("deploy-host-list",),
    needs=("deploy", "hosts", "releases"),
    verdict=verdict,
    summary=summary,
    strip=_strip,
    every_s=EVERY_S,
)
