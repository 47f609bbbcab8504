"""The first config and the first sheet of a user's own data, written from what the files tell."""
