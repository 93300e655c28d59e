"""How a row of sysinv is changed, made and taken away: only what differs is sent.

Values are compared and sent as text, as the vendor's own client does.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Type

from pydantic import AfterValidator, model_validator
from typing_extensions import Annotated

from backend.figure import Jump
from backend.kind import (
    Action,
    Answer,
    Asker,
    Consequence,
    Form,
    Json,
    Plan,
    Reason,
    RestWrite,
    Risk,
    Row,
    Step,
)
from backend.known import Known
from backend.tone import Tone

SERVICE = "sysinv"

Fields = Mapping[str, str]
Command = Callable[[Any, Fields, Known], Tuple[str, ...]]
Sentence = Callable[[Any, Fields], str]


# --- what a form's fields may be ---------------------------------------------------------------


def _address(text: str) -> str:
    """Return an IP address as it is written shortest; raises ``ValueError`` where it is none."""
    return str(ip_address(text.strip()))


def _listed(text: str) -> str:
    """Return words that commas or blanks part, joined as the services join them."""
    return ",".join(text.replace(",", " ").split())


Address = Annotated[str, AfterValidator(_address)]
Words = Annotated[str, AfterValidator(_listed)]


class Changes(Form):
    """Fields of which at least one is given; one that is left empty stays as it is."""

    @model_validator(mode="after")
    def _one_at_least(self) -> Changes:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError("nothing was given")
        return self


# --- how much it may break ---------------------------------------------------------------------


def harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    """Grade what breaks nothing."""
    return Risk.HARMLESS


def disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    """Grade what is felt."""
    return Risk.DISRUPTIVE


def destructive(_row: Any, _form: Any, _known: Known) -> Risk:
    """Grade what cannot be taken back."""
    return Risk.DESTRUCTIVE


# --- why not -----------------------------------------------------------------------------------


def check(
    name: str, words: str, asker: Asker = Asker.SERVICE, jump: Optional[Jump] = None
) -> Reason:
    """Return a check that passes where there are no ``words`` against it."""
    answer = Answer.NO if words else Answer.PASSES
    return Reason(check=name, answer=answer, words=words, asker=asker, jump=jump)


def unread(name: str, kind: str) -> Reason:
    """Return a check that cannot be made, as a kind it looks at was not read."""
    words = f"{kind} not read"
    return Reason(check=name, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)


def server_knows(name: str, words: str) -> Reason:
    """Return a check that only the server can make."""
    return Reason(check=name, answer=Answer.CANT_TELL, words=words, asker=Asker.SERVER)


def is_news(row: Row, form: Form, _known: Known) -> Reason:
    """Check that something of what was given is not so already."""
    words = "" if differing(row, form) else "it is so already"
    return replace(check("something changes", words, Asker.OURS), of_form=True)


def news_alone(row: Row, form: Form, known: Known) -> Tuple[Reason, ...]:
    """Check only that something changes."""
    return (is_news(row, form, known),)


# --- what differs ------------------------------------------------------------------------------


def text(value: Any) -> str:
    """Return a value as the vendor's client writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def text_of(form: Form) -> Dict[str, str]:
    """Return what was given in a form, as text, in the order of its fields."""
    values = ((name, getattr(form, name)) for name in type(form).model_fields)
    return {name: text(value) for name, value in values if value is not None}


def now(row: Row, name: str) -> str:
    """Return what a row has in a field, as text."""
    return text(getattr(row, name, None))


def differing(row: Row, form: Form) -> Dict[str, str]:
    """Return what was given in a form and is not so already."""
    return {name: value for name, value in text_of(form).items() if value != now(row, name)}


def warn(words: str) -> Consequence:
    """Return a consequence that people should stop at."""
    return Consequence(words=words, tone=Tone.WARN)


def comes(*said: Consequence) -> Callable[[Any, Any, Known], Tuple[Consequence, ...]]:
    """Return what says always the same of what comes of an action."""
    return lambda _row, _form, _known: said


# --- commands ----------------------------------------------------------------------------------


