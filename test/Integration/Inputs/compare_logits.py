# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fails unless two files of float32 differ by at most LIMIT.

  compare_logits.py A B LIMIT
"""
import sys

import numpy as np

a, b = (np.fromfile(path, "<f4") for path in sys.argv[1:3])
assert a.size == b.size and a.size > 0, f"{a.size} and {b.size} values"
assert a.std() > 0.5, "expected logits that differ from each other"
worst = float(np.abs(a - b).max())
print(f"largest difference {worst:.3g} of {a.size} logits")
sys.exit(worst > float(sys.argv[3]))
