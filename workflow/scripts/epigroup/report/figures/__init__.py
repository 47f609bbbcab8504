"""The figures, and the numbers that each is drawn from."""
