"""A trained strategy as a folder of its own, which runs without this workflow: weights, code, model card, ONNX."""
