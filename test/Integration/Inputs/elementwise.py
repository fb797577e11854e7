"""Runs elementwise operations that cores lack, and compares with f64.

usage: elementwise.py ELEMENT FOLDER, where ELEMENT is f32 or f16"""

import math
import pathlib
import subprocess
import sys

import numpy as np

element, folder = sys.argv[1], pathlib.Path(sys.argv[2])
dtype = np.dtype({"f32": "f4", "f16": "f2"}[element])
eps = 2.0**-24
erf = np.vectorize(math.erf)
erfc = np.vectorize(math.erfc)

rng = np.random.default_rng(5)
edges = [0, -0.0, 1, -1, 1e-30, -1e-30, 1e-42, 1e-8, 3e-4, 20, -20, 88, -88, 1e4, 3e38]
edges += [np.inf, -np.inf, np.nan]
with np.errstate(over="ignore"):
    x = np.array([*edges, *rng.standard_normal(150) * 3, *rng.uniform(-10, 10, 39)]).astype(dtype)
y = np.roll(x, 23)
size = len(x)

# Operation, its operands (a number stands for a constant), the exact value and
# the largest error (docs/Passes.md) as a function of x, y and the exact value.
exact = lambda x, y, z: 0 * z
cases = [
    ("math.absf", "x", lambda x, y: np.abs(x), exact),
    ("arith.minimumf", "x y", np.minimum, exact),
    ("math.clampf", "x to [y 2.0]", lambda x, y: np.minimum(np.maximum(x, y), 2), exact),
    ("math.sqrt", "x", lambda x, y: np.sqrt(x), lambda x, y, z: 2 * eps * z),
    ("math.tanh", "x", lambda x, y: np.tanh(x), lambda x, y, z: 2.5e-7),
    ("math.sinh", "x", lambda x, y: np.sinh(x), lambda x, y, z: np.maximum(2e-7, 3e-7 * np.abs(z))),
    ("math.cosh", "x", lambda x, y: np.cosh(x), lambda x, y, z: np.maximum(2e-7, 3e-7 * z)),
    ("math.exp2", "x", lambda x, y: np.exp2(x), lambda x, y, z: (2e-7 + 1.2e-7 * np.abs(x)) * z),
    ("math.expm1", "x", lambda x, y: np.expm1(x), lambda x, y, z: 2e-7 * np.maximum(1, z + 1)),
    ("math.erf", "x", lambda x, y: erf(x), lambda x, y, z: 7e-7),
    ("math.erfc", "x", lambda x, y: erfc(x), lambda x, y, z: 7e-7),
    (
        "math.fma",
        "x y 0.25",
        lambda x, y: x * y + 0.25,
        lambda x, y, z: eps * (np.abs(x * y) + np.abs(z)),
    ),
]
for exponent in (0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -2.5, 2.0, 3.0, -4.0, 7.0, 16.0):
    # A half is the root's, also of -inf and -0.
    def power(x, y, size=abs(exponent), sign=np.sign(exponent)):
        product = np.power(x, size // 1) * (np.sqrt(x) if size % 1 else 1)
        return 1 / product if sign < 0 else product

    bound = lambda x, y, z, exponent=exponent: (abs(exponent) + 3) * eps * np.abs(z)
    cases.append(("math.powf", f"x {exponent}", power, bound))


def build():
    tensor = f"tensor<{size}x{element}>"
    lines = []
    for i, (name, operands, *_) in enumerate(cases):
        words = []
        for j, word in enumerate(operands.split()):
            if word.strip("[]-").replace(".", "").isdigit():
                number = f"%c{i}_{j}"
                lines.append(f"{number} = arith.constant dense<{word.strip('[]')}> : {tensor}")
                words.append(number + "]" * word.endswith("]"))
            else:
                words.append(word.replace("x", "%x").replace("y", "%y"))
        text = ", ".join(words).replace(", to, ", " to ")
        lines.append(f"%r{i} = {name} {text} : {tensor}")
    results = ", ".join(f"%r{i}" for i in range(len(cases)))
    types = ", ".join([tensor] * len(cases))
    lines.append(f"return {results} : {types}")
    body = "\n  ".join(lines)
    return f"func.func @main(%x: {tensor}, %y: {tensor}) -> ({types}) {{\n  {body}\n}}\n"


def check(name, actual, wanted, bound):
    """All that is not finite agrees; of the rest the largest part of the bound."""
    with np.errstate(over="ignore"):
        narrow = wanted.astype(dtype)
    finite = np.isfinite(narrow)
    np.testing.assert_array_equal(actual[~finite], narrow[~finite], err_msg=name)
    # Rounding to f16, and what is below the smallest normal number.
    if element == "f16":
        bound = bound + np.abs(wanted) * 2.0**-11
    bound = np.broadcast_to(bound, wanted.shape) + np.finfo(dtype).tiny
    error = np.abs(actual.astype("f8") - wanted)
    wrong = finite & ~(error <= bound)
    for i in np.flatnonzero(wrong)[:1]:
        sys.exit(f"{name}: x {x[i]} y {y[i]}: got {actual[i]}, exactly {wanted[i]}")
    return (error / bound)[finite].max()


folder.mkdir(parents=True, exist_ok=True)
(folder / "graph.mlir").write_text(build())
np.save(folder / "x.npy", x)
np.save(folder / "y.npy", y)
program = folder / "graph.plmr"
compile_command = ["plmr", "compile", "-m", folder / "graph.mlir", "--device", "lab"]
subprocess.run([*compile_command, "--mesh", "3x4", "-o", program], check=True)
arguments = [f"--input={folder}/{name}.npy" for name in "xy"]
arguments += [f"--output={folder}/{i}.npy" for i in range(len(cases))]
subprocess.run(["plmr", "exec", program, *arguments, "--check"], check=True)
wide_x, wide_y = x.astype("f8"), y.astype("f8")
for i, (name, operands, function, get_bound) in enumerate(cases):
    with np.errstate(all="ignore"):
        wanted = function(wide_x, wide_y)
        bound = np.nan_to_num(get_bound(wide_x, wide_y, wanted), posinf=0, neginf=0)
        share = check(f"{name} {operands}", np.load(folder / f"{i}.npy"), wanted, bound)
    print(f"{name} {operands}: {share:.2f} of the largest error")
print("all results as exact as stated")
