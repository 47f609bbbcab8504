"""What was done, in words, and whom to cite."""
