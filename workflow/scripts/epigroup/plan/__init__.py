"""What a config means before anything runs: trainings, hours, disk, scratch, files and jobs."""
