"""The web app: one small file per tab, one owner of the engine, no logic of its own."""
