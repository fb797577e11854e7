// RUN: plmr-translate --mlir-to-plmr %s -split-input-file -verify-diagnostics -o /dev/null

// expected-error @below {{expected a core.program in the module but got none}}
module {}

// -----

// expected-error @below {{expected one core.program in the module but got @a and @b}}
core.program @a 1 x 1 on "tiny" {
  core.code "all" {
    core.halt
  }
}
core.program @b 1 x 1 on "tiny" {
  core.code "all" {
    core.halt
  }
}

// -----

// expected-error @below {{core.program @main: the program has no core class}}
core.program @main 1 x 1 on "tiny" {
}

// -----

// expected-error @below {{core.program @main: class 'all': code has to end in an unpredicated halt}}
core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    core.wait e0
  }
}

// -----

// expected-error-re @below {{core.program @main: class 'all', instruction 0 (wait e200) at {{.*}}:6:5: the device has 8 engines}}
core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    core.wait e200
    core.halt
  }
}

// -----

// expected-error @below {{core.program @main: cannot read 'none.plmr': No such file or directory}}
core.program @main 1 x 1 on "tiny" attributes {packed = "none.plmr"} {
  core.code "all" {
    core.halt
  }
}

// -----

// expected-error @below {{core.program @main: metadata 'key': expected a string but got 1 : i64}}
core.program @main 1 x 1 on "tiny" attributes {metadata = {key = 1}} {
  core.code "all" {
    core.halt
  }
}

// -----

// expected-error @below {{core.program @main: model: expected 'architecture' to be a string but got nothing}}
core.program @main 1 x 1 on "tiny" attributes {model = {}} {
  core.code "all" {
    core.halt
  }
}

// -----

// expected-error @below {{core.program @main: model: expected 'vocab_size' to be a number of 32 bits but got -1 : i64}}
core.program @main 1 x 1 on "tiny" attributes {model = {
    architecture = "llama", name = "toy", vocab_size = -1}} {
  core.code "all" {
    core.halt
  }
}

// -----

// expected-error @below {{core.program @main: model: expected one of architecture, name, vocab_size, context_length, kv_placement, embedding_length, embedding, tokenizer, tokens, scores, token_types, bos, eos, unknown, add_bos, add_eos, add_space_prefix but got 'vocabulary'}}
core.program @main 1 x 1 on "tiny" attributes {files = ["/m.gguf"], model = {
      architecture = "llama", name = "toy", vocab_size = 2, context_length = 128,
      kv_placement = "shift",
      embedding_length = 8, embedding = ["token_embd.weight", 0, 64, 1024, 8],
      tokenizer = "llama", tokens = ["<s>", "a"],
      scores = array<f32: 0.0, -1.5>, token_types = array<i32: 3, 1>,
      bos = 1, eos = 2, unknown = 0, add_bos = true, add_eos = false,
      add_space_prefix = true, vocabulary = 2}} {
  core.code "all" {
    core.halt
  }
}
