"""Writes the arrays of batch.mlir, or compares what a program made of them.

usage: batch.py write|compare FOLDER
"""

import sys

import numpy as np

SHAPES = {"a": (1, 5, 8), "b": (1, 8, 6), "gain": (6,), "w": (6, 7)}


def main(what, folder):
    random = np.random.default_rng(4)
    x = {name: random.standard_normal(shape) for name, shape in SHAPES.items()}
    if what == "write":
        for name, values in x.items():
            np.save(f"{folder}/{name}.npy", values.astype(np.float32))
        return
    p = x["a"] @ x["b"]
    p = x["gain"] * p / np.sqrt(np.mean(p * p, axis=-1, keepdims=True) + 1e-5)
    expected = np.maximum(p @ x["w"] + 0.5, 0)
    actual = np.load(f"{folder}/y.npy")
    assert actual.shape == expected.shape, actual.shape
    assert (expected > 0).any() and (expected == 0).any()
    print("equal" if np.abs(actual - expected).max() < 1e-5 else "different")


if __name__ == "__main__":
    main(*sys.argv[1:])
