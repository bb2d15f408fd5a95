"""Two vocabularies beside each other: counts that agree with the exact map, bands without gaps."""

from __future__ import annotations

import itertools

import pytest

from specwhisper.output.vocabulary import as_dict, describe
from specwhisper.vocabulary.inspect import overview
from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.specials import Vocabulary

ENGLISH, MULTILINGUAL, V3 = (Vocabulary(size) for size in (51_864, 51_865, 51_866))
PAIRS = list(itertools.product((ENGLISH, MULTILINGUAL, V3), repeat=2))


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_bands_cover_both_id_spaces_without_gaps(source: Vocabulary, target: Vocabulary) -> None:
    seen = overview(source, target)
    for vocabulary, spans in (
        (source, [band.source for band in seen.bands if band.source]),
        (target, [band.target for band in seen.bands if band.target]),
    ):
        assert spans[0].first == 0
        assert spans[-1].last == vocabulary.size - 1
        assert all(right.first == left.last + 1 for left, right in itertools.pairwise(spans))


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_bands_and_counts_say_what_the_map_says(source: Vocabulary, target: Vocabulary) -> None:
    seen = overview(source, target)
    if source.end_of_text != target.end_of_text:
        assert not seen.mapped
        assert seen.bands[0].relation == "differs"
        assert all(band.relation in ("shifted", "absent") for band in seen.bands[1:])
        return
    remap = Remap.between(source, target)
    lengths = dict.fromkeys(("same", "shifted", "absent"), 0)
    for band in seen.bands:
        lengths[band.relation] += len(band.source) if band.source else 0
        for token in (band.source.first, band.source.last) if band.source else ():
            expected = None if band.relation == "absent" else token + band.offset
            assert remap.get(token) == expected
    assert (seen.identical, seen.shifted) == (remap.identical, remap.shifted)
    assert lengths == {"same": remap.identical, "shifted": remap.shifted, "absent": remap.table.count(-1)}


def test_multilingual_to_large_v3() -> None:
    seen = overview(MULTILINGUAL, V3)
    assert (seen.identical, seen.shifted, seen.only_source, seen.only_target) == (
        50_358,
        1_507,
        (),
        ("<|yue|>",),
    )
    assert seen.finding == "50,358 ids mean the same in both, 1,507 move up by 1."
    assert "down by 1" in overview(V3, MULTILINGUAL).finding
    assert overview(V3, V3).finding == "All 51,866 ids mean the same in both."
    assert overview(ENGLISH, V3).specials == 1_608


def test_in_words_and_as_data() -> None:
    text = describe(overview(ENGLISH, MULTILINGUAL))
    assert "as bytes" in text
    assert "50,256–50,356" in text
    data = as_dict(overview(MULTILINGUAL, V3))
    assert data["lookup"] is None
    assert data["bands"][2] == {
        "name": "Cantonese",
        "source": None,
        "target": {"first": 50_358, "last": 50_358},
        "relation": "absent",
        "offset": 0,
    }
