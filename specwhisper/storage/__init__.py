"""What is kept on disk between runs: folders, locks, files of tensors."""
