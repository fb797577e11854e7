// Products of two matrices in other ways than the staircase.
// RUN: plmr-opt %s -plmr-compile="device=ideal mesh=3x2 gemm=cannon to=mesh" | FileCheck %s --check-prefixes=MESH,MESH-CANNON
// RUN: plmr-opt %s -plmr-compile="device=ideal mesh=3x2 gemm=allgather to=mesh" | FileCheck %s --check-prefixes=MESH,MESH-ALLGATHER
// RUN: plmr-opt %s -plmr-compile="device=ideal mesh=3x2 gemm=cannon to=tile" | FileCheck %s --check-prefixes=TILE,CANNON
// RUN: plmr-opt %s -plmr-compile="device=ideal mesh=3x2 gemm=summa to=tile" | FileCheck %s --check-prefixes=TILE,SUMMA
// RUN: plmr-opt %s -plmr-compile="device=ideal mesh=3x2 gemm=summa_relay to=tile" | FileCheck %s --check-prefixes=TILE,RELAY
// RUN: plmr-opt %s -plmr-compile="device=ideal mesh=3x2 gemm=allgather to=tile" | FileCheck %s --check-prefixes=TILE,ALLGATHER

// An operation's own attribute comes before the option.
// MESH-DAG:   plmr.object input @arg0 : !plmr.placed<tensor<4x11xf32>, [y, x]>
// MESH-DAG:   plmr.object input @arg1 : !plmr.placed<tensor<11x5xf32>, [y, x]>
// MESH-DAG:   plmr.object input @arg2 : !plmr.placed<tensor<4x6xf32>, [y, x]>
// MESH-DAG:   plmr.object input @arg3 : !plmr.placed<tensor<6x5xf32>, [y, x]>
// MESH-CANNON:    plmr.gemm %{{.*}}, %{{.*}} algorithm cannon :
// MESH-ALLGATHER: plmr.gemm %{{.*}}, %{{.*}} algorithm allgather :
// MESH:           plmr.gemm %{{.*}}, %{{.*}} algorithm cannon :

// Both operands are aligned, then they walk.
// TILE:        func.func @main
// CANNON:      scf.for
// CANNON:        plmr.send %{{.*}} on @x.cycle
// CANNON:      scf.for
// CANNON:        plmr.send %{{.*}} on @y.cycle
// CANNON:      scf.for
// CANNON:        plmr.send %{{.*}} on @x.cycle
// CANNON:        plmr.recv %{{.*}} on @x.cycle
// CANNON:        plmr.send %{{.*}} on @y.cycle
// CANNON:        linalg.matmul

// A multicast for each owner; the next segment comes in beside the product.
// SUMMA-NOT:   scf.for
// SUMMA:       plmr.send %{{.*}} on @[[X0:x.broadcast[0-9_]*]] if
// SUMMA:       plmr.recv %{{.*}} on @[[X0]] if
// SUMMA:       plmr.send %{{.*}} on @[[Y0:y.broadcast[0-9_]*]] if
// SUMMA:       plmr.wait
// SUMMA:       plmr.send %{{.*}} on @[[X1:x.broadcast[0-9_]*]] if
// SUMMA:       linalg.matmul
// SUMMA:       plmr.wait
// SUMMA-COUNT-3: linalg.matmul
// The second product.
// SUMMA:       scf.for

// RELAY:       plmr.recv %{{.*}} on @x.up if
// RELAY:       plmr.recv %{{.*}} on @y.up if
// RELAY:       scf.for
// RELAY:         plmr.send %{{.*}} on @x.up if
// RELAY:         plmr.send %{{.*}} on @x.down if
// RELAY:         plmr.send %{{.*}} on @y.up if
// RELAY:         plmr.recv %{{.*}} on @x.up if
// RELAY:         plmr.recv %{{.*}} on @x.down if
// RELAY:         linalg.matmul
// RELAY:         plmr.wait

// ALLGATHER:   scf.for
// ALLGATHER:     plmr.send %{{.*}} on @x.ring
// ALLGATHER:     memref.copy
// ALLGATHER:   scf.for
// ALLGATHER:     plmr.send %{{.*}} on @y.ring
// ALLGATHER:   linalg.matmul {{.*}}memref<2x11xf32{{.*}}memref<11x2xf32
func.func @main(%a: tensor<4x11xf32>, %b: tensor<11x5xf32>, %c: tensor<4x6xf32>, %d: tensor<6x5xf32>)
    -> (tensor<4x5xf32>, tensor<4x5xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x5xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x5xf32>) -> tensor<4x5xf32>
  %r = linalg.matmul ins(%a, %b : tensor<4x11xf32>, tensor<11x5xf32>)
      outs(%init : tensor<4x5xf32>) -> tensor<4x5xf32>
  %s = linalg.matmul {plmr.gemm = #plmr<gemm_algorithm cannon>} ins(%c, %d : tensor<4x6xf32>, tensor<6x5xf32>)
      outs(%init : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %r, %s : tensor<4x5xf32>, tensor<4x5xf32>
}
