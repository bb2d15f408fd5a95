"""Captions while somebody speaks: sound comes in, text goes out."""
