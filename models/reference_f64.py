#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Double-precision logits of a GGUF llama model (F32 or Q8_0 weights).

The ids come from a recorded run (the lines "prompt ids:" and "generated
ids:"); all but the last are fed, so that row i holds the logits after id i.
They are computed in float64 throughout and rounded once, to float32, when
saved.

Usage: ``reference_f64.py MODEL.gguf RECORDED.txt OUT.npy [--compare F]``,
where F is a raw float32 file of logits in the same order.
"""

from __future__ import annotations

import argparse
import struct
from pathlib import Path
from typing import Any

import numpy as np

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?",
            10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_TENSOR_F32, _TENSOR_Q8_0 = 0, 8


class Reader:
    """Reads the metadata and the tensors (as float64) of a GGUF file."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        self.at = 0
        magic, version, tensors, pairs = self.take("4sIQQ")
        if magic != b"GGUF" or version != 3:
            raise ValueError(f"{path}: no GGUF v3 file")
        self.metadata: dict[str, Any] = {}
        for _ in range(pairs):
            key = self.string()
            self.metadata[key] = self.value(self.take("I")[0])
        infos = []
        for _ in range(tensors):
            name = self.string()
            rank = self.take("I")[0]
            dims = self.take(f"{rank}Q")
            kind, offset = self.take("IQ")
            infos.append((name, dims[::-1], kind, offset))
        align = self.metadata.get("general.alignment", 32)
        base = -(-self.at // align) * align
        self.tensors = {name: self.tensor(shape, kind, base + offset)
                        for name, shape, kind, offset in infos}

    def take(self, layout: str) -> tuple:
        out = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return out

    def string(self) -> str:
        length = self.take("Q")[0]
        return self.take(f"{length}s")[0].decode("utf-8")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            element, count = self.take("IQ")
            return [self.value(element) for _ in range(count)]
        return self.take(_SCALARS[kind])[0]

    def tensor(self, shape: tuple[int, ...], kind: int,
               at: int) -> np.ndarray:
        count = int(np.prod(shape))
        if kind == _TENSOR_F32:
            flat = np.frombuffer(self.data, "<f4", count, at)
        elif kind == _TENSOR_Q8_0:
            blocks = np.frombuffer(
                self.data, [("scale", "<f2"), ("q", "i1", 32)], count // 32,
                at)
            flat = (blocks["scale"].astype(np.float64)[:, None]
                    * blocks["q"]).ravel()
        else:
            raise ValueError(f"tensor type {kind} is not supported")
        return flat.astype(np.float64).reshape(shape)


def rms_norm(x: np.ndarray, gain: np.ndarray, eps: float) -> np.ndarray:
    """Scales each row to unit root mean square, then by the gain."""
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * gain


def rotate(x: np.ndarray, base: float) -> np.ndarray:
    """Rotary positions on adjacent pairs; x is [position, head, element]."""
    length, _, size = x.shape
    angle = np.outer(np.arange(length),
                     base ** (-np.arange(0, size, 2) / size))[:, None]
    even, odd = x[..., 0::2], x[..., 1::2]
    out = np.empty_like(x)
    out[..., 0::2] = even * np.cos(angle) - odd * np.sin(angle)
    out[..., 1::2] = even * np.sin(angle) + odd * np.cos(angle)
    return out


def logits(model: Reader, ids: list[int]) -> np.ndarray:
    """The logits after every one of the ids."""
    meta, w = model.metadata, model.tensors
    heads = meta["llama.attention.head_count"]
    kv_heads = meta["llama.attention.head_count_kv"]
    eps = meta["llama.attention.layer_norm_rms_epsilon"]
    base = meta["llama.rope.freq_base"]
    length = len(ids)
    future = np.triu(np.full((length, length), -np.inf), 1)
    x = w["token_embd.weight"][ids]
    size = x.shape[1] // heads

    for i in range(meta["llama.block_count"]):
        def weight(name: str) -> np.ndarray:
            return w[f"blk.{i}.{name}.weight"]

        y = rms_norm(x, weight("attn_norm"), eps)
        q = rotate((y @ weight("attn_q").T).reshape(length, heads, size),
                   base)
        k = rotate((y @ weight("attn_k").T).reshape(length, kv_heads, size),
                   base)
        v = (y @ weight("attn_v").T).reshape(length, kv_heads, size)
        mixed = np.empty_like(q)
        for h in range(heads):
            g = h // (heads // kv_heads)
            s = q[:, h] @ k[:, g].T / np.sqrt(size) + future
            p = np.exp(s - s.max(-1, keepdims=True))
            mixed[:, h] = p / p.sum(-1, keepdims=True) @ v[:, g]
        x = x + mixed.reshape(length, -1) @ weight("attn_output").T

        y = rms_norm(x, weight("ffn_norm"), eps)
        gate = y @ weight("ffn_gate").T
        gate = gate / (1 + np.exp(-gate))
        x = x + (gate * (y @ weight("ffn_up").T)) @ weight("ffn_down").T

    x = rms_norm(x, w["output_norm.weight"], eps)
    return x @ w.get("output.weight", w["token_embd.weight"]).T


def recorded_ids(path: Path) -> list[int]:
    """The prompt's and the generated ids of a recorded run."""
    ids: list[int] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        label, _, rest = line.partition(":")
        if label in ("prompt ids", "generated ids"):
            ids += [int(i) for i in rest.split(",")]
    return ids


def main() -> None:
    """Computes, saves and compares."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("recorded", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--compare", type=Path)
    args = parser.parse_args()
    ids = recorded_ids(args.recorded)
    result = logits(Reader(args.model), ids[:-1])
    np.save(args.out, result.astype(np.float32))
    top = np.sort(result, axis=1)
    print(f"{args.out}: {result.shape[0]} x {result.shape[1]}, standard "
          f"deviation {result.std():.3f}, smallest gap between the best two "
          f"{(top[:, -1] - top[:, -2]).min():.4f}")
    if args.compare:
        other = np.fromfile(args.compare, "<f4").reshape(result.shape)
        diff = np.abs(other - result)
        same = (other.argmax(1) == result.argmax(1)).mean()
        print(f"difference: max {diff.max():.3g}, rms "
              f"{np.sqrt((diff ** 2).mean()):.3g}, same best id {same:.4f}")


if __name__ == "__main__":
    main()
