// RUN: plmr-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expected the type of 'w' to be one of F32, F16, BF16, Q8_0, Q4_0 but got 'Q5_K'}}
llm.weight @w : tensor<8xf32> in "m.gguf" [#llm.source<"w", 0, "Q5_K">]

// -----

// expected-error @below {{expected a non-negative offset of 'w' but got -1}}
llm.weight @w : tensor<8xf32> in "m.gguf" [#llm.source<"w", -1, "F32">]

// -----

// expected-error @below {{'llm.weight' op expected at least one source but got none}}
llm.weight @w : tensor<8xf32> in "m.gguf" []

// -----

// expected-error @below {{'llm.weight' op expected a transposed weight to have rank 2 but got 1}}
llm.weight @w : tensor<8xf32> transposed in "m.gguf" [#llm.source<"w", 0, "F32">]

// -----

// expected-error @below {{'llm.state' op expected [layers x positions x features], or a batch behind the layers, but got rank 2}}
llm.state @s : tensor<8x4xf32>

// -----

func.func @param() {
  // expected-error @below {{'llm.param' op expected 'w' to be an llm.weight}}
  %w = llm.param @w : tensor<8xf32>
  return
}

// -----

// expected-note @below {{the weight is declared here}}
llm.weight @w : tensor<8xf32> in "m.gguf" [#llm.source<"w", 0, "F32">]
func.func @param() {
  // expected-error @below {{'llm.param' op expected type 'tensor<8xf32>' but got 'tensor<4xf32>'}}
  %w = llm.param @w : tensor<4xf32>
  return
}

// -----

// expected-note @below {{the weight is declared here}}
llm.weight @w : tensor<8xf32> in "m.gguf" [#llm.source<"w", 0, "F32">]
func.func @param(%layer: index) {
  // expected-error @below {{'llm.param' op expected no layer for a weight with 1 source(s)}}
  %w = llm.param @w[%layer] : tensor<8xf32>
  return
}

// -----

// expected-note @below {{the weight is declared here}}
llm.weight @w : tensor<8xf32> in "m.gguf" [#llm.source<"w.0", 0, "F32">, #llm.source<"w.1", 32, "F32">]
func.func @param() {
  // expected-error @below {{'llm.param' op expected a layer for a weight with 2 source(s)}}
  %w = llm.param @w : tensor<8xf32>
  return
}

// -----

func.func @norm(%x: tensor<8xf32>) {
  // expected-error @below {{'llm.rms_norm' op expected a non-negative eps but got -1}}
  %n = llm.rms_norm %x, %x eps -1.0 : tensor<8xf32>
  return
}

// -----

func.func @norm(%x: tensor<3x4x8x2xf32>, %g: tensor<2xf32>) {
  // expected-error @below {{'x' must be 1D/2D/3D tensor of floating-point values, but got 'tensor<3x4x8x2xf32>'}}
  %n = llm.rms_norm %x, %g eps 1.0 : tensor<3x4x8x2xf32>
  return
}

// -----

func.func @norm(%x: f32, %g: tensor<8xf32>) {
  // expected-error @below {{invalid kind of type specified: expected builtin.tensor, but found 'f32'}}
  %n = llm.rms_norm %x, %g eps 1.0 : f32
  return
}

// -----

func.func @norm(%x: tensor<4x8xf32>, %g: tensor<4xf32>) {
  // expected-error @below {{'llm.rms_norm' op failed to verify that the gain is a row of x}}
  %n = "llm.rms_norm"(%x, %g) {eps = 1.0 : f32} : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @rope(%x: tensor<12xf32>, %pos: index) {
  // expected-error @below {{'llm.rope' op expected an extent that is a multiple of 2 * heads but got extent 12 and 4 heads}}
  %r = llm.rope %x at %pos heads 4 base 1.0e4 half : tensor<12xf32>
  return
}

// -----

// Heads are in a row, not in the matrix.
func.func @rope(%x: tensor<16x12xf32>, %pos: index) {
  // expected-error @below {{'llm.rope' op expected an extent that is a multiple of 2 * heads but got extent 12 and 8 heads}}
  %r = llm.rope %x at %pos heads 8 base 1.0e4 half : tensor<16x12xf32>
  return
}

// -----

func.func @rope(%x: tensor<12xf32>, %pos: index) {
  // expected-error @below {{'llm.rope' op expected a positive base but got 0}}
  %r = llm.rope %x at %pos heads 2 base 0.0 half : tensor<12xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32>
func.func @attention(%q: tensor<12xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected heads to be a multiple of kv_heads but got 3 and 2}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 3 kv_heads 2 scale 1.0 : tensor<12xf32>, tensor<8xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32>
func.func @attention(%q: tensor<12xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected the same head dimension of q and k but got 12/4 and 8/2}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 4 kv_heads 2 scale 1.0 : tensor<12xf32>, tensor<8xf32>
  return
}

// -----

func.func @attention(%q: tensor<16xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected 's' to be an llm.state}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 4 kv_heads 2 scale 1.0 : tensor<16xf32>, tensor<8xf32>
  return
}

// -----

// expected-note @below {{the state is declared here}}
llm.state @s : tensor<1x4x4xf32>
func.func @attention(%q: tensor<16xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected a state of 8 features but got 4}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 4 kv_heads 2 scale 1.0 : tensor<16xf32>, tensor<8xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32>
func.func @attention(%q: tensor<3x12xf32>, %k: tensor<3x8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected the same head dimension of q and k but got 12/4 and 8/2}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i rows %i to %i heads 4 kv_heads 2 scale 1.0 : tensor<3x12xf32>, tensor<3x8xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32>
func.func @attention(%q: tensor<3x16xf32>, %k: tensor<4x8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected the same rows of q and k but got 'tensor<3x16xf32>' and 'tensor<4x8xf32>'}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i rows %i to %i heads 4 kv_heads 2 scale 1.0 : tensor<3x16xf32>, tensor<4x8xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32>
func.func @attention(%q: tensor<3x16xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected the same rows of q and k but got 'tensor<3x16xf32>' and 'tensor<8xf32>'}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i rows %i to %i heads 4 kv_heads 2 scale 1.0 : tensor<3x16xf32>, tensor<8xf32>
  return
}

// -----

// Without rows these are vectors of a batch.
// expected-note @below {{the state is declared here}}
llm.state @s : tensor<1x4x8xf32>
func.func @attention(%q: tensor<3x16xf32>, %k: tensor<3x8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected a state with a batch of 3, or rows of matrices, but got 'tensor<1x4x8xf32>'}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 4 kv_heads 2 scale 1.0 : tensor<3x16xf32>, tensor<3x8xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32>
func.func @attention(%q: tensor<16xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected no rows of vectors}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i rows %i to %i heads 4 kv_heads 2 scale 1.0 : tensor<16xf32>, tensor<8xf32>
  return
}

// -----

// The state's features are those of a row.
// expected-note @below {{the state is declared here}}
llm.state @s : tensor<1x4x3xf32>
func.func @attention(%q: tensor<3x16xf32>, %k: tensor<3x8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected a state of 8 features but got 3}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i rows %i to %i heads 4 kv_heads 2 scale 1.0 : tensor<3x16xf32>, tensor<3x8xf32>
  return
}

// -----

// expected-error @below {{expected 'sine' or 'cosine' but got 'tangent'}}
module attributes {llm.table = #llm.rope_table<tangent 16 pairs 4 base 1.0e4>} {}

// -----

// expected-error @below {{'llm.state' op expected a placement "cyclic", "shift" or "concat" but got "ring"}}
llm.state @s : tensor<1x4x8xf32> placement "ring"

// -----

llm.state @s : tensor<1x4x8xf32> placement "concat"
func.func @attention(%q: tensor<16xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected settled positions of 's', which is placed by "concat"}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 4 kv_heads 2 scale 1.0 : tensor<16xf32>, tensor<8xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32> placement "shift"
func.func @attention(%q: tensor<16xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected no settled positions of 's', which is placed by "shift"}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i settled %i heads 4 kv_heads 2 scale 1.0 : tensor<16xf32>, tensor<8xf32>
  return
}

// -----

llm.state @s : tensor<1x4x8xf32>
func.func @settle(%i: index) {
  // expected-error @below {{'llm.settle' op expected 's' to be placed by "shift" or "concat": a cyclic cache is always where attention looks for it}}
  llm.settle @s[%i] from %i to %i
  return
}

// -----

func.func @settle(%i: index) {
  // expected-error @below {{'llm.settle' op expected 's' to be an llm.state}}
  llm.settle @s[%i] from %i to %i
  return
}

// -----

llm.state @s : tensor<1x2x4x8xf32>
func.func @attention(%q: tensor<2x3x16xf32>, %k: tensor<2x3x8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected rows of matrices}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 4 kv_heads 2 scale 1.0 : tensor<2x3x16xf32>, tensor<2x3x8xf32>
  return
}

// -----

func.func @attention(%q: tensor<2x3x16xf32>, %k: tensor<1x3x8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected the same rows of q and k but got 'tensor<2x3x16xf32>' and 'tensor<1x3x8xf32>'}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i rows %i to %i heads 4 kv_heads 2 scale 1.0 : tensor<2x3x16xf32>, tensor<1x3x8xf32>
  return
}

// -----

// expected-note @below {{the state is declared here}}
llm.state @s : tensor<1x2x4x8xf32>
func.func @attention(%q: tensor<3x3x16xf32>, %k: tensor<3x3x8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected a state with a batch of 3, or rows of matrices, but got 'tensor<1x2x4x8xf32>'}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i rows %i to %i heads 4 kv_heads 2 scale 1.0 : tensor<3x3x16xf32>, tensor<3x3x8xf32>
  return
}

// -----

// expected-note @below {{the state is declared here}}
llm.state @s : tensor<1x2x4x8xf32>
func.func @attention(%q: tensor<16xf32>, %k: tensor<8xf32>, %i: index) {
  // expected-error @below {{'llm.attention' op expected a state without a batch but got 'tensor<1x2x4x8xf32>'}}
  %a = llm.attention %q, %k, %k, @s, @s[%i] at %i heads 4 kv_heads 2 scale 1.0 : tensor<16xf32>, tensor<8xf32>
  return
}

// -----

func.func @rope(%x: tensor<2x3x16xf32>, %i: index) {
  // expected-error @below {{'llm.rope' op expected a vector or a matrix but got 'tensor<2x3x16xf32>'}}
  %r = llm.rope %x at %i heads 2 base 1.0e4 half : tensor<2x3x16xf32>
  return
}

// -----

func.func @rope(%x: tensor<16xf32>, %i: index) {
  // expected-error @below {{'llm.rope' op expected a vector or a matrix behind the batch but got 'tensor<16xf32>'}}
  %r = llm.rope %x at %i heads 2 base 1.0e4 half batch : tensor<16xf32>
  return
}
