// RUN: plmr-opt %s -split-input-file -pass-pipeline='builtin.module(func.func(plmr-merge-collectives))' | FileCheck %s

!x = !plmr.placed<tensor<6xf32>, [x]>
!px = !plmr.placed<tensor<6xf32>, [x], partial<sum y>>
!small = !plmr.placed<tensor<4xf32>, [x]>
!psmall = !plmr.placed<tensor<4xf32>, [x], partial<sum y>>

plmr.mesh @mesh 3 x 2 on "tiny"

// Reductions of any extent share a message, at the place of the last one.
// CHECK-LABEL: func.func @independent
// CHECK-SAME:    (%[[A:.*]]: {{.*}}, %[[B:.*]]: {{.*}}, %[[C:.*]]: {{.*}}
func.func @independent(%a: !px, %b: !psmall, %c: !px) -> (!x, !small, !x) {
  // CHECK-NEXT: plmr.coord y
  // CHECK-NEXT: %[[R:.*]]:3 = plmr.all_reduce %[[A]], %[[B]], %[[C]] :
  // CHECK-SAME:   (!plmr.placed<tensor<6xf32>, [x], partial<sum y>>, !plmr.placed<tensor<4xf32>, [x], partial<sum y>>, !plmr.placed<tensor<6xf32>, [x], partial<sum y>>)
  // CHECK-SAME:   -> (!plmr.placed<tensor<6xf32>, [x]>, !plmr.placed<tensor<4xf32>, [x]>, !plmr.placed<tensor<6xf32>, [x]>)
  // CHECK-NEXT: return %[[R]]#0, %[[R]]#1, %[[R]]#2
  %ra = plmr.all_reduce %a : (!px) -> !x
  %rb = plmr.all_reduce %b : (!psmall) -> !small
  %row = plmr.coord y
  %rc = plmr.all_reduce %c : (!px) -> !x
  return %ra, %rb, %rc : !x, !small, !x
}

// The second message depends on the first one's result.
// CHECK-LABEL: func.func @dependent
// CHECK-SAME:    (%[[A:.*]]: {{.*}}, %[[B:.*]]: {{.*}})
func.func @dependent(%a: !px, %b: !px) -> (!x, !x) {
  // CHECK-NEXT: %[[RA:.*]] = plmr.all_reduce %[[A]] :
  // CHECK-NEXT: %[[P:.*]] = plmr.local ({{.*}} = %[[RA]])
  // CHECK:      %[[RP:.*]] = plmr.all_reduce %[[P]] :
  // CHECK-NEXT: return %[[RA]], %[[RP]]
  %ra = plmr.all_reduce %a : (!px) -> !x
  %p = plmr.local (%t = %ra) : (!x) -> !px tiles (tensor<2xf32>) {
    plmr.yield %t : tensor<2xf32>
  }
  %rp = plmr.all_reduce %p : (!px) -> !x
  return %ra, %rp : !x, !x
}

// A use between both that the second one does not depend on counts as well:
// the result would not be there yet.
// CHECK-LABEL: func.func @used_between
func.func @used_between(%a: !px, %b: !px) -> (!x, !x) {
  // CHECK-NEXT: %[[RA:.*]] = plmr.all_reduce %{{.*}} :
  // CHECK-NEXT: %[[Q:.*]] = plmr.local ({{.*}} = %[[RA]])
  // CHECK:      %[[RB:.*]] = plmr.all_reduce %{{.*}} :
  // CHECK-NEXT: return %[[Q]], %[[RB]]
  %ra = plmr.all_reduce %a : (!px) -> !x
  %q = plmr.local (%t = %ra) : (!x) -> !x tiles (tensor<2xf32>) {
    plmr.yield %t : tensor<2xf32>
  }
  %rb = plmr.all_reduce %b : (!px) -> !x
  return %q, %rb : !x, !x
}

// The third merges with the second although the first stands apart.
// CHECK-LABEL: func.func @later_pair
// CHECK-SAME:    (%[[A:.*]]: {{.*}}, %[[B:.*]]: {{.*}})
func.func @later_pair(%a: !px, %b: !px) -> (!x, !x) {
  // CHECK:      %[[RA:.*]] = plmr.all_reduce %[[A]] :
  // CHECK:      %[[P:.*]] = plmr.local ({{.*}} = %[[RA]])
  // CHECK:      %[[R:.*]]:2 = plmr.all_reduce %[[P]], %[[B]] :
  // CHECK-NEXT: return %[[R]]#0, %[[R]]#1
  %ra = plmr.all_reduce %a : (!px) -> !x
  %p = plmr.local (%t = %ra) : (!x) -> !px tiles (tensor<2xf32>) {
    plmr.yield %t : tensor<2xf32>
  }
  %rp = plmr.all_reduce %p : (!px) -> !x
  %rb = plmr.all_reduce %b : (!px) -> !x
  return %rp, %rb : !x, !x
}

