"""Layers, losses and the model file.

`architecture` says in numbers what a network is and needs no PyTorch; `networks` builds it. `model_files` is the one
form in which networks are kept: the groups of a pack with their tasks and settings.
"""
