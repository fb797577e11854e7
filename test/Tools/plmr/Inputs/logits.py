"""Compares the logits of a run with recorded ones: files, rows."""

import sys

import numpy as np

actual = np.fromfile(sys.argv[1], dtype="<f4").reshape(int(sys.argv[3]), -1)
expected = np.load(sys.argv[2])[: len(actual)]
assert actual.shape == expected.shape, (actual.shape, expected.shape)
difference = np.abs(actual - expected).max()
assert difference < 5e-5, difference
