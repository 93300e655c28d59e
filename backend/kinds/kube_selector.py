"""Label selectors as Kubernetes has them: which labels they choose, and how people write them."""

from __future__ import annotations

from typing import Any, Callable, Mapping

Labels = Mapping[str, Any]


def chooses(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether labels meet a selector: all its ``matchLabels`` and ``matchExpressions``.

    An empty one is met by all; an operator that nobody knows by none.
    """
    equal = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in equal.items()):
        return False
    return all(_holds(one, labels) for one in selector.get("matchExpressions") or ())


def _holds(one: Mapping[str, Any], labels: Labels) -> bool:
    holds = _OPERATORS.get(str(one.get("operator")))
    return holds is not None and holds(str(one.get("key")), one.get("values") or (), labels)


_OPERATORS: Mapping[str, Callable[[str, Any, Labels], bool]] = {
    "In": lambda key, values, labels: labels.get(key) in values,
    "NotIn": lambda key, values, labels: labels.get(key) not in values,
    "Exists": lambda key, _values, labels: key in labels,
    "DoesNotExist": lambda key, _values, labels: key not in labels,
}


def written(selector: Mapping[str, Any]) -> str:
    """Return a selector as kubectl writes it: ``app=web,tier in (a,b),!old``; "" for all."""
    equal = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    return ",".join([*equal, *map(_written, selector.get("matchExpressions") or ())])


def _written(one: Mapping[str, Any]) -> str:
    key, operator = one.get("key"), one.get("operator")
    if operator in ("In", "NotIn"):
        word = "in" if operator == "In" else "notin"
        return f"{key} {word} ({','.join(map(str, one.get('values') or ()))})"
    return {"Exists": f"{key}", "DoesNotExist": f"!{key}"}.get(str(operator), f"{key} {operator}")
