"""The forms that create and change an instance, as their templates print them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kuberedis_core.body import Body
from kuberedis_dashboard.views.conflict import Difference
from kuberedis_dashboard.views.effects import Effect
from kuberedis_dashboard.views.fields import Field, fields
from kuberedis_dashboard.views.form_values import Values
from kuberedis_dashboard.views.manifests import as_yaml, kubectl_apply
from kuberedis_dashboard.views.refusals import Refusal

_LATER = "paused"
"""A new instance is not paused."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field with its value."""

    field: Field
    value: str
    problems: tuple[str, ...] = ()
    note: str = ""
    """What somebody else made of it meanwhile."""

    @property
    def id(self) -> str:
        """Its id in the page."""
        return f"field-{self.field.path.replace('.', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestForm:
    """A form for a manifest."""

    namespace: str
    name: str
    common: tuple[FormField, ...]
    others: tuple[FormField, ...]
    """The fields that are folded away."""
    refusal: Refusal
    is_checked: bool
    """The API server has seen the manifest, and would take it unless there is a refusal."""
    yaml: str
    command: str
    """The same as a command for a shell."""
    effects: tuple[Effect, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether a field that is folded away says something that has to be seen."""
        return any(each.problems or each.note or each.value not in ("", each.field.default) for each in self.others)


def fields_of_new() -> tuple[Field, ...]:
    """The fields of a new instance."""
    return tuple(each for each in fields() if each.path != _LATER)


def fields_of_change() -> tuple[Field, ...]:
    """The fields that can change."""
    return tuple(each for each in fields() if not each.is_fixed)


def manifest_form(
    body: Body,
    shown: Sequence[Field],
    values: Values,
    refusal: Refusal | None = None,
    *,
    is_checked: bool = False,
    effects: Iterable[Effect] = (),
    differences: Iterable[Difference] = (),
) -> ManifestForm:
    """The form for a manifest.

    Args:
        body: The manifest that the values lead to.
        shown: The fields of the form.
        values: Their texts.
        refusal: What the API server says of it, if it refuses it.
        is_checked: Whether the API server has seen it.
        effects: What it changes.
        differences: What somebody else changed meanwhile.
    """
    refused, different = refusal or Refusal(), tuple(differences)
    notes = {each.path: f"Somebody else made it {each.theirs or 'empty'} meanwhile." for each in different}
    found = tuple(_form_field(each, values, refused.by_field, notes) for each in shown)
    return ManifestForm(
        namespace=body["metadata"].get("namespace", ""),
        name=body["metadata"].get("name", ""),
        common=tuple(each for each in found if each.field.is_common),
        others=tuple(each for each in found if not each.field.is_common),
        refusal=refused,
        is_checked=is_checked,
        yaml=as_yaml(body),
        command=kubectl_apply(body),
        effects=tuple(effects),
        differences=different,
    )


def _form_field(each: Field, values: Values, problems: Mapping[str, tuple[str, ...]], notes: Mapping[str, str]) -> FormField:
    return FormField(each, values.get(each.path, ""), problems.get(each.path, ()), notes.get(each.path, ""))
