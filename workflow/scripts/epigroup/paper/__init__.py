"""A run beside the paper whose protocol it follows."""
