// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh -verify-diagnostics

// expected-error @below {{'builtin.module' op expected a plmr.mesh; plmr-attach-mesh adds one}}
module {
  func.func @main() {
    return
  }
}

// -----

// expected-error @below {{'builtin.module' op expected functions of one block each}}
module {
  plmr.mesh @mesh 2 x 2 on "tiny"
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'func.func' op expected tensor or index arguments but got 'f32'}}
func.func @argument(%x: f32) {
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @result(%x: index) -> index {
  // expected-error @below {{'func.return' op expected tensors to be returned but got 'index'}}
  return %x : index
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @unsupported(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %e = tensor.empty() : tensor<4x4xf32>
  // expected-error @below {{'linalg.transpose' op expected linalg.matmul, linalg.batch_matmul, linalg.matvec, linalg.vecmat, an elementwise operation, an operation of the llm dialect or scf.for; this one is not supported on the mesh}}
  %t = linalg.transpose ins(%x : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) permutation = [1, 0]
  return %t : tensor<4x4xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @branch(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c = arith.cmpi eq, %n, %n : index
  // expected-error @below {{'scf.if' op expected linalg.matmul, linalg.batch_matmul, linalg.matvec, linalg.vecmat, an elementwise operation, an operation of the llm dialect or scf.for; this one is not supported on the mesh}}
  %r = scf.if %c -> (tensor<4xf32>) {
    scf.yield %x : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

#a = affine_map<(m, n, k) -> (k, m)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @transposed_a(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error @below {{'linalg.matmul' op expected A[m, k] and B[k, n] or B[n, k] but got other indexing maps}}
  %r = linalg.matmul indexing_maps = [#a, #b, #c]
      ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

// A dense constant has no place: weights come from files.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @dense(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // expected-error @below {{'arith.addf' op expected an argument, a weight, a splat constant or a computed tensor but got a value of 'tensor<2xf32>' with another origin}}
  %r = arith.addf %x, %c : tensor<2xf32>
  return %r : tensor<2xf32>
}

// -----

// The vectors lie on different axes.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @moved(%x: tensor<4xf32>, %w: tensor<4x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<4xf32>, tensor<4x4xf32>)
                     outs(%zero : tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{'arith.addf' op expected an operand placed as #plmr.placement<[y]> but it is already placed as #plmr.placement<[x]>; moving a tensor between placements is not supported}}
  %r = arith.addf %x, %y : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// One matrix as both operands of a product would have to lie in two places.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @square(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-error @below {{'linalg.matmul' op expected an operand placed as #plmr.placement<[ring y, ring x]> but it is already placed as #plmr.placement<[y, skew x]>; moving a tensor between placements is not supported}}
  %r = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>)
                     outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

// 5 elements on 2 rows are padded, and exp makes the padding 1.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @padding(%x: tensor<5xf32>, %w: tensor<5x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %e = math.exp %x : tensor<5xf32>
  // expected-error @below {{'linalg.vecmat' op expected an input whose padding is zero, the identity of the sum, but got '!plmr.placed<tensor<5xf32>, [y], pad any>'}}
  %y = linalg.vecmat ins(%e, %w : tensor<5xf32>, tensor<5x4xf32>)
                     outs(%zero : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @norm_padding(%x: tensor<5xf32>, %g: tensor<5xf32>) -> tensor<5xf32> {
  %e = math.exp %x : tensor<5xf32>
  // expected-error @below {{'llm.rms_norm' op expected an input whose padding is zero, the identity of the sum, but got '!plmr.placed<tensor<5xf32>, [y], pad any>'}}
  %n = llm.rms_norm %e, %g eps 1.0e-5 : tensor<5xf32>
  return %n : tensor<5xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @lone_rope(%x: tensor<4xf32>, %pos: index) -> tensor<4xf32> {
  // expected-error @below {{'llm.rope' op expected the rotated vector to reach an llm.attention; nothing else tells where its heads belong}}
  %r = llm.rope %x at %pos heads 1 base 1.0e4 adjacent : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Heads lie on columns, so q must come from a vector on rows.
plmr.mesh @mesh 2 x 2 on "tiny"
llm.state @k : tensor<1x8x4xf32>
llm.state @v : tensor<1x8x4xf32>
func.func @axis(%x: tensor<4xf32>, %w: tensor<4x4xf32>, %k: tensor<4xf32>,
                %pos: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %h = linalg.vecmat ins(%x, %w : tensor<4xf32>, tensor<4x4xf32>)
                     outs(%zero : tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{'linalg.vecmat' op expected the input along y since the result is needed along x, but the input is placed along the same axis}}
  %q = linalg.vecmat ins(%h, %w : tensor<4xf32>, tensor<4x4xf32>)
                     outs(%zero : tensor<4xf32>) -> tensor<4xf32>
  %a = llm.attention %q, %k, %k, @k, @v[%c0] at %pos heads 1 kv_heads 1 scale 0.5
         : tensor<4xf32>, tensor<4xf32>
  return %a : tensor<4xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @carried_scalar(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{'scf.for' op expected loop-carried tensors only but got 'index'}}
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x, %k = %c0) -> (tensor<4xf32>, index) {
    scf.yield %v, %k : tensor<4xf32>, index
  }
  return %r#0 : tensor<4xf32>
}

// -----

// One product leaves the vector on the other axis.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @odd_loop(%x: tensor<4xf32>, %w: tensor<4x4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x) -> (tensor<4xf32>) {
    %y = linalg.vecmat ins(%v, %w : tensor<4xf32>, tensor<4x4xf32>)
                       outs(%zero : tensor<4xf32>) -> tensor<4xf32>
    // expected-error @below {{'scf.yield' op expected an operand placed as #plmr.placement<[y]> but it is already placed as #plmr.placement<[x]>; moving a tensor between placements is not supported}}
    scf.yield %y : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// What padding holds must not change from one iteration to the next.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @loop_padding(%x: tensor<5xf32>, %n: index) -> tensor<5xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x) -> (tensor<5xf32>) {
    %y = math.exp %v : tensor<5xf32>
    // expected-error @below {{'scf.yield' op expected to yield '!plmr.placed<tensor<5xf32>, [y]>' but got '!plmr.placed<tensor<5xf32>, [y], pad any>'}}
    scf.yield %y : tensor<5xf32>
  }
  return %r : tensor<5xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'func.func' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<8xf64>'}}
func.func @wide(%x: tensor<8xf64>) {
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'func.func' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<8xi32>'}}
func.func @integers(%x: tensor<8xi32>) {
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'func.func' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<?xf32>'}}
func.func @dynamic(%x: tensor<?xf32>) {
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'func.func' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<0xf32>'}}
func.func @empty(%x: tensor<0xf32>) {
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'func.func' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<*xf32>'}}
func.func @unranked(%x: tensor<*xf32>) {
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @condition(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{'arith.cmpf' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<8xi1>'}}
  %c = arith.cmpf olt, %x, %x : tensor<8xf32>
  %r = arith.select %c, %x, %x : tensor<8xi1>, tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'llm.state' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<1x8x4xf64>'}}
llm.state @k : tensor<1x8x4xf64>
func.func @cache() {
  return
}

// -----

// A was placed where a walk starts: which block of k a core has depends on its
// row, and no B that walks along y could have the same.
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @skewed(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<4x4xf32>
  %p = linalg.matmul ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>)
                     outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  // expected-error @below {{'linalg.matmul' op expected columns of A that are cut along x and not skewed, for a transposed B, but got '!plmr.placed<tensor<4x4xf32>, [y, skew x]>'}}
  %q = linalg.matmul indexing_maps = [#a, #b, #c]
      ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %p, %q : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// Rows of other matrices than those of positions are not taken apart.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @row(%x: tensor<4x8xf32>, %i: index) -> tensor<8xf32> {
  %s = arith.addf %x, %x : tensor<4x8xf32>
  // expected-error @below {{'tensor.extract_slice' op expected a whole row of a matrix that is placed as <[cyclic y, skew x]>}}
  %r = tensor.extract_slice %s[%i, 0] [1, 8] [1, 1] : tensor<4x8xf32> to tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @product_padding(%x: tensor<4x5xf32>, %w: tensor<5x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x4xf32>
  %e = math.exp %x : tensor<4x5xf32>
  // expected-error @below {{'linalg.matmul' op expected operands whose padding is zero, the identity of the sum, but got '!plmr.placed<tensor<4x5xf32>, [y, skew x], pad any>' and '!plmr.placed<tensor<5x4xf32>, [skew y, ring x]>'}}
  %y = linalg.matmul ins(%e, %w : tensor<4x5xf32>, tensor<5x4xf32>)
                     outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

// A was placed where the walk starts, the result is in ring order.
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @residual(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x4xf32>
  %p = linalg.matmul ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>)
                     outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  // expected-error @below {{'arith.addf' op expected an operand placed as #plmr.placement<[y, skew x]> but it is already placed as #plmr.placement<[y, ring x]>; moving a tensor between placements is not supported}}
  %s = arith.addf %a, %p : tensor<4x4xf32>
  return %s : tensor<4x4xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @lone_rows(%x: tensor<4x4xf32>, %pos: index) -> tensor<4x4xf32> {
  // expected-error @below {{'llm.rope' op expected the rotated vector to reach an llm.attention; nothing else tells where its heads belong}}
  %r = llm.rope %x at %pos heads 1 base 1.0e4 adjacent : tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @buffers() {
  %x = memref.alloc() : memref<3xf32>
  %w = memref.alloc() : memref<3x5xf32>
  %y = memref.alloc() : memref<5xf32>
  // expected-error @below {{'linalg.vecmat' op expected tensors but got buffers: a graph has none}}
  linalg.vecmat ins(%x, %w : memref<3xf32>, memref<3x5xf32>)
                outs(%y : memref<5xf32>)
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{'func.func' op expected tensors of static, positive extents, of at most 2^40 elements and of f32, f16 or bf16 but got 'tensor<9223372036854775807xf32>'}}
func.func @huge(%a: tensor<9223372036854775807xf32>) {
  return
}

// -----

#a = affine_map<(b, m, n, k) -> (m, k)>
#b = affine_map<(b, m, n, k) -> (b, k, n)>
#c = affine_map<(b, m, n, k) -> (b, m, n)>
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @main(%a: tensor<4x4xf32>, %b: tensor<1x4x4xf32>, %c: tensor<1x4x4xf32>) -> tensor<1x4x4xf32> {
  // expected-error @below {{'linalg.batch_matmul' op expected A[m, k] and B[k, n] or B[n, k], A behind a batch, but got other indexing maps}}
  %p = linalg.batch_matmul indexing_maps = [#a, #b, #c] ins(%a, %b : tensor<4x4xf32>, tensor<1x4x4xf32>) outs(%c : tensor<1x4x4xf32>) -> tensor<1x4x4xf32>
  return %p : tensor<1x4x4xf32>
}
