"""The figures of a comparison: data in, plotly figure out.

Only the ``figures*`` files know plotly; a face hands the figure on without looking inside.
"""

from specwhisper.output.figures_acceptance import acceptance_heatmap
from specwhisper.output.figures_timing import timing_bars, tokens_over_time

__all__ = ["acceptance_heatmap", "timing_bars", "tokens_over_time"]
