"""Compares what `plmr bench` wrote in two formats and what `plmr run` reports."""

import csv
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
first, second, run = (
    json.loads((folder / f"{name}.json").read_text()) for name in ("a", "b", "run")
)

keys = [
    "model_filename", "model_type", "device", "clock_hz", "mesh", "n_ctx", "chunk",
    "type_kv", "n_prompt", "n_gen", "repetitions", "compile_seconds", "load_seconds",
    "avg_ts", "stddev_ts", "cycles_per_token", "device_ts",
]  # fmt: skip
varying = {"repetitions", "compile_seconds", "load_seconds", "avg_ts", "stddev_ts"}


def fixed(row):
    return {key: value for key, value in row.items() if key not in varying}


assert [list(row) for row in first] == [keys, keys]
assert [fixed(row) for row in first] == [fixed(row) for row in second]
assert [(row["n_prompt"], row["n_gen"]) for row in first] == [(2, 0), (0, 3)]
for row in first:
    assert (row["mesh"], row["n_ctx"], row["chunk"], row["type_kv"]) == ("3x2", 16, 0, "f16")
    assert row["avg_ts"] > 0 and row["stddev_ts"] >= 0
    assert abs(row["device_ts"] * row["cycles_per_token"] / row["clock_hz"] - 1) < 1e-12
assert [row["stddev_ts"] for row in second] == [0, 0]

cycles = [launch["cycles"] for launch in run["launches"]]
assert first[0]["cycles_per_token"] == sum(cycles[:2]) / 2
assert first[1]["cycles_per_token"] == sum(cycles) / 3

with (folder / "a.csv").open(newline="") as file:
    rows = list(csv.DictReader(file))
for row, expected in zip(rows, first, strict=True):
    assert list(row) == keys
    for key, value in fixed(expected).items():
        assert (row[key] if isinstance(value, str) else json.loads(row[key])) == value
with (folder / "untimed.csv").open(newline="") as file:
    assert next(csv.reader(file)) == keys[:-2]
print("same cycles, keys and values")
