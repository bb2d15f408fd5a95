"""Who proposes: a small model, a text that is known, or one after the other."""
