"""A decoder pass as one compiled function, for CPUs: no library call between its first layer and its last.

In a small model the calls themselves are most of a step, and a library's matrix product doubles in price
from one row to a few. Here the weights lie in memory as the kernel reads them, once for all rows of a pass,
so verifying seven tokens costs about one and a half times what writing one does.

From the bottom up: :mod:`jit` compiles and caches, :mod:`tiles` multiplies, :mod:`maths` holds what else a
layer does, :mod:`keep` lays out keys and values, :mod:`attend` the two attentions, :mod:`passes` the whole,
:mod:`team` its threads, :mod:`packing` the layout of weights, :mod:`heard` that of a clip, :mod:`workspace`
the memory they work in, :mod:`decoder` the door. :mod:`encode` and :mod:`encoder` are the same for hundreds
of positions at once, :mod:`choose` decides on a token.
"""
