"""Runs the commands of a page and checks what the page says they print.

usage: check-tutorial.py PAGE.md FOLDER

Blocks of `sh` are run one after the other by bash in FOLDER, which is emptied
first. Another block right after one shows what its last command prints: the
texts between `...` occur in this order, whatever the white space.
"""

import pathlib
import re
import shutil
import subprocess
import sys


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def blocks(text):
    """Yields (language, content, line) of the fenced blocks."""
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start()) + 1
        yield match.group(1), match.group(2), line


def run(commands, folder, where):
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode:
        sys.exit(f"{where}: exit status {result.returncode}\n{result.stdout}")
    return result.stdout


def compare(expected, output, where):
    squeezed, position = squeeze(output), 0
    for part in expected.split("..."):
        part = squeeze(part)
        found = squeezed.find(part, position)
        if found < 0:
            sys.exit(f"{where}: expected\n  {part}\nin\n{output}")
        position = found + len(part)


def main(page, folder):
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = pathlib.Path(page).read_text()
    output, commands, checks = None, 0, 0
    for language, content, line in blocks(text):
        where = f"{page}:{line}"
        if language == "sh":
            output = run(content, folder, where)
            commands += 1
        else:
            if output is None:
                sys.exit(f"{where}: no command before")
            compare(content, output, where)
            checks += 1
    print(f"{commands} commands, {checks} outputs")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
