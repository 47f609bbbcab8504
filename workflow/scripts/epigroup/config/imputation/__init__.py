"""The section `imputation`: runs that are nothing else, and tracks of the sheet."""
