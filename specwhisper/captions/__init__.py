"""Captions and texts that somebody already has: read, and written back with other words."""
