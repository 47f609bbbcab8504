"""Models -> scores of bins, of regions, and scores from elsewhere.

`predict` writes the predictions files, `external` makes them of other programs' scores; every later judgement reads
these files and no network.
"""
