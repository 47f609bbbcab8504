"""What a config means before anything runs: trainings, hours, disk and jobs."""