// -----

// What is reduced in another way stays apart.

!x = !plmr.placed<tensor<6xf32>, [x]>
!sum = !plmr.placed<tensor<6xf32>, [x], partial<sum y>>
!max = !plmr.placed<tensor<6xf32>, [x], partial<max y>>
!y = !plmr.placed<tensor<6xf32>, [y]>
!sumx = !plmr.placed<tensor<6xf32>, [y], partial<sum x>>
!h = !plmr.placed<tensor<6xf16>, [x]>
!sumh = !plmr.placed<tensor<6xf16>, [x], partial<sum y>>
!segments = !plmr.placed<tensor<6xf32>, [y], partial<sum x segments 2>>

plmr.mesh @mesh 3 x 2 on "tiny"

// CHECK-LABEL: func.func @axis
// CHECK-COUNT-2: = plmr.all_reduce %{{[a-z0-9]+}} :
func.func @axis(%a: !sum, %b: !sumx) -> (!x, !y) {
  %ra = plmr.all_reduce %a : (!sum) -> !x
  %rb = plmr.all_reduce %b : (!sumx) -> !y
  return %ra, %rb : !x, !y
}

// CHECK-LABEL: func.func @reducer
// CHECK-COUNT-2: = plmr.all_reduce %{{[a-z0-9]+}} :
func.func @reducer(%a: !sum, %b: !max) -> (!x, !x) {
  %ra = plmr.all_reduce %a : (!sum) -> !x
  %rb = plmr.all_reduce %b : (!max) -> !x
  return %ra, %rb : !x, !x
}

// CHECK-LABEL: func.func @element
// CHECK-COUNT-2: = plmr.all_reduce %{{[a-z0-9]+}} :
func.func @element(%a: !sum, %b: !sumh) -> (!x, !h) {
  %ra = plmr.all_reduce %a : (!sum) -> !x
  %rb = plmr.all_reduce %b : (!sumh) -> !h
  return %ra, %rb : !x, !h
}

// CHECK-LABEL: func.func @segments
// CHECK-COUNT-2: = plmr.all_reduce %{{[a-z0-9]+}} :
func.func @segments(%a: !sumx, %b: !segments) -> (!y, !y) {
  %ra = plmr.all_reduce %a : (!sumx) -> !y
  %rb = plmr.all_reduce %b : (!segments) -> !y
  return %ra, %rb : !y, !y
}

// A limit is of one operand's last dimension.
// CHECK-LABEL: func.func @limit
// CHECK: = plmr.all_reduce %{{[a-z0-9]+}} limit %{{.*}} :
// CHECK: = plmr.all_reduce %{{[a-z0-9]+}} :
func.func @limit(%a: !sum, %b: !sum, %n: index) -> (!x, !x) {
  %ra = plmr.all_reduce %a limit %n : (!sum) -> !x
  %rb = plmr.all_reduce %b : (!sum) -> !x
  return %ra, %rb : !x, !x
}

// CHECK-LABEL: func.func @groups
// CHECK: = plmr.all_reduce %{{[a-z0-9]+}} tree <ktree [2]> :
// CHECK: = plmr.all_reduce %{{[a-z0-9]+}} :
func.func @groups(%a: !sum, %b: !sum) -> (!x, !x) {
  %ra = plmr.all_reduce %a tree <ktree [2]> : (!sum) -> !x
  %rb = plmr.all_reduce %b : (!sum) -> !x
  return %ra, %rb : !x, !x
}

// Groups that the user chose are kept.
// CHECK-LABEL: func.func @same_groups
// CHECK: %{{.*}}:2 = plmr.all_reduce %{{.*}}, %{{.*}} tree <ktree [2]> :
func.func @same_groups(%a: !sum, %b: !sum) -> (!x, !x) {
  %ra = plmr.all_reduce %a tree <ktree [2]> : (!sum) -> !x
  %rb = plmr.all_reduce %b tree <ktree [2]> : (!sum) -> !x
  return %ra, %rb : !x, !x
}

// Bodies of loops are blocks of their own.
// CHECK-LABEL: func.func @loop
// CHECK: plmr.all_reduce %{{[a-z0-9]+}} :
// CHECK: scf.for
// CHECK:   %{{.*}}:2 = plmr.all_reduce %{{.*}}, %{{.*}} :
func.func @loop(%a: !sum, %b: !sum, %n: index) -> !x {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = plmr.all_reduce %a : (!sum) -> !x
  %s = scf.for %i = %zero to %n step %one iter_args(%v = %r) -> (!x) {
    %ra = plmr.all_reduce %a : (!sum) -> !x
    %rb = plmr.all_reduce %b : (!sum) -> !x
    scf.yield %rb : !x
  }
  return %s : !x
}

// -----

// Products of one matrix are one: it travels once for all.

