"""A genome, profiles and reads whose truth is known."""
