// The pipeline is its passes: every level can be printed, read back and entered.
//
// RUN: plmr-opt %s -plmr-compile="device=tiny mesh=3x5" -o %t.direct
// RUN: plmr-opt %s -plmr-compile="device=tiny mesh=3x5 to=mesh" -o %t.mesh
// RUN: plmr-opt %s -plmr-compile="device=tiny mesh=3x5 to=tile" -o %t.tile
// RUN: plmr-opt %t.tile -convert-tile-to-core | diff - %t.direct
// RUN: plmr-opt %t.mesh -plmr-compile="from=mesh to=tile" | diff - %t.tile
// RUN: plmr-opt %t.mesh -plmr-compile="from=mesh" | diff - %t.direct
// RUN: plmr-opt %t.tile -plmr-compile="from=tile to=tile" | diff - %t.tile
// RUN: plmr-opt %t.tile -plmr-compile="from=tile" | diff - %t.direct
// RUN: plmr-opt %t.mesh -pass-pipeline='builtin.module(convert-mesh-to-tile,func.func(convert-elementwise-to-linalg),eliminate-empty-tensors,one-shot-bufferize,cse,canonicalize,plmr-expand-collectives,cse,plmr-allocate-colours,plmr-plan-memory,plmr-verify-tile)' | diff - %t.tile
// RUN: plmr-opt %s -pass-pipeline='builtin.module(plmr-attach-mesh{device=tiny mesh=3x5},convert-graph-to-mesh,func.func(plmr-merge-collectives),plmr-choose-algorithms,plmr-verify-mesh)' | diff - %t.mesh
//
// Equal input, equal bytes.
// RUN: plmr-opt %s -plmr-compile="device=tiny mesh=3x5" | diff - %t.direct
//
// A module's own mesh wins over the options.
// RUN: plmr-opt %t.mesh | FileCheck %s --check-prefix=MESH
// MESH: plmr.mesh @mesh 3 x 5 on "tiny"
//
// RUN: not plmr-opt %s -plmr-compile="device=tiny" 2>&1 | FileCheck %s --check-prefix=NO-MESH
// NO-MESH: error: expected a mesh as columns x rows, for example 4x3, but got ''{{$}}
//
// RUN: not plmr-opt %s -plmr-compile="device=tiny mesh=3x5 to=chip" 2>&1 | FileCheck %s --check-prefix=LEVEL
// LEVEL: Cannot find option named 'chip'

func.func @main(%x: tensor<10xf32>, %a: tensor<10x8xf32>, %b: tensor<8x10xf32>)
    -> tensor<10xf32> {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %h = linalg.vecmat ins(%x, %a : tensor<10xf32>, tensor<10x8xf32>)
                     outs(%zero : tensor<8xf32>) -> tensor<8xf32>
  %one = arith.constant dense<1.0> : tensor<8xf32>
  %n = arith.negf %h : tensor<8xf32>
  %e = math.exp %n : tensor<8xf32>
  %d = arith.addf %e, %one : tensor<8xf32>
  %s = arith.divf %h, %d : tensor<8xf32>
  %zero10 = arith.constant dense<0.0> : tensor<10xf32>
  %y = linalg.vecmat ins(%s, %b : tensor<8xf32>, tensor<8x10xf32>)
                     outs(%zero10 : tensor<10xf32>) -> tensor<10xf32>
  %r = arith.addf %x, %y : tensor<10xf32>
  return %r : tensor<10xf32>
}
