"""Checks that every example of a dialect's description is in a test file.

usage: check-examples.py TEST.mlir FILE.td...

Examples are fenced mlir blocks and code in a paragraph that starts with
"Example:". The test file holds them literally, but for white space.
"""

import re
import sys


def squeeze(text):
    """Without the white space that only lays the text out."""
    return re.sub(r"\s+", " ", text).strip()


def examples(text):
    for block in re.findall(r"```mlir\n(.*?)```", text, re.DOTALL):
        yield squeeze(block)
    for paragraph in re.findall(r"Example: (`.*?)(?:\n\s*\n|\";|\}\])", text, re.DOTALL):
        for code in re.findall(r"`([^`]+)`", paragraph):
            yield squeeze(code)


def main(test, sources):
    with open(test) as file:
        held = squeeze(re.sub(r"^\s*//.*$", "", file.read(), flags=re.MULTILINE))
    missing, count = [], 0
    for path in sources:
        with open(path) as file:
            for example in examples(file.read()):
                count += 1
                if example not in held:
                    missing.append(f"{path}: {test} lacks the example: {example}")
    print("\n".join(missing) or f"{count} examples")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
