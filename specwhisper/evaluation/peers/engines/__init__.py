"""Other engines, and ours, behind one face: audio of one clip in, tokens and seconds out."""
