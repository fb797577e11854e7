"""full.py OUT COMMAND...: runs a command that can write nothing to files, with
OUT as its standard output and a pipe as its standard error."""

import resource
import signal
import subprocess
import sys


def limit():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


with open(sys.argv[1], "w") as out:
    result = subprocess.run(
        sys.argv[2:],
        stdout=out,
        stderr=subprocess.PIPE,
        restore_signals=False,
        preexec_fn=limit,
    )
sys.stdout.buffer.write(result.stderr)
sys.exit(result.returncode)
