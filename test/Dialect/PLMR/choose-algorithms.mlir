// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(plmr-choose-algorithms{k=1}))' | FileCheck %s --check-prefixes=ALL,K1
// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(plmr-choose-algorithms))' | FileCheck %s --check-prefixes=ALL,K2
// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(plmr-choose-algorithms{k=3}))' | FileCheck %s --check-prefixes=ALL,K3

!x = !plmr.placed<tensor<32xf32>, [x]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
plmr.mesh @mesh 2 x 16 on "tiny"

// The levels' sizes differ as little as possible and cover the line.
// ALL-LABEL: func.func @levels
// K1: plmr.all_reduce %{{.*}} groups [16] :
// K2: plmr.all_reduce %{{.*}} groups [4, 4] :
// K3: plmr.all_reduce %{{.*}} groups [3, 3, 2] :
func.func @levels(%a: !py) -> !x {
  %r = plmr.all_reduce %a : (!py) -> !x
  return %r : !x
}

// ALL-LABEL: func.func @kept
// ALL: plmr.all_reduce %{{.*}} groups [2, 8] :
func.func @kept(%a: !py) -> !x {
  %r = plmr.all_reduce %a groups [2, 8] : (!py) -> !x
  return %r : !x
}

// -----

!x = !plmr.placed<tensor<32xf32>, [x]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
plmr.mesh @mesh 2 x 1 on "tiny"

// One core has nothing to reduce with.
// ALL-LABEL: func.func @one_row
// ALL: plmr.all_reduce %{{.*}} groups [] :
func.func @one_row(%a: !py) -> !x {
  %r = plmr.all_reduce %a : (!py) -> !x
  return %r : !x
}

// -----

!y = !plmr.placed<tensor<32xf32>, [y]>
!px = !plmr.placed<tensor<32xf32>, [y], partial<sum x>>
!segments = !plmr.placed<tensor<32xf32>, [y], partial<sum x segments 3>>
plmr.mesh @mesh 13 x 2 on "lab"

// 13 columns in 3 segments: 4, 4 and 5 wide. The tree fits the widest.
// ALL-LABEL: func.func @segments
// K1: plmr.all_reduce %{{.*}} groups [5] :
// K2: plmr.all_reduce %{{.*}} groups [3, 2] :
// K3: plmr.all_reduce %{{.*}} groups [2, 2, 2] :
func.func @segments(%b: !segments) -> !y {
  %r = plmr.all_reduce %b : (!segments) -> !y
  return %r : !y
}

// -----

// Three trees of two levels need more input queues where they meet than the 8
// of a core. The shortest loses a level first, the earlier one of two as short.

!x = !plmr.placed<tensor<32xf32>, [x]>
!y = !plmr.placed<tensor<32xf32>, [y]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
!px = !plmr.placed<tensor<32xf32>, [y], partial<sum x>>
!px4 = !plmr.placed<tensor<32xf32>, [y], partial<sum x segments 4>>
plmr.mesh @mesh 16 x 16 on "tiny"

// ALL-LABEL: func.func @queues
// K1: plmr.all_reduce %{{.*}} groups [16] :
// K1: plmr.all_reduce %{{.*}} groups [16] :
// K1: plmr.all_reduce %{{.*}} groups [4] :
// K2: plmr.all_reduce %{{.*}} groups [16] :
// K2: plmr.all_reduce %{{.*}} groups [4, 4] :
// K2: plmr.all_reduce %{{.*}} groups [4] :
// K3: plmr.all_reduce %{{.*}} groups [16] :
// K3: plmr.all_reduce %{{.*}} groups [3, 3, 2] :
// K3: plmr.all_reduce %{{.*}} groups [4] :
func.func @queues(%a: !py, %b: !px, %c: !px4) -> (!x, !y, !y) {
  %ra = plmr.all_reduce %a : (!py) -> !x
  %rb = plmr.all_reduce %b : (!px) -> !y
  %rc = plmr.all_reduce %c : (!px4) -> !y
  return %ra, %rb, %rc : !x, !y, !y
}

// -----

// The device `ideal` has a queue for every colour.

!x = !plmr.placed<tensor<32xf32>, [x]>
!y = !plmr.placed<tensor<32xf32>, [y]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
!px = !plmr.placed<tensor<32xf32>, [y], partial<sum x>>
!px4 = !plmr.placed<tensor<32xf32>, [y], partial<sum x segments 4>>
plmr.mesh @mesh 16 x 16 on "ideal"

// ALL-LABEL: func.func @enough_queues
// K2: plmr.all_reduce %{{.*}} groups [4, 4] :
// K2: plmr.all_reduce %{{.*}} groups [4, 4] :
// K2: plmr.all_reduce %{{.*}} groups [2, 2] :
func.func @enough_queues(%a: !py, %b: !px, %c: !px4) -> (!x, !y, !y) {
  %ra = plmr.all_reduce %a : (!py) -> !x
  %rb = plmr.all_reduce %b : (!px) -> !y
  %rc = plmr.all_reduce %c : (!px4) -> !y
  return %ra, %rb, %rc : !x, !y, !y
}
