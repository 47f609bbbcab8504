"""What a job's code is: a digest that changes with the logic and with nothing else."""
