"""Copies a GGUF file with tokenizer.ggml.add_bos_token false: without_bos.py IN OUT"""

import pathlib
import sys

data = pathlib.Path(sys.argv[1]).read_bytes()
key = b"tokenizer.ggml.add_bos_token" + (7).to_bytes(4, "little")  # a bool
assert data.count(key + b"\1") == 1
pathlib.Path(sys.argv[2]).write_bytes(data.replace(key + b"\1", key + b"\0"))