def pairs(*command: str) -> Command:
    """Return a command that takes ``name=value``."""
    return lambda _row, fields, _known: (*command, *(f"{n}={v}" for n, v in fields.items()))


def flags(*command: str, after: Callable[[Any], Tuple[str, ...]] = lambda _row: ()) -> Command:
    """Return a command that takes ``--name value``, and the row's own words ``after`` them."""

    def line(row: Any, fields: Fields, _known: Known) -> Tuple[str, ...]:
        words = [word for name, value in fields.items() for word in (f"--{name}", value)]
        return (*command, *words, *after(row))

    return line


# --- plans -------------------------------------------------------------------------------------


def patch_of(fields: Mapping[str, Json], *more: Tuple[str, Json]) -> List[Json]:
    """Return the JSON patch that replaces fields."""
    return [
        {"op": "replace", "path": f"/{name}", "value": value}
        for name, value in (*fields.items(), *more)
    ]


def modify(
    kind: str,
    path: str,
    command: Command,
    sentence: Sentence,
    *more: Tuple[str, Json],
    secret: frozenset[str] = frozenset(),
) -> Callable[[Any, Any, Known], Plan]:
    """Return a plan that sends what differs as one PATCH below ``path``, with ``more`` in it."""

    def plan(row: Any, form: Form, known: Known) -> Plan:
        fields = differing(row, form)
        write = RestWrite(
            service=SERVICE,
            method="PATCH",
            path=f"{path}/{row.uuid}",
            body=patch_of(fields, *more),
            command=command(row, fields, known),
            sentence=sentence(row, fields),
            secret=secret,
        )
        seen = tuple(name for name in fields if hasattr(row, name))
        return Plan(steps=(Step(write=write, took=changed(kind, row, seen) if seen else None),))

    return plan


def delete(
    kind: str, path: str, command: Callable[[Any], Tuple[str, ...]], sentence: Callable[[Any], str]
) -> Callable[[Any, Any, Known], Plan]:
    """Return a plan that deletes the row below ``path``."""

    def plan(row: Any, _form: Any, _known: Known) -> Plan:
        write = RestWrite(
            service=SERVICE,
            method="DELETE",
            path=f"{path}/{row.uuid}",
            command=command(row),
            sentence=sentence(row),
        )

        def is_gone(known: Known) -> bool:
            return known.row(kind, row.uuid) is None

        return Plan(steps=(Step(write=write, took=is_gone),))

    return plan


def add(
    kind: str,
    path: str,
    body: Json,
    command: Tuple[str, ...],
    sentence: str,
    is_it: Callable[[Any], bool],
) -> Plan:
    """Return the plan that makes a row; it took when there is one of which ``is_it`` is true."""
    write = RestWrite(
        service=SERVICE, method="POST", path=path, body=body, command=command, sentence=sentence
    )

    def is_there(known: Known) -> bool:
        return any(is_it(row) for row in known.rows(kind))

    return Plan(steps=(Step(write=write, took=is_there),))


def changed(kind: str, before: Any, names: Tuple[str, ...]) -> Callable[[Known], bool]:
    """Return what sees that a row is not any more as it was in any of these fields.

    Not that it is as was asked: a service writes values its own way. Where it does not answer any
    more (its own address was changed) its word was enough.
    """

    def took(known: Known) -> bool:
        row = known.row(kind, before.uuid)
        if row is None or known.reading(kind).error is not None:
            return True
        return any(now(row, name) != now(before, name) for name in names)

    return took


# --- rows there is one of ----------------------------------------------------------------------


def sets(what: str) -> Sentence:
    """Return the sentence that fields of ``what`` are set."""
    return lambda _row, fields: f"set {', '.join(fields) or 'nothing'} of {what}"


def setting(
    plan: Callable[[Any, Any, Known], Plan], form: Type[Form], **more: Any
) -> Tuple[Action[Any], ...]:
    """Return the one action of a row there is one of: to change it."""
    told: Dict[str, Any] = {"risk": disruptive, **more}
    action: Action[Any] = Action(
        name="modify", key="M", words="Change", plan=plan, form=form, **told
    )
    return (action,)
