// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(plmr-choose-algorithms)' | FileCheck %s --check-prefixes=ALL,TIMED
// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(plmr-choose-algorithms{timed=false})' | FileCheck %s --check-prefixes=ALL,BOUND

// All kinds compete, and queues go where they save the most: to the lines that
// are longer, or have more messages.

!x = !plmr.placed<tensor<128xf32>, [x]>
!y = !plmr.placed<tensor<128xf32>, [y]>
!py = !plmr.placed<tensor<128xf32>, [x], partial<sum y>>
!px = !plmr.placed<tensor<128xf32>, [y], partial<sum x>>
!px8 = !plmr.placed<tensor<128xf32>, [y], partial<sum x segments 8>>
plmr.mesh @mesh 128 x 128 on "wse2"

// ALL-LABEL: func.func @queues
// ALL: plmr.all_reduce %{{.*}} tree <auto_gen [3, {{.*}}]> :
// ALL: plmr.all_reduce %{{.*}} tree <auto_gen [2, {{.*}}]> :
// ALL: plmr.all_reduce %{{.*}} tree <auto_gen [3, {{.*}}]> :
// ALL: plmr.all_reduce %{{.*}} tree <auto_gen [3, {{.*}}]> :
func.func @queues(%a: !py, %b: !px, %c: !px8) -> (!x, !y, !y, !x) {
  %ra = plmr.all_reduce %a : (!py) -> !x
  %rc = plmr.all_reduce %c : (!px8) -> !y
  %rb = plmr.all_reduce %b : (!px) -> !y
  %rd = plmr.all_reduce %a : (!py) -> !x
  return %ra, %rb, %rc, %rd : !x, !y, !y, !x
}

// -----

// Of trees that are as fast, the one that takes the least of the routes.

!x = !plmr.placed<tensor<4xf32>, [x]>
!py = !plmr.placed<tensor<4xf32>, [x], partial<sum y>>
plmr.mesh @mesh 2 x 3 on "wse2"

// ALL-LABEL: func.func @alike
// TIMED: plmr.all_reduce %{{.*}} tree <two_phase> :
// BOUND: plmr.all_reduce %{{.*}} tree <auto_gen [2, {{.*}}]> :
func.func @alike(%a: !py) -> !x {
  %r = plmr.all_reduce %a : (!py) -> !x
  return %r : !x
}

// -----

// A long message between few cores is reduced block by block, round the ring.

!x = !plmr.placed<tensor<4096xf32>, [x]>
!py = !plmr.placed<tensor<4096xf32>, [x], partial<sum y>>
plmr.mesh @mesh 1 x 4 on "lab"

// ALL-LABEL: func.func @ring
// TIMED: plmr.all_reduce %{{.*}} ring :
// BOUND: plmr.all_reduce %{{.*}} tree <
func.func @ring(%a: !py) -> !x {
  %r = plmr.all_reduce %a : (!py) -> !x
  return %r : !x
}
