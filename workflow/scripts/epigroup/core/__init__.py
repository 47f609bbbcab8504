"""Files whole or refused by name; logs, errors, checksums. Nothing of genomics.

Who writes a file does it inside `files.whole` or through `hdf5`, so that a name is there only when its content is. What
the workflow itself has written is read through `text_files`, `tables` and `hdf5`, which refuse by name what is cut or
damaged. A fault of the user's is an `errors.InputError`, whose text is all that the user reads.
"""
