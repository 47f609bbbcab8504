"""Results -> one page that holds all it shows.

`page` writes it, `order` lists its sections; `figures` draws, and keeps the numbers of each figure beside it. Nothing
here is read by a later stage.
"""
