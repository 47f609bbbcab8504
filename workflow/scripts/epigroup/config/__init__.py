"""Config and sheet: read, completed, checked. It knows the stages; no stage knows it."""
