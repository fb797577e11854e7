// Whatever depends on coordinates only is computed at compile time and becomes
// a constant of the cores' tables; the rest is scalar instructions.
//
// RUN: plmr-opt %s -split-input-file -convert-tile-to-core | FileCheck %s

plmr.mesh @mesh 3 x 2 on "tiny"
plmr.object output @r : !plmr.placed<tensor<6xf32>, [y]> {plmr.address = 0 : i64}

// (x * 2 + y) mod 4, for x = 0, 1, 2 and y = 0, 1, row after row.
// CHECK-LABEL: core.program @main 3 x 2
// CHECK:       core.constant {{.*}} by_core [0, 2, 0, 1, 3, 1]
// CHECK-NOT:   core.scalar
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} if k
// CHECK-NEXT:  core.halt
func.func @folded() {
  %r = plmr.ref @r : memref<3xf32>
  %cst = arith.constant 0.0 : f32
  %x = plmr.coord x
  %y = plmr.coord y
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %a = arith.muli %x, %c2 : index
  %b = arith.addi %a, %y : index
  %c = arith.remui %b, %c4 : index
  %p = arith.cmpi ne, %c, %c0 : index
  %n = memref.subview %r[0] [%c] [1] : memref<3xf32> to memref<?xf32, strided<[1]>>
  scf.if %p {
    linalg.fill ins(%cst : f32) outs(%n : memref<?xf32, strided<[1]>>)
  }
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
plmr.object output @r : !plmr.placed<tensor<6xf32>, [y]> {plmr.address = 0 : i64}

// What no core does is not there; what all do has no predicate.
// CHECK-LABEL: core.program @main
// CHECK-NOT:   1.000000e+00
// CHECK:       core.dss d{{[0-9]+}}, 2.000000e+00
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}}{{$}}
// CHECK-NEXT:  core.halt
func.func @conditions() {
  %r = plmr.ref @r : memref<3xf32>
  %one = arith.constant 1.0 : f32
  %two = arith.constant 2.0 : f32
  %x = plmr.coord x
  %c3 = arith.constant 3 : index
  %never = arith.cmpi uge, %x, %c3 : index
  scf.if %never {
    linalg.fill ins(%one : f32) outs(%r : memref<3xf32>)
  }
  %always = arith.cmpi ult, %x, %c3 : index
  scf.if %always {
    linalg.fill ins(%two : f32) outs(%r : memref<3xf32>)
  }
  return
}

// -----

plmr.mesh @mesh 1 x 4 on "tiny"
plmr.object output @r : !plmr.placed<tensor<32xf32>, [y]> {plmr.address = 0 : i64}

// A parameter is a register; its comparison with the row one as well, and so
// the vector's predicate.
// CHECK-LABEL: core.program @main
// CHECK:       core.constant {{.*}} by_row [0, 1, 2, 3]
// CHECK:       core.launch "parameter" ["pos"]
// CHECK:       core.scalar rem r[[OWNER:[0-9]+]], r1, 4
// CHECK:       core.scalar eq r[[OWNS:[0-9]+]], k{{[0-9]+}}, r[[OWNER]]
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} if r
func.func @parameter(%pos: index) attributes {plmr.parameters = ["pos"]} {
  %r = plmr.ref @r : memref<8xf32>
  %cst = arith.constant 0.0 : f32
  %rows = arith.constant 4 : index
  %owner = arith.remui %pos, %rows : index
  %row = plmr.coord y
  %owns = arith.cmpi eq, %row, %owner : index
  scf.if %owns {
    linalg.fill ins(%cst : f32) outs(%r : memref<8xf32>)
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object output @r : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}

// Carried values that change places are read before any changes; nobody asks for
// the loop's own count.
// CHECK-LABEL: core.program @main
// CHECK:       core.scalar add r[[A:[0-9]+]], r0, 0
// CHECK-NEXT:  core.scalar add r[[B:[0-9]+]], k{{[0-9]+}}, 0
// CHECK-NEXT:  core.loop r1 {
// CHECK:         core.vector mov
// CHECK-NEXT:    core.scalar add r[[OLDB:[0-9]+]], r[[B]], 0
// CHECK-NEXT:    core.scalar add r[[OLDA:[0-9]+]], r[[A]], 0
// CHECK-NEXT:    core.scalar add r[[A]], r[[OLDB]], 0
// CHECK-NEXT:    core.scalar add r[[B]], r[[OLDA]], 0
// CHECK-NEXT:  }
// CHECK-NEXT:  core.halt
func.func @loop(%n: index) {
  %r = plmr.ref @r : memref<8xf32>
  %cst = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %c0, %b = %c1) -> (index, index) {
    %place = memref.subview %r[%a] [1] [1] : memref<8xf32> to memref<1xf32, strided<[1], offset: ?>>
    linalg.fill ins(%cst : f32) outs(%place : memref<1xf32, strided<[1], offset: ?>>)
    scf.yield %b, %a : index, index
  }
  return
}

// -----

plmr.mesh @mesh 1 x 4 on "tiny"
plmr.object output @r : !plmr.placed<tensor<32xf32>, [y]> {plmr.address = 0 : i64}

// A new value is moved once, one that stays is not moved, and what is
// added to zero or multiplied by one on either side costs nothing.
// CHECK-LABEL: core.program @main
// CHECK:       core.launch "carried"
// CHECK:       core.loop r1 {
// CHECK-NEXT:    core.scalar add r[[NEXT:[0-9]+]], r[[I:[0-9]+]], r[[A:[0-9]+]]
// CHECK:         core.vector mov {{.*}} if r1
// CHECK-NEXT:    core.scalar add r[[A]], r[[NEXT]], 0
// CHECK-NEXT:    core.scalar add r[[I]], r[[I]], 1
// CHECK-NEXT:  }
// CHECK-NEXT:  core.halt
func.func @carried(%n: index) attributes {plmr.parameters = ["n"]} {
  %r = plmr.ref @r : memref<8xf32>
  %cst = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %c0, %b = %c1) -> (index, index) {
    %next = arith.addi %i, %a : index
    %same = arith.muli %c1, %n : index
    %still = arith.addi %c0, %same : index
    %if = arith.index_cast %still : index to i1
    scf.if %if {
      linalg.fill ins(%cst : f32) outs(%r : memref<8xf32>)
    }
    scf.yield %next, %b : index, index
  }
  return
}
