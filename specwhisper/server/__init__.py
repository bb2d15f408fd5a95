"""The HTTP face: routes of our own, and those that OpenAI's clients know."""
