"""The Vocabulary tab: what the ids of two vocabularies share, and one token or text in both."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import gradio as gr

from specwhisper.output.vocabulary import ids, relation
from specwhisper.service.answer import explain
from specwhisper.ui.events import UNQUEUED
from specwhisper.vocabulary.inspect import NAMES, NO_MAP, Band, Overview, overview
from specwhisper.vocabulary.lookup import FindCodec, Lookup, Reading, Token, look_up
from specwhisper.vocabulary.specials import Vocabulary

CHOICES = [
    ("English-only: 51,864 ids (.en models)", 51_864),
    ("Multilingual: 51,865 ids (to large-v2)", 51_865),
    ("Large-v3: 51,866 ids (v3, turbo)", 51_866),
]
SAMPLES = ("<|transcribe|>", "<|1.20|>", "<|yue|>", "50358", "Stew for dinner", "naïve 東京")
SHARES = {"Text": 4, "Start, languages": 3, "Cantonese": 2, "Tasks": 3, "Timestamps": 3}
"""Widths of the bands: drawn to scale, all but text would be lines."""


def create_vocabulary_tab(codec: FindCodec) -> None:
    """Build the tab inside the open ``gr.Tabs``."""
    with gr.Tab("Vocabulary", id="vocabulary", elem_id="vocabulary"):
        with gr.Row(elem_classes="sw-settings sw-vocabularies"):
            source = gr.Dropdown(CHOICES, value=51_865, label="Draft's vocabulary", filterable=False)
            target = gr.Dropdown(CHOICES, value=51_866, label="Main's vocabulary", filterable=False)
        seen = gr.HTML(overview_html(overview(Vocabulary(51_865), Vocabulary(51_866))), elem_id="id-space")
        with gr.Column(elem_classes="sw-settings"):
            with gr.Row(elem_classes="sw-ask"):
                query = gr.Textbox(
                    label="Id of the draft, special token, or text",
                    info="Digits are an id; in quotes they are text.",
                    placeholder="<|nl|>",
                    elem_id="token",
                    scale=5,
                )
                button = gr.Button("Look up", variant="primary", elem_id="look-up", scale=1, min_width=110)
            with gr.Row(elem_classes="sw-examples"):
                samples = [
                    gr.Button(sample, size="sm", min_width=60, elem_classes="sw-example sw-sample")
                    for sample in SAMPLES
                ]
            answer = gr.HTML(elem_id="looked-up")

    def show_ids(first: int, second: int) -> str:
        return overview_html(overview(Vocabulary(first), Vocabulary(second)))

    def show_token(asked: str, first: int, second: int) -> str:
        if not asked.strip():
            return ""
        try:
            return lookup_html(look_up(asked, Vocabulary(first), Vocabulary(second), codec))
        except Exception as error:  # noqa: BLE001 - explain() logs what is not the user's doing
            return f'<p class="sw-wrong" role="alert">{escape(explain(error))}</p>'

    find = {"fn": show_token, "inputs": [query, source, target], "outputs": answer, **UNQUEUED}
    for choice in (source, target):
        choice.change(show_ids, [source, target], seen, **UNQUEUED).then(**find)
    for ask in (button.click, query.submit):
        ask(**find)
    for sample, text in zip(samples, SAMPLES, strict=True):
        sample.click(_typed(text), outputs=query, **UNQUEUED).then(**find)


def overview_html(seen: Overview) -> str:
    """The finding, its numbers and the bar of the id space."""
    names = NAMES[seen.source.size], NAMES[seen.target.size]
    reason = "" if seen.mapped else f"<p>{NO_MAP}</p>"
    header = (
        f'<li class="sw-band sw-names"><b>Ids</b><span>{names[0]}</span><i></i><span>{names[1]}</span></li>'
    )
    return (
        f'<section class="sw-space"><h2>{escape(seen.finding)}</h2>{reason}{_tiles(seen)}'
        f'<ol class="sw-bands" aria-label="The id space, not to scale">{header}'
        + "".join(map(_band, seen.bands))
        + '</ol><p class="sw-note">Not to scale: nearly every id is text.</p></section>'
    )


def lookup_html(found: Lookup) -> str:
    """Both readings side by side, under the sentence that compares them."""
    finding = f'<p class="sw-found" role="status">{escape(found.finding)}</p>' if found.finding else ""
    return f'{finding}<div class="sw-pair">{_reading(found.source)}{_reading(found.target)}</div>'


def _tiles(seen: Overview) -> str:
    left, right = NAMES[seen.source.size], NAMES[seen.target.size]
    if seen.identical is not None:
        tiles = [
            ("Identical", f"{seen.identical:,}", f"of {seen.source.size:,} ids"),
            ("Shifted", f"{seen.shifted:,}", "same token, another id"),
        ]
    else:
        tiles = [
            ("Text ids", "No map", "other merges: sent as bytes"),
            ("Specials in both", f"{seen.specials:,}", "matched by name"),
        ]
    if seen.source != seen.target:
        missing, new = " ".join(seen.only_source), " ".join(seen.only_target)
        tiles += [
            (
                f"{'Unmapped' if seen.mapped else 'Specials'}, only in {left}",
                str(len(seen.only_source)),
                missing or "each has a counterpart",
            ),
            (f"New, only in {right}", str(len(seen.only_target)), new or "nothing new"),
        ]
    cells = (
        f"<div><dt>{name}</dt><dd>{value}<small>{escape(note)}</small></dd></div>"
        for name, value, note in tiles
    )
    return f'<dl class="sw-tiles">{"".join(cells)}</dl>'


def _band(band: Band) -> str:
    return (
        f'<li class="sw-band sw-{band.relation}" style="--share: {SHARES[band.name]}"><b>{band.name}</b>'
        f"{_cell(ids(band.source), band.source is None)}<i>{relation(band)}</i>"
        f"{_cell(ids(band.target), band.target is None)}</li>"
    )


def _cell(text: str, absent: bool) -> str:
    return f'<span class="sw-ids{" sw-absent" if absent else ""}">{text.replace("–", "–<wbr>")}</span>'


def _reading(reading: Reading) -> str:
    tokens = "".join(map(_token, reading.tokens))
    count = f"{len(reading.tokens)} token{'' if len(reading.tokens) == 1 else 's'}"
    note = f'<p class="sw-note">{escape(reading.note)}</p>' if reading.note else ""
    chips = f'<p class="sw-chips">{tokens}</p>' if tokens else ""
    return (
        f'<section class="sw-card"><header><h3>{NAMES[reading.vocabulary.size]}</h3>'
        f"<span>{count if tokens else ''}</span></header>{chips}{note}</section>"
    )


def _token(token: Token) -> str:
    text = escape(token.text).replace(" ", '<span class="sw-space-mark">␣</span>')
    return f'<span class="sw-chip"><span dir="auto">{text or "text"}</span><small>{token.id}</small></span>'


def _typed(text: str) -> Callable[[], str]:
    return lambda: text
