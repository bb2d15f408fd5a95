"""A decoder pass as one compiled function, for CPUs: no library call between its first layer and its last.

In a small model the calls themselves are most of a step, and a library's matrix product doubles in price
from one row to a few. Here the weights lie in memory as the kernel reads them, once for all rows of a pass,
so verifying a few tokens costs little more than writing one does.

From the bottom up: :mod:`jit` compiles, :mod:`kernel_cache` keeps, :mod:`denormals` and :mod:`tiles`
multiply without denormal numbers, :mod:`maths` holds what else a layer does, :mod:`barrier` shares phases
between threads, :mod:`pack_kv` lays out keys and values, :mod:`attend` holds the two attentions,
:mod:`passes` the whole, :mod:`thread_pool` its threads, :mod:`packing` the layout of weights,
:mod:`packed_store` keeps them on disk, :mod:`machine` measures what is quick here, :mod:`cross_cache`
lays out a clip, :mod:`workspace` is the memory they work in, :mod:`decoder` the entrance. :mod:`encode`
and :mod:`encoder` are the same for hundreds of positions at once, :mod:`choose` decides on a token.
"""
