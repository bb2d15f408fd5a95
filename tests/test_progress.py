"""A part's progress is told as progress of the whole."""

from specwhisper.progress import part_of, unwatched


def test_a_part_fills_its_stretch_of_the_whole() -> None:
    told: list[tuple[float, str]] = []
    part = part_of(lambda fraction, message: told.append((fraction, message)), 0.5, 0.75, "tiny")
    for fraction in (0.0, 0.5, 1.0):
        part(fraction, "reading")
    assert told == [(0.5, "tiny: reading"), (0.625, "tiny: reading"), (0.75, "tiny: reading")]


def test_parts_nest_and_a_part_without_a_name_says_what_it_was_told() -> None:
    told: list[tuple[float, str]] = []
    outer = part_of(lambda fraction, message: told.append((fraction, message)), 0.0, 0.5)
    part_of(outer, 0.5, 1.0)(0.5, "reading")
    assert told == [(0.375, "reading")]


def test_nobody_has_to_watch() -> None:
    unwatched(0.5, "reading")
