"""What is wrong with a form, in our own words: those of the libraries that read it speak of their insides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specwhisper.names import shown

RECORDINGS = ("file", "files")
"""Fields that are recordings, whatever their part says of itself."""

_LONGEST = 60  # characters of a value that was sent

_ALLOWED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "float_parsing": "a number",
    "float_type": "a number",
    "string_type": "text",
}
"""Kinds of pydantic's complaints -> what may be sent."""

_FORM = (
    ("Missing boundary", "its Content-Type names no boundary: let your HTTP client write that header"),
    ("Too many files", "it holds more files than can be read: send them in several requests"),
    ("Too many fields", "it holds more fields than can be read: send those that the route has"),
    ("exceeded maximum size", "a field of text is larger than 1 MiB: send a recording in the field 'file'"),
    ("Content-Disposition", "a part of it has no name: name every part in its Content-Disposition header"),
)
"""Beginnings or parts of the complaints of Starlette's parsers -> ours."""

_BROKEN = "it is damaged or breaks off: send it whole, as multipart form data"


def about_field(complaint: Mapping[str, Any]) -> tuple[str, str]:
    """Which field is wrong, and the sentence about it.

    Args:
        complaint: one of pydantic's.
    """
    place: Sequence[object] = complaint.get("loc") or ()
    field = str(place[1] if len(place) > 1 else "body")
    kind, given = complaint.get("type"), complaint.get("input")
    if kind == "missing" and field in RECORDINGS:
        sent = f"send a recording in it, as multipart form data (curl -F {field}=@talk.mp3)"
        return field, f"The field {field!r} is missing: {sent}."
    if kind == "missing":
        return field, f"The field {field!r} is missing or empty: fill it in."
    if field in RECORDINGS:
        return field, f"The field {field!r} is a recording: send it as a file (curl -F {field}=@talk.mp3)."
    allowed = _ALLOWED.get(str(kind))
    if allowed is None:
        return field, f"The field {field!r} cannot be used as it was sent: see /docs for what it takes."
    sent = f"'{shown(given, _LONGEST)}'" if isinstance(given, str) else "a file"
    return field, f"The field {field!r} is {allowed}, not {sent}."


def about_form(complaint: str) -> str:
    """The sentence about a form that cannot be read.

    Args:
        complaint: of the parser.
    """
    return f"The form cannot be read: {next((own for said, own in _FORM if said in complaint), _BROKEN)}."
