"""A report as one file: HTML that asks nothing of any network, and its Markdown twin."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5a6673; --paper: #ffffff; --card: #f5f7f9;
  --line: #dde3e9; --accent: #1f6fa8; --shade: #1b243033; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #9fabb8; --paper: #12181f;
  --card: #1a222b; --line: #2c3742; --accent: #6db3e3; --shade: #9fabb855; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 40px 20px 80px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; letter-spacing: -0.01em; }
h2 { font-size: 21px; margin: 48px 0 12px; padding-top: 20px; border-top: 1px solid var(--line); }
h3 { font-size: 17px; margin: 28px 0 8px; }
p, li { max-width: 72ch; } p.lead { color: var(--soft); margin: 0 0 12px; }
a { color: var(--accent); }
code { background: var(--card); border-radius: 4px; padding: 1px 5px; font-size: 0.9em;
  overflow-wrap: anywhere; }
pre { background: var(--card); border-radius: 8px; padding: 12px 14px; overflow-x: auto; }
pre code { padding: 0; }
.scroll { overflow-x: auto; margin: 12px 0; background: /* a shadow where there is more to see */
  linear-gradient(var(--paper), var(--paper)) left / 24px 100% no-repeat local,
  linear-gradient(var(--paper), var(--paper)) right / 24px 100% no-repeat local,
  linear-gradient(to right, var(--shade), transparent) left / 14px 100% no-repeat scroll,
  linear-gradient(to left, var(--shade), transparent) right / 14px 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; min-width: 50%; }
th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top;
  white-space: nowrap; }
figure { margin: 20px 0; padding: 14px 8px 8px; background: var(--card); border-radius: 10px;
  overflow: hidden; max-width: 1000px; }
figcaption { padding: 0 12px; line-height: 1.35; }
figcaption b { display: block; font-weight: 600; }
figcaption span { color: var(--soft); font-size: 13px; }
.xtick text, .ytick text, .xtitle, .ytitle, .legendtext { fill: var(--soft) !important; }
"""


_TOP = 16  # pixels above a drawing


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what is said below it (Markdown), and figures (plotly)."""

    title: str
    text: str
    figures: tuple[Any, ...] = ()


def to_markdown(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The report as text; the figures are in its HTML twin alone."""
    parts = [f"# {title}\n\n{lead}\n"]
    parts += [f"## {section.title}\n\n{section.text.strip()}\n" for section in sections]
    return "\n".join(parts)


def to_html(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The report as a page of its own, its script and its style inside."""
    body = "".join(_section(number, section) for number, section in enumerate(sections))
    script = f"<script>{_plotly()}</script>" if any(section.figures for section in sections) else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>{script}</head>\n"
        f'<body><main><h1>{html.escape(title)}</h1><p class="lead">{html.escape(lead)}</p>\n{body}'
        "</main></body></html>\n"
    )


def markdown_to_html(text: str) -> str:
    """Our own Markdown (tables included) as HTML; raw HTML in it is shown, not obeyed."""
    from markdown_it import MarkdownIt

    rendered = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    return rendered.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")


def _section(number: int, section: Section) -> str:
    drawn = "".join(_figure(f"figure-{number}-{at}", each) for at, each in enumerate(section.figures))
    return (
        f"<section><h2>{html.escape(section.title)}</h2>{markdown_to_html(section.text)}{drawn}</section>\n"
    )


def _figure(name: str, figure: Any) -> str:
    """A figure below its caption: text of the page wraps on a phone, a title inside the drawing does not."""
    layout = figure.layout
    caption = layout.title.text or "figure", layout.title.subtitle.text or ""  # escaped by whoever wrote them
    saved = (layout.margin.t or 0) - _TOP
    bare = type(figure)(figure).update_layout(title=None, margin_t=_TOP, height=layout.height - saved)
    drawn = bare.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"displayModeBar": False, "responsive": True},
    )
    label = html.escape(html.unescape(caption[0]), quote=True)
    return (
        f'<figure role="img" aria-label="{label}"><figcaption><b>{caption[0]}</b><span>{caption[1]}</span>'
        f"</figcaption>{drawn}</figure>\n"
    )


@lru_cache(maxsize=1)
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
