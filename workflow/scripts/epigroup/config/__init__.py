"""Config and sheet: read, completed, checked. It knows the stages; no stage knows it.

`schema` refuses what no config may hold, `settings` completes it and cuts it into the one dictionary that a rule is
given. What must be trained before what (`prerequisites`) follows from the config alone, so that every file of a run
is known before anything runs.
"""
