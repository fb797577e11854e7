"""Prints the largest contexts of a plan, and checks that each fits and that one more
position does not.

usage: contexts.py COMMAND ..."""

import re
import subprocess
import sys


def plan(*flags):
    return subprocess.run(
        [*sys.argv[1:], "--dry-run", *flags],
        capture_output=True,
        text=True,
        check=False,
    )


line = re.search(r"^largest context: .*$", plan("-c", "32").stdout, re.M)[0]
print(line)
for number, placement in re.findall(r"(\d+) (\w+)", line):
    flags = ["--no-timing", "--kv-placement", placement, "-c"]
    fits, more = plan(*flags, number), plan(*flags, str(int(number) + 1))
    assert fits.returncode == 0, fits.stderr
    assert more.returncode == 1 and "bytes per core" in more.stderr, more.stderr
    print(placement, "is the largest that fits")
