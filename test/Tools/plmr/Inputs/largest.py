"""Runs a command with a value of a flag that is too large, prints its error, and
checks that the largest value that the error names fits, and that one more does not.

usage: largest.py FLAG VALUE COMMAND ..."""

import re
import subprocess
import sys

flag, value, *command = sys.argv[1:]


def run(number):
    return subprocess.run(
        [*command, flag, str(number)], capture_output=True, text=True, check=False
    )


refused = run(value)
assert refused.returncode == 1 and refused.stderr.count("\n") == 1, refused.stderr
print(refused.stderr, end="")
largest = int(re.search(f"; at most {flag} ([0-9]+) fits on ", refused.stderr)[1])
fits, more = run(largest), run(largest + 1)
assert fits.returncode == 0, fits.stderr
assert more.returncode == 1 and f"{flag} {largest} fits" in more.stderr, more.stderr
print("the largest that fits")
