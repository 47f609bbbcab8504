"""Predictions -> metrics."""
