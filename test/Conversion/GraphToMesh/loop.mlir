// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 3 x 4 on "tiny"
llm.weight @up : tensor<8x8xf32> transposed in "m.gguf" [
  #llm.source<"0.up", 64, "F32">, #llm.source<"1.up", 320, "Q8_0">]
llm.weight @down : tensor<8x8xf32> transposed in "m.gguf" [
  #llm.source<"0.down", 1024, "F32">, #llm.source<"1.down", 2048, "F32">]

// A weight of every layer is one object with a leading dimension, of which each
// iteration loads a slice. Two products leave a vector where it was.
// CHECK-DAG: plmr.object weight @up.tiles : !plmr.placed<tensor<2x8x8xf32>, [*, y, x]> stacked transposed in "m.gguf" [#llm.source<"0.up", 64, "F32">, #llm.source<"1.up", 320, "Q8_0">]
// CHECK-DAG: plmr.object weight @down.tiles : !plmr.placed<tensor<2x8x8xf32>, [*, x, y]> stacked transposed
// CHECK-DAG: plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
// CHECK-LABEL: func.func @layers(
// CHECK-SAME:    %[[POS:.*]]: index) attributes {plmr.inputs = [@x], plmr.outputs = [@y], plmr.parameters = ["pos"]}
// CHECK:         %[[X:.*]] = plmr.load @x
// CHECK:         %[[R:.*]] = scf.for %[[I:.*]] = %{{.*}} to %[[POS]] step %{{.*}} iter_args(%[[V:.*]] = %[[X]]) -> (!plmr.placed<tensor<8xf32>, [y]>) {
// CHECK:           plmr.load @up.tiles[%[[I]]] : !plmr.placed<tensor<8x8xf32>, [y, x]>
// CHECK:           plmr.load @down.tiles[%[[I]]] : !plmr.placed<tensor<8x8xf32>, [x, y]>
// CHECK:           %[[D:.*]] = plmr.all_reduce %{{.*}} : (!plmr.placed<tensor<8xf32>, [y], partial<sum x>>)
// CHECK:           %[[S:.*]] = plmr.local (%{{.*}} = %[[V]], %{{.*}} = %[[D]])
// CHECK:           scf.yield %[[S]]
// CHECK:         plmr.store %[[R]], @y
func.func @layers(%x: tensor<8xf32> {plmr.name = "x"}, %pos: index {plmr.name = "pos"})
    -> (tensor<8xf32> {plmr.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %r = scf.for %i = %c0 to %pos step %c1 iter_args(%v = %x) -> (tensor<8xf32>) {
    %wu = llm.param @up[%i] : tensor<8x8xf32>
    %u = linalg.vecmat ins(%v, %wu : tensor<8xf32>, tensor<8x8xf32>)
                       outs(%zero : tensor<8xf32>) -> tensor<8xf32>
    %wd = llm.param @down[%i] : tensor<8x8xf32>
    %d = linalg.vecmat ins(%u, %wd : tensor<8xf32>, tensor<8x8xf32>)
                       outs(%zero : tensor<8xf32>) -> tensor<8xf32>
    %s = arith.addf %v, %d : tensor<8xf32>
    scf.yield %s : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"
llm.weight @tied : tensor<8x6xf32> in "m.gguf" [#llm.source<"tied", 64, "F32">]

// A weight that is needed in two placements lives on the mesh twice; one that
// is needed twice in one placement does not.
// CHECK-DAG: plmr.object weight @tied.tiles : !plmr.placed<tensor<8x6xf32>, [y, x]> in
// CHECK-DAG: plmr.object weight @tied.tiles1 : !plmr.placed<tensor<8x6xf32>, [y, x], order [1, 0]> in
// CHECK-NOT: @tied.tiles2
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero6 = arith.constant dense<0.0> : tensor<6xf32>
  %zero8 = arith.constant dense<0.0> : tensor<8xf32>
  %w = llm.param @tied : tensor<8x6xf32>
  %u = linalg.vecmat ins(%x, %w : tensor<8xf32>, tensor<8x6xf32>)
                     outs(%zero6 : tensor<6xf32>) -> tensor<6xf32>
  %v = llm.param @tied : tensor<8x6xf32>
  %d = linalg.matvec ins(%v, %u : tensor<8x6xf32>, tensor<6xf32>)
                     outs(%zero8 : tensor<8xf32>) -> tensor<8xf32>
  return %d : tensor<8xf32>
}

// -----

plmr.mesh @mesh 3 x 4 on "tiny"
llm.weight @w : tensor<8xf32> in "m.gguf" [#llm.source<"w", 64, "F32">]

// What is placed inside a loop is placed again behind it, but for arguments.
// CHECK-DAG: plmr.object input @arg1
// CHECK-DAG: plmr.object weight @w.tiles :
// CHECK-NOT: plmr.object {{.*}} @w.tiles1
// CHECK-LABEL: func.func @behind
// CHECK: plmr.load @arg1
// CHECK-NOT: plmr.load @arg1
// CHECK: %[[R:.*]] = scf.for
// CHECK:   linalg.fill
// CHECK:   plmr.load @w.tiles
// CHECK: }
// CHECK: %[[ONE:.*]] = plmr.local ()
// CHECK:   linalg.fill
// CHECK: plmr.local (%{{.*}} = %[[R]], %{{.*}} = %[[ONE]])
// CHECK: plmr.load @w.tiles
func.func @behind(%x: tensor<8xf32>, %y: tensor<8xf32>, %n: index) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant dense<1.0> : tensor<8xf32>
  %w = llm.param @w : tensor<8xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x) -> (tensor<8xf32>) {
    %s = arith.addf %v, %one : tensor<8xf32>
    %t = arith.mulf %s, %w : tensor<8xf32>
    %u = arith.mulf %t, %y : tensor<8xf32>
    scf.yield %u : tensor<8xf32>
  }
  %s = arith.addf %r, %one : tensor<8xf32>
  %t = arith.mulf %s, %w : tensor<8xf32>
  %u = arith.mulf %t, %y : tensor<8xf32>
  return %u : tensor<8xf32>
}
