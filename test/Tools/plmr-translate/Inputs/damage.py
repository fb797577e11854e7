"""Writes damaged copies of a binary: damage.py FILE PREFIX."""

import struct
import sys


def patch(data, offset, replacement):
    return data[:offset] + replacement + data[offset + len(replacement) :]


def main(path, prefix):
    with open(path, "rb") as file:
        data = file.read()
    # The offset of section 1, the code (docs/Binary.md).
    (code,) = struct.unpack_from("<Q", data, 16 + 24 + 8)
    copies = {
        "empty": b"",
        "version": patch(data, 4, struct.pack("<I", 9)),
        "cut": data[: code + 8],
        "long": data + bytes(4),
        "opcode": patch(data, code, b"\x7f"),
    }
    for name, copy in copies.items():
        with open(f"{prefix}.{name}.plmr", "wb") as file:
            file.write(copy)


if __name__ == "__main__":
    main(*sys.argv[1:])
