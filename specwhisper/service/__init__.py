"""What stands between the faces and the models: one owner, one line to wait in, requests checked once."""
