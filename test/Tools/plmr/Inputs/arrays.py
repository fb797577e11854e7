"""Makes the arrays of exec.test, and checks its results against NumPy."""

import json
import sys

import numpy as np

command, folder = sys.argv[1:]
x = np.random.default_rng(7).standard_normal((2, 10)).astype("f4")
if command == "make":
    np.save(folder + "/x.npy", x)
    np.save(folder + "/half.npy", x.astype("f2"))
    np.save(folder + "/flat.npy", x.ravel())
elif command == "check":
    y = x * np.float32(0.5)
    y[1] += y[0]
    result = np.load(folder + "/y.npy")
    assert result.dtype == "f4" and np.array_equal(result, y)
    result = np.load(folder + "/z.npy")
    assert result.dtype == "f2" and np.array_equal(result, y.astype("f2"))
    report = json.load(open(folder + "/report.json"))
    assert report["device"] == "tiny" and report["mesh"] == {"columns": 2, "rows": 1}
    assert report["budgets"]["sram_bytes"] == {"used": 100, "budget": 49152}
    assert report["operations"] == [
        {"name": "sum", "algorithm": "right", "bytes_per_core": 40, "hops": 1, "colours": [0]}
    ]
    assert report["check"] and report["launch"] == "main"
    assert report["contended"] == 0 and report["cycles"] > 30
    assert report["wavelets"] == 10 and report["hops"] == 10
elif command == "check-half":
    y = x.astype("f2").astype("f4") * np.float32(0.5)
    y[1] += y[0]
    assert np.array_equal(np.load(folder + "/y.npy"), y)
