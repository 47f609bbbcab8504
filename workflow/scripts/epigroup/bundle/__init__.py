"""A trained strategy as a folder of its own, which runs without this workflow: weights, code, model card, ONNX."""

# Names of a bundle's files, by what they are.
FILES = {
    "weights": "model.safetensors",
    "config": "config.json",
    "code": "model.py",
    "card": "README.md",
    "kipoi": "model.yaml",
    "test": "test.safetensors",
}
ONNX = "model.onnx"
