"""An as-built file: written as YAML, and read back to be held against the system, line by line.

What a file leaves out is not compared: it says what is wanted, and the system has more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from backend.asbuilt import API, Doc
from backend.clouds_yaml import Section, Spot, read_all
from backend.errors import SettingsError

KINDS = frozenset(
    {
        *("System", "AddressPool", "PlatformNetwork", "DataNetwork"),
        *("PtpInstance", "PtpInterface", "HostProfile", "Host"),
    }
)
# By what two entries of a list are the same thing, as far as they have it.
_SAME_BY = (
    *("service", "section", "paramname", "name", "node", "function", "pageSize", "path"),
    *("interface", "address", "subnet", "start"),
)


@dataclass(frozen=True)
class Gap:
    """One thing that is not as the file says: ``line`` is where it says so, 0: it does not.

    ``path`` is within the resource, "" for the whole of it.
    """

    kind: str
    name: str
    path: str
    wanted: str
    found: str
    line: int = 0


def written(docs: Sequence[Doc], notes: Sequence[str] = ()) -> str:
    """Return resources as one YAML text, with notes as comments above them."""
    import yaml

    head = "".join(f"# {note}\n" for note in notes)
    return head + yaml.safe_dump_all(
        docs, sort_keys=False, default_flow_style=False, explicit_start=True, allow_unicode=True
    )


# --- reading -------------------------------------------------------------------------------------


def read_resources(path: Path) -> Dict[Tuple[str, str], Section]:
    """Return the ``spec`` of each resource of a file, by kind and name.

    Resources of others (namespaces, secrets) are passed over. Raises ``SettingsError`` with line
    and key for what is no YAML, no resource, of an unknown kind, or there twice.
    """
    found: Dict[Tuple[str, str], Section] = {}
    for doc in read_all(path):
        if not doc.spots:
            continue
        kind, name = doc.text("kind"), _name(doc)
        if doc.text("apiVersion") not in ("", API):
            continue
        if kind not in KINDS:
            spot = doc.at("kind") or doc.spot
            raise spot.wrong(f"{kind or 'nothing'!r} is no kind of the deployment manager's")
        spec = doc.section("spec")
        if spec is None:
            raise doc.spot.wrong(f"{kind} {name} has no spec")
        if (kind, name) in found:
            raise doc.spot.wrong(f"{kind} {name} stands twice")
        found[kind, name] = spec
    if not found:
        raise SettingsError("has no resource of the deployment manager's in it", file=str(path))
    return found


def _name(doc: Section) -> str:
    meta = doc.section("metadata")
    name = meta.text("name") if meta is not None else ""
    if not name:
        raise doc.spot.wrong("has no metadata.name")
    return name


def _wanted(resources: Mapping[Tuple[str, str], Section]) -> Dict[Tuple[str, str], Section]:
    """Return what is wanted of each thing there is: a host is its profile and what overrides it."""
    found = {key: spec for key, spec in resources.items() if key[0] not in ("Host", "HostProfile")}
    for (kind, name), spec in resources.items():
        if kind != "Host":
            continue
        whole = _profile(resources, spec, "profile", ())
        overrides = spec.section("overrides")
        if overrides is not None:
            whole = overrides.over(whole)
        if whole is not None:
            found["Host", name] = whole
    return found


def _profile(
    resources: Mapping[Tuple[str, str], Section], of: Section, key: str, seen: Tuple[str, ...]
) -> Optional[Section]:
    """Return the profile named there, laid over those it is based on."""
    name = of.text(key)
    if not name:
        return None
    spot = of.at(key) or of.spot
    profile = resources.get(("HostProfile", name))
    if profile is None:
        raise spot.wrong(f"there is no HostProfile {name!r} in the file")
    if name in seen:
        raise spot.wrong(f"HostProfile {name!r} is based on itself")
    return profile.over(_profile(resources, profile, "base", (*seen, name)))


# --- comparing -----------------------------------------------------------------------------------


def compare(docs: Sequence[Doc], resources: Mapping[Tuple[str, str], Section]) -> Tuple[Gap, ...]:
    """Return all that the system has otherwise than the file says, or beside it."""
    there = {(doc["kind"], doc["metadata"]["name"]): doc["spec"] for doc in docs}
    profiles = {name: spec for (kind, name), spec in there.items() if kind == "HostProfile"}
    ours = {key: spec for key, spec in there.items() if key[0] != "HostProfile"}
    for (kind, name), spec in list(ours.items()):
        if kind == "Host":
            ours[kind, name] = {**profiles.get(spec["profile"], {}), **spec.get("overrides", {})}
    wanted = _wanted(resources)
    gaps: List[Gap] = []
    for (kind, name), section in wanted.items():
        spec = ours.get((kind, name))
        if spec is None:
            line = section.spot.line
            gaps.append(Gap(kind, name, "", wanted="there", found="not there", line=line))
            continue
        left_out = {"base", "match"} if kind == "Host" else set()
        found = _mapping(section.spot.value, spec, "", left_out)
        gaps += [Gap(kind, name, *each) for each in found]
    told = {kind for kind, _name_ in wanted}
    gaps += [
        Gap(kind, name, "", wanted="not there", found="there")
        for kind, name in ours
        if kind in told and (kind, name) not in wanted
    ]
    return tuple(gaps)


_Each = Tuple[str, str, str, int]


def _mapping(
    wanted: Any, found: Mapping[str, Any], path: str, left_out: Iterable[str] = ()
) -> Iterable[_Each]:
    for key, spot in wanted.items():
        if key not in left_out and spot.value is not None:
            yield from _value(spot, found.get(key), f"{path}.{key}" if path else key)


def _value(spot: Spot, found: Any, path: str) -> Iterable[_Each]:
    if isinstance(spot.value, Mapping):
        if isinstance(found, Mapping):
            yield from _mapping(spot.value, found, path)
        elif spot.value:
            yield path, "there", _text(found), spot.line
    elif isinstance(spot.value, tuple):
        yield from _entries(spot, found if isinstance(found, list) else [], path)
    elif str(spot.value) != _text(found):
        yield path, str(spot.value), _text(found), spot.line


def _entries(spot: Spot, found: Sequence[Any], path: str) -> Iterable[_Each]:
    assert isinstance(spot.value, tuple)
    entries = [entry for entry in spot.value if isinstance(entry.value, Mapping)]
    words = sorted(str(entry.value) for entry in spot.value if isinstance(entry.value, str))
    others = sorted(_text(one) for one in found if not isinstance(one, Mapping))
    if words != others:
        yield path, ", ".join(words) or "nothing", ", ".join(others) or "nothing", spot.line
    for entry in entries:
        assert isinstance(entry.value, Mapping)
        same_by = {
            key: str(entry.value[key].value) for key in _SAME_BY if _is_word(entry.value.get(key))
        }
        here = f"{path}[{' '.join(same_by.values())}]"
        match = next((one for one in found if _is_same(one, same_by)), None)
        if match is None:
            yield here, "there", "not there", entry.line
        else:
            yield from _mapping(entry.value, match, here)


def _is_word(spot: Optional[Spot]) -> bool:
    return spot is not None and isinstance(spot.value, str)


def _is_same(one: Any, same_by: Mapping[str, str]) -> bool:
    return isinstance(one, Mapping) and all(_text(one.get(k)) == v for k, v in same_by.items())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return "there" if value else "nothing"
    return "nothing" if value is None else str(value)
