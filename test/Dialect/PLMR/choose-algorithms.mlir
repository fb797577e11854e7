// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(plmr-choose-algorithms{tree=ktree:1})' | FileCheck %s --check-prefixes=ALL,K1
// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(plmr-choose-algorithms{tree=ktree:2})' | FileCheck %s --check-prefixes=ALL,K2
// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(plmr-choose-algorithms{tree=ktree:3})' | FileCheck %s --check-prefixes=ALL,K3

!x = !plmr.placed<tensor<32xf32>, [x]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
plmr.mesh @mesh 2 x 16 on "tiny"

// The levels' sizes differ as little as possible and cover the line.
// ALL-LABEL: func.func @levels
// K1: plmr.all_reduce %{{.*}} tree <ktree [16]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
// K3: plmr.all_reduce %{{.*}} tree <ktree [3, 3, 2]> :
func.func @levels(%a: !py) -> !x {
  %r = plmr.all_reduce %a : (!py) -> !x
  return %r : !x
}

// ALL-LABEL: func.func @kept
// ALL: plmr.all_reduce %{{.*}} tree <ktree [2, 8]> :
func.func @kept(%a: !py) -> !x {
  %r = plmr.all_reduce %a tree <ktree [2, 8]> : (!py) -> !x
  return %r : !x
}

// -----

!x = !plmr.placed<tensor<32xf32>, [x]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
plmr.mesh @mesh 2 x 1 on "tiny"

// One core has nothing to reduce with.
// ALL-LABEL: func.func @one_row
// ALL: plmr.all_reduce %{{.*}} tree <ktree> :
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
// K1: plmr.all_reduce %{{.*}} tree <ktree [5]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [3, 2]> :
// K3: plmr.all_reduce %{{.*}} tree <ktree [2, 2, 2]> :
func.func @segments(%b: !segments) -> !y {
  %r = plmr.all_reduce %b : (!segments) -> !y
  return %r : !y
}

// -----

// Three trees of two levels need more input queues where they meet than the 8
// of a core. As few levels as possible are given up, where that costs the least
// time.

!x = !plmr.placed<tensor<32xf32>, [x]>
!y = !plmr.placed<tensor<32xf32>, [y]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
!px = !plmr.placed<tensor<32xf32>, [y], partial<sum x>>
!px4 = !plmr.placed<tensor<32xf32>, [y], partial<sum x segments 4>>
plmr.mesh @mesh 16 x 16 on "tiny"

// ALL-LABEL: func.func @queues
// K1: plmr.all_reduce %{{.*}} tree <ktree [16]> :
// K1: plmr.all_reduce %{{.*}} tree <ktree [16]> :
// K1: plmr.all_reduce %{{.*}} tree <ktree [4]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [16]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [2, 2]> :
// K3: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
// K3: plmr.all_reduce %{{.*}} tree <ktree [16]> :
// K3: plmr.all_reduce %{{.*}} tree <ktree [2, 2]> :
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
// K2: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [2, 2]> :
func.func @enough_queues(%a: !py, %b: !px, %c: !px4) -> (!x, !y, !y) {
  %ra = plmr.all_reduce %a : (!py) -> !x
  %rb = plmr.all_reduce %b : (!px) -> !y
  %rc = plmr.all_reduce %c : (!px4) -> !y
  return %ra, %rb, %rc : !x, !y, !y
}

// -----

// Rings of products take queues, too: trees are chains then. Not those of
// another function, whose routes are its own.

!x = !plmr.placed<tensor<32xf32>, [x]>
!y = !plmr.placed<tensor<32xf32>, [y]>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
!px = !plmr.placed<tensor<32xf32>, [y], partial<sum x>>
!a = !plmr.placed<tensor<32x32xf32>, [y, ring x]>
!b = !plmr.placed<tensor<32x32xf32>, [ring y, ring x]>
!q = !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>
!k = !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>
!s = !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
plmr.mesh @mesh 16 x 16 on "lab"

// ALL-LABEL: func.func @beside_products
// ALL: plmr.all_reduce %{{.*}} tree <ktree [16]> :
// ALL: plmr.all_reduce %{{.*}} tree <ktree [16]> :
func.func @beside_products(%p: !py, %q: !px, %a: !a, %b: !b) -> (!x, !y, !a) {
  %r = plmr.all_reduce %p : (!py) -> !x
  %s = plmr.all_reduce %q : (!px) -> !y
  %c = plmr.gemm %a, %b : (!a, !b) -> !a
  return %r, %s, %c : !x, !y, !a
}

// ALL-LABEL: func.func @beside_transposed
// ALL: plmr.all_reduce %{{.*}} tree <ktree [16]> :
func.func @beside_transposed(%p: !py, %a: !a, %b: !b) -> (!x, !a) {
  %r = plmr.all_reduce %p : (!py) -> !x
  %c = plmr.gemm_t %a, %b : !a, !b -> !a
  return %r, %c : !x, !a
}

// ALL-LABEL: func.func @beside_heads
// ALL: plmr.all_reduce %{{.*}} tree <ktree [16]> :
func.func @beside_heads(%p: !py, %q: !q, %k: !k, %n: index) -> (!x, !s) {
  %r = plmr.all_reduce %p : (!py) -> !x
  %s = plmr.head_gemm_t %q, %k first %n slots %n : !q, !k -> !s
  return %r, %s : !x, !s
}

// ALL-LABEL: func.func @without
// K1: plmr.all_reduce %{{.*}} tree <ktree [16]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
// K3: plmr.all_reduce %{{.*}} tree <ktree [3, 3, 2]> :
func.func @without(%p: !py) -> !x {
  %r = plmr.all_reduce %p : (!py) -> !x
  return %r : !x
}

// -----

!x = !plmr.placed<tensor<32xf32>, [x]>
!y = !plmr.placed<tensor<32xf32>, [y]>
!px = !plmr.placed<tensor<32xf32>, [y], partial<sum x>>
!py = !plmr.placed<tensor<32xf32>, [x], partial<sum y>>
plmr.mesh @mesh 16 x 9 on "wse2"
plmr.object state @c : !plmr.placed<tensor<2x32x16xf32>, [*, x, cyclic y]> stacked cache "shift"

// The shifts of a cache take one of 8 queues, and so a tree a level.
// ALL-LABEL: func.func @shifted
// K2: plmr.all_reduce %{{.*}} tree <ktree [9]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
func.func @shifted(%a: !py, %b: !px, %k: !x, %i: index) -> (!x, !y) {
  plmr.append %k, @c[%i] at %i : !x
  %r = plmr.all_reduce %a : (!py) -> !x
  %s = plmr.all_reduce %b : (!px) -> !y
  return %r, %s : !x, !y
}

// ALL-LABEL: func.func @not_shifted
// K2: plmr.all_reduce %{{.*}} tree <ktree [3, 3]> :
// K2: plmr.all_reduce %{{.*}} tree <ktree [4, 4]> :
func.func @not_shifted(%a: !py, %b: !px) -> (!x, !y) {
  %r = plmr.all_reduce %a : (!py) -> !x
  %s = plmr.all_reduce %b : (!px) -> !y
  return %r, %s : !x, !y
}
