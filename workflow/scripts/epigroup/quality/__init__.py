"""What is measured of a profile's reads, and its grade."""
