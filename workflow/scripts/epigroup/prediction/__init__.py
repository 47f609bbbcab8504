"""Models -> scores of bins, of regions, and scores from elsewhere."""
