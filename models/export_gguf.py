#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Exports the trained story model as GGUF v3 files: F32 and Q8_0.

Usage: ``export_gguf.py --work DIR [--out DIR]``, where the first directory is
the one train.py wrote to.
"""

from __future__ import annotations

import argparse
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence, Union

import numpy as np

NAME = "plmr-stories-280k"
LICENSE = "Apache-2.0 WITH LLVM-exception"

ALIGNMENT = 32
BLOCK = 32  # elements of one Q8_0 block

# Numbers of the GGUF value types.
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
_PACK = {U32: "I", I32: "i", F32: "f", BOOL: "?"}

# Numbers of the tensor types, and of the file types named after them.
TENSOR_TYPES = {"f32": 0, "q8_0": 8}
FILE_TYPES = {"f32": 0, "q8_0": 7}

# Numbers of the token types.
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6

Scalar = Union[int, float, bool, str]


def pack_string(text: str) -> bytes:
    """A GGUF string: the length in bytes, then UTF-8."""
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def pack_scalar(kind: int, value: Scalar) -> bytes:
    """One value without its type."""
    if kind == STRING:
        return pack_string(str(value))
    return struct.pack("<" + _PACK[kind], value)


def quantize_q8_0(rows: np.ndarray) -> bytes:
    """Q8_0 blocks: an F16 scale and 32 signed bytes, x = scale * byte."""
    if rows.shape[-1] % BLOCK:
        raise ValueError(f"rows must be a multiple of {BLOCK}, not "
                         f"{rows.shape[-1]}")
    blocks = rows.astype(np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(axis=1) / np.float32(127)
    inverse = np.divide(np.float32(1), scale, where=scale > 0,
                        out=np.zeros_like(scale))
    scaled = blocks * inverse[:, None]
    rounded = np.copysign(np.floor(np.abs(scaled) + np.float32(0.5)), scaled)
    out = np.empty(len(blocks), dtype=[("scale", "<f2"), ("q", "i1", BLOCK)])
    out["scale"] = scale
    out["q"] = rounded
    return out.tobytes()


@dataclass
class Writer:
    """Collects metadata and tensors, then writes one GGUF file."""

    metadata: list[bytes] = field(default_factory=list)
    infos: list[bytes] = field(default_factory=list)
    blobs: list[bytes] = field(default_factory=list)
    offset: int = 0

    def add(self, key: str, kind: int, value: Scalar) -> None:
        """Adds a scalar or string."""
        self.metadata.append(pack_string(key) + struct.pack("<I", kind)
                             + pack_scalar(kind, value))

    def add_array(self, key: str, kind: int, values: Sequence[Scalar]) -> None:
        """Adds an array of scalars or strings."""
        self.metadata.append(
            pack_string(key) + struct.pack("<IIQ", ARRAY, kind, len(values))
            + b"".join(pack_scalar(kind, v) for v in values))

    def add_tensor(self, name: str, values: np.ndarray, kind: str) -> None:
        """Adds a tensor; GGUF lists the innermost dimension first."""
        if values.ndim == 1:
            kind = "f32"
        if kind == "q8_0":
            blob = quantize_q8_0(values)
        else:
            blob = values.astype("<f4").tobytes()
        dims = values.shape[::-1]
        self.infos.append(
            pack_string(name)
            + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims,
                          TENSOR_TYPES[kind], self.offset))
        blob += bytes(-len(blob) % ALIGNMENT)
        self.blobs.append(blob)
        self.offset += len(blob)

    def write(self, path: Path) -> int:
        """Writes the file and returns its size."""
        head = b"GGUF" + struct.pack("<IQQ", 3, len(self.infos),
                                     len(self.metadata))
        head += b"".join(self.metadata) + b"".join(self.infos)
        head += bytes(-len(head) % ALIGNMENT)
        data = head + b"".join(self.blobs)
        path.write_bytes(data)
        return len(data)


def add_hyperparameters(w: Writer, c: dict, kind: str) -> None:
    """Writes what describes the model and its shape."""
    w.add("general.architecture", STRING, "llama")
    w.add("general.name", STRING, NAME)
    w.add("general.license", STRING, LICENSE)
    w.add("general.file_type", U32, FILE_TYPES[kind])
    w.add("general.quantization_version", U32, 2)
    w.add("general.alignment", U32, ALIGNMENT)
    w.add("llama.vocab_size", U32, c["vocab"])
    w.add("llama.context_length", U32, c["context"])
    w.add("llama.embedding_length", U32, c["dim"])
    w.add("llama.block_count", U32, c["layers"])
    w.add("llama.feed_forward_length", U32, c["hidden"])
    w.add("llama.attention.head_count", U32, c["heads"])
    w.add("llama.attention.head_count_kv", U32, c["kv_heads"])
    w.add("llama.attention.layer_norm_rms_epsilon", F32, c["eps"])
    w.add("llama.rope.dimension_count", U32, c["dim"] // c["heads"])
    w.add("llama.rope.freq_base", F32, c["rope_base"])


def add_tokenizer(w: Writer, tok) -> None:
    """Writes the SentencePiece vocabulary."""
    count = tok.get_piece_size()
    kinds = []
    for i in range(count):
        if tok.is_unknown(i):
            kinds.append(UNKNOWN)
        elif tok.is_control(i):
            kinds.append(CONTROL)
        elif tok.is_byte(i):
            kinds.append(BYTE)
        else:
            kinds.append(NORMAL)
    w.add("tokenizer.ggml.model", STRING, "llama")
    w.add_array("tokenizer.ggml.tokens", STRING,
                [tok.id_to_piece(i) for i in range(count)])
    w.add_array("tokenizer.ggml.scores", F32,
                [tok.get_score(i) for i in range(count)])
    w.add_array("tokenizer.ggml.token_type", I32, kinds)
    w.add("tokenizer.ggml.unknown_token_id", U32, tok.unk_id())
    w.add("tokenizer.ggml.bos_token_id", U32, tok.bos_id())
    w.add("tokenizer.ggml.eos_token_id", U32, tok.eos_id())
    w.add("tokenizer.ggml.add_bos_token", BOOL, True)
    w.add("tokenizer.ggml.add_eos_token", BOOL, False)
    w.add("tokenizer.ggml.add_space_prefix", BOOL, True)


def main() -> None:
    """Reads the checkpoint and writes both files."""
    import sentencepiece
    import torch

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    checkpoint = torch.load(args.work / "checkpoint.pt", map_location="cpu")
    tok = sentencepiece.SentencePieceProcessor(
        model_file=str(args.work / "tokenizer.model"))
    for kind in TENSOR_TYPES:
        w = Writer()
        add_hyperparameters(w, checkpoint["config"], kind)
        add_tokenizer(w, tok)
        # The parameters of train.py bear the names which GGUF wants, and its
        # rotary positions turn adjacent pairs as GGUF's llama does, hence
        # nothing is renamed or permuted.
        for name, values in checkpoint["model"].items():
            w.add_tensor(name, values.numpy(), kind)
        path = args.out / f"{NAME}-{kind}.gguf"
        print(f"{path}: {len(w.infos)} tensors, {w.write(path)} bytes, "
              f"{checkpoint['params']} parameters")


if __name__ == "__main__":
    main()
