"""``benchmark --mode text``: what a text that exists already is worth as a draft."""
