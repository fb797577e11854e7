"""Compares what a plan predicts with what its program takes.

plan.py PLAN REPORT TOLERANCE: the cycles of all launches of a run of the planned
numbers of tokens.
"""

import json
import sys

plan = json.load(open(sys.argv[1]))
report = json.load(open(sys.argv[2]))
predicted = plan["predicted"]
actual = sum(launch["cycles"] for launch in report["launches"])
assert len(report["prompt_ids"]) == predicted["prompt"], report["prompt_ids"]
assert len(report["ids"]) == predicted["generate"], report["ids"]
assert predicted["sram"] == report["budgets"]["sram_bytes"]["used"]
error = predicted["cycles"] / actual - 1
if abs(error) > float(sys.argv[3]):
    sys.exit(f"predicted {predicted['cycles']} but got {actual} ({error:+.1%})")
print("as predicted")
