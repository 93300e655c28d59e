"""What a cluster knows beyond what is declared here: any resource, as its definition prints it."""

from __future__ import annotations

from typing import Any, Callable, Iterable, List, Mapping, Optional, Sequence, Tuple

from backend.kind import Column, Kind, Kube, KubeResources, Row
from backend.kinds.kube_create import CREATE
from backend.kinds.kube_object import KubeObject, declared
from backend.kube import field_of

# Beside which kind one stands that was found in a cluster.
BESIDE = "pods"


class ApiResource(Row):
    """A resource that an API server can list."""

    plural: str
    group: str = ""
    version: str = ""
    kind: str = ""
    singular: str = ""
    short: Tuple[str, ...] = ()
    namespaced: bool = False
    verbs: Tuple[str, ...] = ()

    @property
    def full(self) -> str:
        """Its plural with its group: ``certificates.cert-manager.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def names(self) -> Tuple[str, ...]:
        """All names it goes by, in small letters."""
        words = (self.full, self.plural, self.singular, self.kind, *self.short)
        return tuple(dict.fromkeys(word.casefold() for word in words if word))


API_RESOURCES: Kind[ApiResource] = Kind(
    name="api-resources",
    singular="api-resource",
    model=ApiResource,
    read=KubeResources(),
    id=lambda row: row.full,
    label=lambda row: row.full,
    columns=(
        Column(heading="NAME", value=lambda row: row.plural, most=40),
        Column(heading="SHORT", value=lambda row: ",".join(row.short) or None, most=16),
        Column(heading="KIND", value=lambda row: row.kind, most=30),
        Column(heading="GROUP", value=lambda row: row.group or "core", most=34),
        Column(heading="VERSION", value=lambda row: row.version, wide=True),
        Column(heading="IN A NAMESPACE", value=lambda row: "yes" if row.namespaced else "no"),
    ),
    sort=lambda row, _known: (row.group, row.plural),
    aliases=("apiresources",),
    actions=(CREATE,),
    every_s=60.0,
    is_inventory=False,
)


def named(rows: Iterable[ApiResource], name: str) -> Optional[ApiResource]:
    """Return the resource of that name, plural, singular, kind or short name.

    Of several that share it the core's is meant, then the one whose plural it is; a name with the
    group after it means one alone.
    """
    wanted = name.casefold()
    found = [row for row in rows if wanted in row.names]
    return min(found, key=lambda row: _rank(row, wanted), default=None)


def _rank(row: ApiResource, wanted: str) -> Tuple[bool, bool, bool, str]:
    return (row.full != wanted, row.plural != wanted, bool(row.group), row.full)


def is_declared(kinds: Iterable[Kind[Any]], resource: ApiResource) -> Optional[Kind[Any]]:
    """Return the kind that is declared for a resource, None where none is."""
    wanted = (resource.group, resource.plural)
    for kind in kinds:
        if isinstance(kind.read, Kube) and (kind.read.group, kind.read.plural) == wanted:
            return kind
    return None


def discovered(
    resource: ApiResource, headings: Sequence[Mapping[str, Any]], taken: Callable[[str], bool]
) -> Kind[KubeObject]:
    """Return the kind of a resource that nobody declared, with the columns its server prints.

    ``taken`` says of a name that it is another kind's: it keeps it.
    """
    name = resource.full if taken(resource.plural) else resource.plural
    singular = resource.singular or resource.kind.casefold() or resource.plural
    singular = f"{singular}.{resource.group}" if taken(singular) else singular
    aliases = tuple(one for one in resource.names if one not in (name, singular) and not taken(one))
    read = Kube(plural=resource.plural, group=resource.group, version=resource.version, table=True)
    columns: List[Column[KubeObject]] = [
        _column(one) for one in headings if field_of(str(one["name"]))
    ]
    return declared(
        name, singular, KubeObject, read, tuple(columns), aliases=aliases, is_inventory=False
    )


def _column(heading: Mapping[str, Any]) -> Column[KubeObject]:
    key = field_of(str(heading["name"]))
    return Column(
        heading=str(heading["name"]).upper(),
        value=lambda row: row.body.get(key),
        right=heading["type"] in ("integer", "number"),
        wide=heading["priority"] > 0,
    )
