"""Layers, losses and the model file."""
