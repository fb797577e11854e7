// RUN: plmr-opt %s -split-input-file -plmr-verify-mesh -verify-diagnostics

//===----------------------------------------------------------------------===//
// Legal
//===----------------------------------------------------------------------===//

!y = !plmr.placed<tensor<8xf32>, [y]>
!x = !plmr.placed<tensor<8xf32>, [x]>
!w = !plmr.placed<tensor<8x8xf32>, [y, x]>
!px = !plmr.placed<tensor<8xf32>, [x], partial<sum y>>
!a = !plmr.placed<tensor<8x8xf32>, [y, skew x]>
!b = !plmr.placed<tensor<8x8xf32>, [skew y, x]>
!t = !plmr.placed<tensor<8x8xf32>, [ring y, x]>
!r = !plmr.placed<tensor<8x8xf32>, [y, ring x]>
!q = !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>
!k = !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>
!s = !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
!v = !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>
!o = !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.object input @x : !y
plmr.object input @a : !a
plmr.object input @b : !b
plmr.object input @t : !t
plmr.object input @q : !q
plmr.object input @k : !k
plmr.object input @v : !v
plmr.object output @r : !x
plmr.object state @cache : !plmr.placed<tensor<2x8x16xf32>, [*, x, cyclic y]> stacked

func.func @legal(%n: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %row = plmr.coord y
  %sum = arith.addi %row, %one : index
  %x = plmr.load @x : !y
  %y = scf.for %i = %zero to %n step %one iter_args(%v = %x) -> (!y) {
    %u = plmr.local (%t = %v) : (!y) -> !y tiles (tensor<2xf32>) {
      %s = arith.addf %t, %t : tensor<2xf32>
      plmr.yield %s : tensor<2xf32>
    }
    scf.yield %u : !y
  }
  %p = plmr.local (%t = %y) : (!y) -> !px tiles (tensor<2xf32>) {
    plmr.yield %t : tensor<2xf32>
  }
  %r = plmr.all_reduce %p : (!px) -> !x
  plmr.append %r, @cache[%zero] at %n : !x
  plmr.store %r, @r : !x
  %a = plmr.load @a : !a
  %b = plmr.load @b : !b
  %c = plmr.gemm %a, %b : (!a, !b) -> !w
  %t = plmr.load @t : !t
  %d = plmr.gemm_t %c, %t : !w, !t -> !r
  %e:2 = plmr.gemm %d, %t, %t : (!r, !t, !t) -> (!w, !w)
  plmr.epoch 1
  %q = plmr.load @q : !q
  %k = plmr.load @k : !k
  %v = plmr.load @v : !v
  %s = plmr.head_gemm_t %q, %k first %zero slots %n : !q, !k -> !s
  %o = plmr.head_gemm %s, %v slots %n : !s, !v -> !o
  plmr.epoch 0
  return
}

// -----

