"""Files whole or refused by name; logs, errors, checksums. Nothing of genomics."""