!a = !plmr.placed<tensor<8x12xf32>, [y, ring x]>
!b = !plmr.placed<tensor<12x6xf32>, [ring y, x]>
!b4 = !plmr.placed<tensor<12x4xf32>, [ring y, ring x]>
!bs = !plmr.placed<tensor<12x6xf32>, [skew y, x]>
!bh = !plmr.placed<tensor<12x6xf16>, [ring y, x]>
!c = !plmr.placed<tensor<8x6xf32>, [y, x]>
!c4 = !plmr.placed<tensor<8x4xf32>, [y, ring x]>
!x = !plmr.placed<tensor<6xf32>, [x]>
!px = !plmr.placed<tensor<6xf32>, [x], partial<sum y>>

plmr.mesh @mesh 3 x 2 on "tiny"
plmr.object input @b : !b

// They stand where the last one is: its B may be loaded behind the first.
// CHECK-LABEL: func.func @products
// CHECK-SAME:    (%[[A:.*]]: {{.*}}, %[[B:.*]]: {{.*}}, %[[B4:.*]]: {{.*}})
func.func @products(%a: !a, %b: !b, %b4: !b4) -> (!c, !c4, !c) {
  // CHECK-NEXT: %[[LAST:.*]] = plmr.load @b
  // CHECK-NEXT: %[[R:.*]]:3 = plmr.gemm %[[A]], %[[B]], %[[B4]], %[[LAST]] :
  // CHECK-SAME:   -> (!plmr.placed<tensor<8x6xf32>, [y, x]>, !plmr.placed<tensor<8x4xf32>, [y, ring x]>, !plmr.placed<tensor<8x6xf32>, [y, x]>)
  // CHECK-NEXT: return %[[R]]#0, %[[R]]#1, %[[R]]#2
  %r:2 = plmr.gemm %a, %b, %b4 : (!a, !b, !b4) -> (!c, !c4)
  %last = plmr.load @b : !b
  %s = plmr.gemm %a, %last : (!a, !b) -> !c
  return %r#0, %r#1, %s : !c, !c4, !c
}

// CHECK-LABEL: func.func @product_used
// CHECK-COUNT-2: = plmr.gemm %{{[a-z0-9]+}}, %{{[a-z0-9]+}} :
func.func @product_used(%a: !a, %b: !b) -> (!c, !c) {
  %r = plmr.gemm %a, %b : (!a, !b) -> !c
  %u = plmr.local (%t = %r) : (!c) -> !c tiles (tensor<4x2xf32>) {
    plmr.yield %t : tensor<4x2xf32>
  }
  %s = plmr.gemm %a, %b : (!a, !b) -> !c
  return %u, %s : !c, !c
}

// CHECK-LABEL: func.func @other_matrix
// CHECK-COUNT-2: = plmr.gemm %{{[a-z0-9]+}}, %{{[a-z0-9]+}} :
func.func @other_matrix(%a: !a, %a1: !a, %b: !b) -> (!c, !c) {
  %r = plmr.gemm %a, %b : (!a, !b) -> !c
  %s = plmr.gemm %a1, %b : (!a, !b) -> !c
  return %r, %s : !c, !c
}

// B that start in different places, or of different elements, cannot move as
// one.
// CHECK-LABEL: func.func @other_order
// CHECK-COUNT-2: = plmr.gemm %{{[a-z0-9]+}}, %{{[a-z0-9]+}} :
func.func @other_order(%a: !a, %b: !b, %bs: !bs) -> (!c, !c) {
  %r = plmr.gemm %a, %b : (!a, !b) -> !c
  %s = plmr.gemm %a, %bs : (!a, !bs) -> !c
  return %r, %s : !c, !c
}

// CHECK-LABEL: func.func @other_element
// CHECK-COUNT-2: = plmr.gemm %{{[a-z0-9]+}}, %{{[a-z0-9]+}} :
func.func @other_element(%a: !a, %b: !b, %bh: !bh) -> (!c, !c) {
  %r = plmr.gemm %a, %b : (!a, !b) -> !c
  %s = plmr.gemm %a, %bh : (!a, !bh) -> !c
  return %r, %s : !c, !c
}

// Reductions and products do not stand in each other's way.
// CHECK-LABEL: func.func @both
// CHECK:      %{{.*}}:2 = plmr.all_reduce %{{.*}}, %{{.*}} :
// CHECK-NEXT: %{{.*}}:2 = plmr.gemm %{{.*}}, %{{.*}}, %{{.*}} :
func.func @both(%a: !a, %b: !b, %p: !px) -> (!c, !c, !x, !x) {
  %r = plmr.gemm %a, %b : (!a, !b) -> !c
  %u = plmr.all_reduce %p : (!px) -> !x
  %v = plmr.all_reduce %p : (!px) -> !x
  %s = plmr.gemm %a, %b : (!a, !b) -> !c
  return %r, %s, %u, %v : !c, !c, !x, !x
}