//===----------------------------------------------------------------------===//
// Operations of other levels
//===----------------------------------------------------------------------===//

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @graph(%t: tensor<8xf32>, %a: tensor<8x8xf32>, %h: tensor<2x8x8xf32>) {
  // expected-error @below {{'arith.constant' op expected an operation of the mesh level, where this is a tensor inside plmr.local}}
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  // expected-error @below {{'arith.addf' op expected an operation of the mesh level, where this is plmr.local}}
  %s = arith.addf %t, %t : tensor<8xf32>
  // expected-error @below {{'linalg.exp' op expected an operation of the mesh level, where this is plmr.local}}
  %e = linalg.exp ins(%t : tensor<8xf32>) outs(%t : tensor<8xf32>) -> tensor<8xf32>
  // expected-error @below {{'linalg.matmul' op expected an operation of the mesh level, where this is plmr.gemm}}
  %c = linalg.matmul ins(%a, %a : tensor<8x8xf32>, tensor<8x8xf32>) outs(%a : tensor<8x8xf32>) -> tensor<8x8xf32>
  // expected-error @below {{'linalg.batch_matmul' op expected an operation of the mesh level, where this is plmr.gemm}}
  %b = linalg.batch_matmul ins(%h, %h : tensor<2x8x8xf32>, tensor<2x8x8xf32>) outs(%h : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  // expected-error @below {{'linalg.vecmat' op expected an operation of the mesh level, where this is plmr.local of partial results, then plmr.all_reduce}}
  %v = linalg.vecmat ins(%t, %a : tensor<8xf32>, tensor<8x8xf32>) outs(%t : tensor<8xf32>) -> tensor<8xf32>
  // expected-error @below {{'linalg.reduce' op expected an operation of the mesh level, where this is plmr.local of partial results, then plmr.all_reduce}}
  %r = linalg.reduce ins(%a : tensor<8x8xf32>) outs(%t : tensor<8xf32>) dimensions = [1]
    (%i: f32, %o: f32) {
      %m = arith.maximumf %i, %o : f32
      linalg.yield %m : f32
    }
  // expected-error @below {{'tensor.extract_slice' op expected an operation of the mesh level, where this is plmr.redistribute, or inside plmr.local}}
  %p = tensor.extract_slice %t[0] [4] [1] : tensor<8xf32> to tensor<4xf32>
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @llm(%t: tensor<8xf32>, %w: tensor<8xf32>) {
  // expected-error @below {{'llm.rms_norm' op expected an operation of the mesh level, where this is what convert-graph-to-mesh makes of it}}
  %n = llm.rms_norm %t, %w eps 1.0e-5 : tensor<8xf32>
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @tile(%n: index) {
  // expected-error @below {{'plmr.ref' op expected an operation of the mesh level, where this is plmr.load}}
  %x = plmr.ref @x : memref<2xf32>
  // expected-error @below {{'memref.alloc' op expected an operation of the mesh level, where this is a value of !plmr.placed}}
  %s = memref.alloc() : memref<2xf32>
  // expected-error @below {{'memref.copy' op expected an operation of the mesh level, where this is plmr.store}}
  memref.copy %x, %s : memref<2xf32> to memref<2xf32>
  // expected-error @below {{'plmr.reduce_tile' op expected an operation of the mesh level, where this is plmr.all_reduce}}
  plmr.reduce_tile sum y %s tree <ktree [2]> : memref<2xf32>
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @inside_loop(%n: index) {
  %one = arith.constant 1 : index
  scf.for %i = %one to %n step %one {
    // expected-error @below {{'tensor.empty' op expected an operation of the mesh level, where this is a tensor inside plmr.local}}
    %s = tensor.empty() : tensor<4xf32>
  }
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @branch(%c: i1) {
  // expected-error @below {{'scf.if' op expected an operation of the mesh level, where this is scf.for}}
  scf.if %c {
  }
  // expected-error @below {{'func.call' op expected an operation of the mesh level}}
  func.call @other() : () -> ()
  return
}
func.func @other() {
  // expected-error @below {{'tensor.empty' op expected an operation of the mesh level, where this is a tensor inside plmr.local}}
  %t = tensor.empty() : tensor<4xf32>
  return
}

// -----

// Ten of them are told.

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @many(%t: tensor<8xf32>) {
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %0 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %1 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %2 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %3 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %4 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %5 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %6 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %7 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  %8 = arith.negf %t : tensor<8xf32>
  // expected-error @below {{'arith.negf' op expected an operation of the mesh level, where this is plmr.local}}
  // expected-note @below {{and 2 more}}
  %9 = arith.negf %t : tensor<8xf32>
  %10 = arith.negf %t : tensor<8xf32>
  %11 = arith.negf %t : tensor<8xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

// 10 elements on 4 rows: two rows have 2 and two have 3, of 3 each. A sum over
// the tile reads the padding.

#in = affine_map<(d0) -> (d0)>
#out = affine_map<(d0) -> ()>
!any = !plmr.placed<tensor<10xf32>, [y], pad any>
!sum = !plmr.placed<tensor<f32>, [], partial<sum y>>
plmr.mesh @mesh 4 x 4 on "tiny"

func.func @sum_of_padding(%x: !any) {
  %p = plmr.local (%t = %x) : (!any) -> !sum tiles (tensor<3xf32>) {
    %e = tensor.empty() : tensor<f32>
    %cst = arith.constant 0.0 : f32
    %zero = linalg.fill ins(%cst : f32) outs(%e : tensor<f32>) -> tensor<f32>
    // expected-error @below {{'linalg.generic' op expected the padding of dimension 0 to be the identity of the reduction but got '!plmr.placed<tensor<10xf32>, [y], pad any>'}}
    %s = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["reduction"]}
        ins(%t : tensor<3xf32>) outs(%zero : tensor<f32>) {
    ^bb0(%i: f32, %o: f32):
      %a = arith.addf %i, %o : f32
      linalg.yield %a : f32
    } -> tensor<f32>
    plmr.yield %s : tensor<f32>
  }
  return
}

// -----

// The memory order maps dimension 1 of the tile to dimension 0 of the tensor.

#a = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>
!any = !plmr.placed<tensor<10x8xf32>, [y, x], order [1, 0], pad any>
!sum = !plmr.placed<tensor<8xf32>, [x], partial<sum y>>
plmr.mesh @mesh 4 x 4 on "tiny"

func.func @order(%x: !any) {
  %p = plmr.local (%t = %x) : (!any) -> !sum tiles (tensor<2x3xf32>) {
    %e = tensor.empty() : tensor<2xf32>
    %cst = arith.constant 0.0 : f32
    %zero = linalg.fill ins(%cst : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
    // expected-error @below {{'linalg.generic' op expected the padding of dimension 0 to be the identity of the reduction but got '!plmr.placed<tensor<10x8xf32>, [y, x], order [1, 0], pad any>'}}
    %s = linalg.generic {indexing_maps = [#a, #out], iterator_types = ["parallel", "reduction"]}
        ins(%t : tensor<2x3xf32>) outs(%zero : tensor<2xf32>) {
    ^bb0(%i: f32, %o: f32):
      %a = arith.addf %i, %o : f32
      linalg.yield %a : f32
    } -> tensor<2xf32>
    plmr.yield %s : tensor<2xf32>
  }
  return
}

// -----

// The identity of a maximum is -inf.

#in = affine_map<(d0) -> (d0)>
#out = affine_map<(d0) -> ()>
!lowest = !plmr.placed<tensor<10xf32>, [y], pad neg_inf>
!zero = !plmr.placed<tensor<10xf32>, [y]>
!max = !plmr.placed<tensor<f32>, [], partial<max y>>
plmr.mesh @mesh 4 x 4 on "tiny"

func.func @maximum(%x: !lowest, %y: !zero) {
  %p = plmr.local (%t = %x) : (!lowest) -> !max tiles (tensor<3xf32>) {
    %e = arith.constant dense<0xFF800000> : tensor<f32>
    %s = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["reduction"]}
        ins(%t : tensor<3xf32>) outs(%e : tensor<f32>) {
    ^bb0(%i: f32, %o: f32):
      %a = arith.maximumf %i, %o : f32
      linalg.yield %a : f32
    } -> tensor<f32>
    plmr.yield %s : tensor<f32>
  }
  %q = plmr.local (%t = %y) : (!zero) -> !max tiles (tensor<3xf32>) {
    %e = arith.constant dense<0xFF800000> : tensor<f32>
    // expected-error @below {{'linalg.generic' op expected the padding of dimension 0 to be the identity of the reduction but got '!plmr.placed<tensor<10xf32>, [y]>'}}
    %s = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["reduction"]}
        ins(%t : tensor<3xf32>) outs(%e : tensor<f32>) {
    ^bb0(%i: f32, %o: f32):
      %a = arith.maximumf %i, %o : f32
      linalg.yield %a : f32
    } -> tensor<f32>
    plmr.yield %s : tensor<f32>
  }
  return
}

// -----

// Nothing is wrong where nothing is padded, where padding is zero, and where
// the padded dimension is not summed.

#in = affine_map<(d0) -> (d0)>
#out = affine_map<(d0) -> ()>
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
!even = !plmr.placed<tensor<8xf32>, [y], pad any>
!zero = !plmr.placed<tensor<10xf32>, [y]>
!tall = !plmr.placed<tensor<10x8xf32>, [y, x], pad any>
!sum = !plmr.placed<tensor<f32>, [], partial<sum y>>
!rows = !plmr.placed<tensor<10xf32>, [y], pad any, partial<sum x>>
plmr.mesh @mesh 4 x 4 on "tiny"

func.func @fine(%x: !even, %y: !zero, %z: !tall) {
  %p = plmr.local (%t = %x) : (!even) -> !sum tiles (tensor<2xf32>) {
    %e = arith.constant dense<0.0> : tensor<f32>
    %s = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["reduction"]}
        ins(%t : tensor<2xf32>) outs(%e : tensor<f32>) {
    ^bb0(%i: f32, %o: f32):
      %a = arith.addf %i, %o : f32
      linalg.yield %a : f32
    } -> tensor<f32>
    plmr.yield %s : tensor<f32>
  }
  %q = plmr.local (%t = %y) : (!zero) -> !sum tiles (tensor<3xf32>) {
    %e = arith.constant dense<0.0> : tensor<f32>
    %s = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["reduction"]}
        ins(%t : tensor<3xf32>) outs(%e : tensor<f32>) {
    ^bb0(%i: f32, %o: f32):
      %a = arith.addf %i, %o : f32
      linalg.yield %a : f32
    } -> tensor<f32>
    plmr.yield %s : tensor<f32>
  }
  %r = plmr.local (%t = %z) : (!tall) -> !rows tiles (tensor<3x2xf32>) {
    %e = arith.constant dense<0.0> : tensor<3xf32>
    %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
        ins(%t : tensor<3x2xf32>) outs(%e : tensor<3xf32>) {
    ^bb0(%i: f32, %o: f32):
      %a = arith.addf %i, %o : f32
      linalg.yield %a : f32
    } -> tensor<3xf32>
    plmr.yield %s : tensor<3xf32>
  }
  return
}
