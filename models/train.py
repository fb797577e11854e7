#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the small story model: text, tokenizer and weights, from nothing.

The text comes from stories.py, the tokenizer is a SentencePiece BPE of 512
pieces, and the model is a plain Llama (RMSNorm, rotary positions on adjacent
pairs, grouped-query attention, SwiGLU, tied output).  Everything runs on one
thread from fixed seeds.

Usage: ``train.py --work DIR`` writes DIR/tokenizer.model and
DIR/checkpoint.pt, which export_gguf.py reads.
"""

from __future__ import annotations

import argparse
import ctypes
import io
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import sentencepiece
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import stories

TEXT_SEED = 1
VALID_SEED = 2
MODEL_SEED = 3
TEXT_MEGABYTES = 10.0
TOKENS_PER_STEP = 2048


@dataclass
class Config:
    """The shape of the model."""

    vocab: int = 512
    dim: int = 64
    layers: int = 5
    heads: int = 8
    kv_heads: int = 4
    hidden: int = 192
    context: int = 512
    eps: float = 1e-5
    rope_base: float = 10000.0

    @property
    def head_dim(self) -> int:
        return self.dim // self.heads


@dataclass(frozen=True)
class Stage:
    """A part of the training; the rate falls as a half cosine."""

    length: int  # tokens per row
    steps: int
    lr: float
    warmup: int
    horizon: int  # the step at which the rate would be at its lowest

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        if step < self.warmup:
            return self.lr * ((step + 1) / self.warmup)
        done = (step - self.warmup) / (self.horizon - self.warmup)
        return self.lr * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


# Short rows first, which cost much less attention; then the whole context.
STAGES = (Stage(length=256, steps=2000, lr=4e-3, warmup=200, horizon=4000),
          Stage(length=512, steps=1000, lr=2.2e-3, warmup=50, horizon=1000))


class RMSNorm(nn.Module):
    """Scales a vector to unit root mean square, then by a learned gain."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)
        return x * scale * self.weight


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates the adjacent pairs (2i, 2i+1) of each head by its position."""
    even, odd = x[..., 0::2], x[..., 1::2]
    pair = (even * cos - odd * sin, even * sin + odd * cos)
    return torch.stack(pair, dim=-1).flatten(-2)


class Block(nn.Module):
    """One layer: attention, then a gated feed-forward network."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        kv_dim = c.kv_heads * c.head_dim
        self.attn_norm = RMSNorm(c.dim, c.eps)
        self.attn_q = nn.Linear(c.dim, c.dim, bias=False)
        self.attn_k = nn.Linear(c.dim, kv_dim, bias=False)
        self.attn_v = nn.Linear(c.dim, kv_dim, bias=False)
        self.attn_output = nn.Linear(c.dim, c.dim, bias=False)
        self.ffn_norm = RMSNorm(c.dim, c.eps)
        self.ffn_gate = nn.Linear(c.dim, c.hidden, bias=False)
        self.ffn_up = nn.Linear(c.dim, c.hidden, bias=False)
        self.ffn_down = nn.Linear(c.hidden, c.dim, bias=False)

    def attention(self, x: Tensor, cos: Tensor, sin: Tensor,
                  mask: Tensor) -> Tensor:
        c = self.c
        batch, length, _ = x.shape
        group = c.heads // c.kv_heads

        def split(y: Tensor, heads: int) -> Tensor:
            return y.view(batch, length, heads, c.head_dim).transpose(1, 2)

        q = rotate(split(self.attn_q(x), c.heads), cos, sin)
        k = rotate(split(self.attn_k(x), c.kv_heads), cos, sin)
        v = split(self.attn_v(x), c.kv_heads)
        # The query heads of one group are stacked along the positions, so
        # that keys and values need not be repeated.
        q = q.reshape(batch, c.kv_heads, group * length, c.head_dim)
        scores = q @ (k.transpose(-1, -2) / math.sqrt(c.head_dim))
        scores = scores.view(batch, c.kv_heads, group, length, length)
        scores += mask
        prob = scores.softmax(-1).view(batch, c.kv_heads, group * length,
                                       length)
        y = (prob @ v).view(batch, c.heads, length, c.head_dim)
        return self.attn_output(y.transpose(1, 2).flatten(2))

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor,
                mask: Tensor) -> Tensor:
        x = x + self.attention(self.attn_norm(x), cos, sin, mask)
        y = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Model(nn.Module):
    """Token ids to logits."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.token_embd = nn.Embedding(c.vocab, c.dim)
        self.blk = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.output_norm = RMSNorm(c.dim, c.eps)
        half = torch.arange(0, c.head_dim, 2, dtype=torch.float64) / c.head_dim
        angle = torch.outer(torch.arange(c.context, dtype=torch.float64),
                            c.rope_base ** -half)
        self.register_buffer("cos", angle.cos().float(), persistent=False)
        self.register_buffer("sin", angle.sin().float(), persistent=False)
        future = torch.full((c.context, c.context), -1e9).triu(1)
        self.register_buffer("mask", future, persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                std = 0.05
                if "attn_output" in name or "ffn_down" in name:
                    std /= math.sqrt(2 * c.layers)
                nn.init.normal_(p, std=std)

    def forward(self, ids: Tensor) -> Tensor:
        n = ids.shape[1]
        x = self.token_embd(ids)
        cos, sin, mask = self.cos[:n], self.sin[:n], self.mask[:n, :n]
        for block in self.blk:
            x = block(x, cos, sin, mask)
        return F.linear(self.output_norm(x), self.token_embd.weight)


def keep_freed_memory() -> None:
    """Tells glibc to reuse large blocks instead of returning them.

    Otherwise every large tensor costs fresh page faults, which take several
    times longer than the arithmetic.
    """
    m_trim_threshold, m_mmap_max = -1, -4
    libc = ctypes.CDLL(None)
    libc.mallopt(m_mmap_max, 0)
    libc.mallopt(m_trim_threshold, 2**31 - 1)


def train_tokenizer(texts: list[str], vocab: int, path: Path) -> None:
    """Trains the SentencePiece BPE and writes its model file."""
    model = io.BytesIO()
    lines = (line for text in texts for line in text.split("\n"))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_writer=model, vocab_size=vocab,
        model_type="bpe", byte_fallback=True, character_coverage=1.0,
        normalization_rule_name="identity", remove_extra_whitespaces=False,
        add_dummy_prefix=True, unk_id=0, bos_id=1, eos_id=2, pad_id=-1,
        num_threads=1, minloglevel=2)
    path.write_bytes(model.getvalue())


class Data:
    """Stories as one stream of ids: BOS story EOS BOS story EOS ..."""

    def __init__(self, texts: list[str], tok) -> None:
        ids: list[int] = []
        starts: list[int] = []
        for text in texts:
            starts.append(len(ids))
            ids += [1, *tok.encode(text), 2]
        self.ids = np.array(ids, dtype=np.int64)
        self.starts = np.array(starts)

    def batch(self, rng: np.random.Generator, rows: int,
              length: int) -> tuple[Tensor, Tensor]:
        """Rows which begin at the start of a story, and their successors."""
        usable = self.starts[self.starts < len(self.ids) - length - 1]
        at = rng.choice(usable, rows)
        x = torch.from_numpy(
            np.stack([self.ids[i:i + length + 1] for i in at]))
        return x[:, :-1], x[:, 1:]


@torch.no_grad()
def evaluate(model: Model, data: Data, rows: int = 64) -> float:
    """The mean loss per token on held-out stories."""
    rng = np.random.default_rng(0)
    total = 0.0
    for _ in range(rows // 8):
        x, y = data.batch(rng, 8, model.c.context)
        total += F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item()
    return total / (rows // 8)


@torch.no_grad()
def greedy(model: Model, tok, prompt: str, count: int) -> str:
    """The greedy continuation of a prompt."""
    ids = [1, *tok.encode(prompt)]
    for _ in range(count):
        ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
        if ids[-1] == 2:
            break
    return tok.decode(ids[1:])


def train_stage(stage: Stage, seed: int, model: Model, data: Data) -> None:
    """Runs one stage with a fresh optimizer."""
    rng = np.random.default_rng(seed)
    matrices = [p for p in model.parameters() if p.dim() == 2]
    gains = [p for p in model.parameters() if p.dim() == 1]
    opt = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05},
         {"params": gains, "weight_decay": 0.0}],
        lr=stage.lr, betas=(0.9, 0.98), eps=1e-9)
    total = 0.0
    for step in range(stage.steps):
        for group in opt.param_groups:
            group["lr"] = stage.rate(step)
        x, y = data.batch(rng, TOKENS_PER_STEP // stage.length, stage.length)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        total += loss.item()
        if (step + 1) % 100 == 0:
            print(f"rows of {stage.length}: step {step + 1} loss "
                  f"{total / 100:.4f} cpu {time.process_time():.0f} s",
                  flush=True)
            total = 0.0


def main() -> None:
    """Generates the text, trains, and saves."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--first-stage", type=int, default=0,
                        help="begin with this stage (counted from 0) and the "
                        "checkpoint of the one before")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.manual_seed(MODEL_SEED)

    texts = stories.corpus(TEXT_SEED, TEXT_MEGABYTES)
    tok_path = args.work / "tokenizer.model"
    config = Config()
    train_tokenizer(texts[:4000], config.vocab, tok_path)
    tok = sentencepiece.SentencePieceProcessor(model_file=str(tok_path))
    data = Data(texts, tok)
    valid = Data(stories.corpus(VALID_SEED, 0.5), tok)
    lengths = np.diff(data.starts)
    print(f"{len(texts)} stories, {len(data.ids)} tokens; tokens per story: "
          f"mean {lengths.mean():.0f}, min {lengths.min()}, "
          f"max {lengths.max()}", flush=True)

    model = Model(config)
    params = sum(p.numel() for p in model.parameters())
    print(f"{params} parameters", flush=True)
    path = args.work / "checkpoint.pt"
    if args.first_stage:
        model.load_state_dict(torch.load(path)["model"])
    for number in range(args.first_stage, len(STAGES)):
        train_stage(STAGES[number], MODEL_SEED + number, model, data)
        print(f"held-out loss {evaluate(model, valid):.4f}\n"
              + greedy(model, tok, "Once upon a time", 200), flush=True)
        torch.save({"config": asdict(config), "params": params,
                    "model": model.state_dict()}, path)
    print(f"cpu {time.process_time() / 60:.1f} min in all", flush=True)


if __name__ == "__main__":
    main()
