# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Stores the matrices of an F32 GGUF file in another type, twice.

  requantise.py MODEL.gguf TYPE STORED.gguf DEQUANTISED.gguf

STORED holds the matrices in TYPE (f16, bf16, q8_0 or q4_0; a row that is no
multiple of 32 becomes f16), DEQUANTISED the same values as F32.
"""
import struct
import sys

import numpy as np

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 8, "bf16": 30}


def skip_value(data: bytes, at: int, kind: int) -> int:
    """Returns where the value of type `kind` at `at` ends."""
    if kind == 8:
        return at + 8 + struct.unpack_from("<Q", data, at)[0]
    if kind == 9:
        kind, count = struct.unpack_from("<IQ", data, at)
        at += 12
        if kind in SIZES:
            return at + SIZES[kind] * count
        for _ in range(count):
            at = skip_value(data, at, kind)
        return at
    return at + SIZES[kind]


def read(path: str):
    """Returns the entries' bytes, their number and the tensors."""
    data = open(path, "rb").read()
    tensor_count, entry_count = struct.unpack_from("<QQ", data, 8)
    at = start = 24
    for _ in range(entry_count):
        at = skip_value(data, at, 8)
        kind = struct.unpack_from("<I", data, at)[0]
        at = skip_value(data, at + 4, kind)
    entries = data[start:at]
    infos = []
    for _ in range(tensor_count):
        length = struct.unpack_from("<Q", data, at)[0]
        name = data[at + 8:at + 8 + length]
        at += 8 + length
        rank = struct.unpack_from("<I", data, at)[0]
        shape = struct.unpack_from(f"<{rank}Q", data, at + 4)
        kind, offset = struct.unpack_from("<IQ", data, at + 4 + 8 * rank)
        assert kind == 0, "expected F32 tensors"
        at += 16 + 8 * rank
        infos.append((name, shape, offset))
    base = (at + 31) // 32 * 32
    tensors = []
    for name, shape, offset in infos:
        count = int(np.prod(shape))
        values = np.frombuffer(data, "<f4", count, base + offset)
        tensors.append((name, shape, values))
    return entries, entry_count, tensors


def encode(values: np.ndarray, kind: str):
    """Returns the bytes of `values` in type `kind` and what they decode to."""
    if kind == "f16":
        half = values.astype("<f2")
        return half.tobytes(), half.astype("<f4")
    if kind == "bf16":
        bits = values.view("<u4")
        bits = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16
        return (bits.astype("<u2").tobytes(),
                (bits.astype("<u4") << 16).view("<f4"))
    blocks = values.reshape(-1, 32)
    if kind == "q8_0":
        scale = (np.abs(blocks).max(1) / 127).astype("<f2")
        safe = np.where(scale == 0, 1, scale).astype("<f4")
        quants = np.rint(blocks / safe[:, None]).clip(-127, 127).astype("i1")
        packed = quants.view("u1")
        decoded = scale.astype("<f4")[:, None] * quants.astype("<f4")
    else:
        extreme = np.take_along_axis(
            blocks, np.abs(blocks).argmax(1)[:, None], 1)[:, 0]
        scale = (extreme / -8).astype("<f2")
        safe = np.where(scale == 0, 1, scale).astype("<f4")
        quants = np.floor(blocks / safe[:, None] + 8.5).clip(0, 15)
        quants = quants.astype("u1")
        packed = quants[:, :16] | quants[:, 16:] << 4
        decoded = (scale.astype("<f4")[:, None] *
                   (quants.astype("<f4") - 8))
    raw = np.concatenate([scale.view("u1").reshape(-1, 2), packed], 1)
    return raw.tobytes(), decoded.astype("<f4").reshape(-1)


def write(path: str, entries: bytes, entry_count: int, tensors) -> None:
    """Writes tensors of (name, shape, type id, bytes)."""
    infos, blobs, offset = b"", b"", 0
    for name, shape, kind, blob in tensors:
        infos += struct.pack("<Q", len(name)) + name
        infos += struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind,
                             offset)
        blob += bytes(-len(blob) % 32)
        offset += len(blob)
        blobs += blob
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), entry_count)
    head += entries + infos
    head += bytes(-len(head) % 32)
    with open(path, "wb") as out:
        out.write(head + blobs)


def main() -> None:
    model, kind, stored_path, dequantised_path = sys.argv[1:]
    entries, entry_count, tensors = read(model)
    stored, dequantised = [], []
    for name, shape, values in tensors:
        if len(shape) == 1:
            used, raw, decoded = "f32", values.tobytes(), values
        else:
            blocked = kind.startswith("q")
            used = "f16" if blocked and shape[0] % 32 else kind
            raw, decoded = encode(values, used)
        stored.append((name, shape, TYPES[used], raw))
        dequantised.append((name, shape, 0, decoded.tobytes()))
    write(stored_path, entries, entry_count, stored)
    write(dequantised_path, entries, entry_count, dequantised)


main()
