// Roles and colours are tables by coordinate; a message is a vector instruction
// with a stream on the fabric.
//
// RUN: plmr-opt %s -split-input-file -convert-tile-to-core | FileCheck %s

plmr.mesh @mesh 1 x 4 on "tiny"
plmr.channel @chain #plmr.relation<tree y of <ktree [4]>> colours [5, 7, 6]
plmr.object output @b : !plmr.placed<tensor<24xf32>, [y]> {plmr.address = 0 : i64}

// Row 2 is the root: rows 0 and 1 send south on colours 5 and 7, row 3 north on
// colour 6.
// CHECK-LABEL: core.program @main
// CHECK-DAG:   core.constant {{.*}} by_row [1, 0, 0, 1]
// CHECK-DAG:   core.constant {{.*}} by_row [0, 1, 0, 0]
// CHECK-DAG:   core.constant {{.*}} by_row [0, 0, 1, 0]
// CHECK-DAG:   core.constant {{.*}} by_row [5, 7, 0, 6]
// CHECK-DAG:   core.constant {{.*}} by_row [0, 5, 0, 0]
// CHECK-DAG:   core.constant {{.*}} by_row [0, 0, 7, 0]
// CHECK-DAG:   core.constant {{.*}} by_row [0, 0, 6, 0]
// CHECK:       core.routes {{\[\[}}"5 R->S"], ["5 N->R", "7 R->S"], ["6 S->R", "7 N->R"], ["6 R->N"]] of [0, 1, 2, 3]
// CHECK:       core.channel "chain" "ktree of 4 along y" colours [5, 6, 7] hops 1
// CHECK:       core.operation "sum of rows" "chain" bytes 24 hops 1 colours [5, 6, 7]

// One instruction a hop: from the fabric, added, to the fabric.
// CHECK-DAG:   core.dsf d[[OUT:[0-9]+]], k[[SEND:[0-9]+]] : f32
// CHECK-DAG:   core.dsm d[[OWN:[0-9]+]], r0 in 0 : f32
// CHECK-DAG:   core.dsf d[[IN:[0-9]+]], k[[LOW:[0-9]+]] : f32
// CHECK:       core.vector add d[[OUT]], d[[OWN]], d[[IN]] x k{{[0-9]+}} if k{{[0-9]+}}
// The ends only send.
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} if k{{[0-9]+}}
// The root collects.
// CHECK:       core.vector max d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} if k{{[0-9]+}}
// CHECK:       core.vector add d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} if k{{[0-9]+}}
func.func @rows() {
  %b = plmr.ref @b : memref<6xf32>
  %true = arith.constant true
  %sends = plmr.role sends @chain
  %passes = plmr.role receives @chain
  %low = plmr.role collects @chain child 0
  %high = plmr.role collects @chain child 1
  %none = plmr.role collects @chain child 2
  %silent = arith.xori %passes, %true : i1
  %starts = arith.andi %sends, %silent : i1
  plmr.forward_reduce sum %b on @chain if %passes
      {plmr.operation = "sum of rows"} : memref<6xf32>
  plmr.send %b on @chain if %starts {plmr.operation = "sum of rows"} : memref<6xf32>
  plmr.recv_reduce max %b on @chain child 0 if %low
      {plmr.operation = "sum of rows"} : memref<6xf32>
  plmr.recv_reduce sum %b on @chain child 1 if %high
      {plmr.operation = "sum of rows"} : memref<6xf32>
  // Nobody has three children.
  plmr.recv_reduce sum %b on @chain child 2 if %none : memref<6xf32>
  return
}

// -----

plmr.mesh @mesh 5 x 2 on "tiny"
plmr.channel @cast #plmr.relation<broadcast x of <ktree [3, 2]>> colours [4]
plmr.object output @b : !plmr.placed<tensor<12xf32>, [y]> {plmr.address = 0 : i64}

// A multicast: on the way a router passes on and takes in at once.
// CHECK-LABEL: core.program @main
// CHECK:       core.routes {{\[\[}}"4 E->R"], ["4 E->WR"], ["4 R->EW"], ["4 W->R"]] of [0, 1, 1, 2, 3, 0, 1, 1, 2, 3]
// CHECK:       core.channel "cast" {{.*}} colours [4] hops 3
func.func @multicast() {
  %b = plmr.ref @b : memref<6xf32>
  %sends = plmr.role sends @cast
  %gets = plmr.role receives @cast
  plmr.send %b on @cast if %sends : memref<6xf32>
  plmr.recv %b on @cast if %gets : memref<6xf32>
  return
}

// -----

plmr.mesh @mesh 4 x 1 on "tiny"
plmr.channel @ring #plmr.relation<ring x> colours [0, 2, 1, 3]
plmr.object state @b : !plmr.placed<tensor<2x24xf32>, [*, x]> {plmr.address = 0 : i64}

// Transfers run on engines beside the stream; an engine is free when its
// transfer was waited for.
// CHECK-LABEL: core.program @main
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} on e0{{$}}
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} on e1{{$}}
// CHECK:       core.wait e0{{$}}
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} on e0 if k{{[0-9]+}}
// CHECK:       core.wait e1{{$}}
// CHECK:       core.wait e0 if k{{[0-9]+}}
func.func @engines() {
  %b = plmr.ref @b : memref<2x6xf32>
  %x = plmr.coord x
  %c0 = arith.constant 0 : index
  %first = arith.cmpi eq, %x, %c0 : index
  %from = memref.subview %b[0, 0] [1, 6] [1, 1] : memref<2x6xf32> to memref<6xf32, strided<[1]>>
  %into = memref.subview %b[1, 0] [1, 6] [1, 1] : memref<2x6xf32> to memref<6xf32, strided<[1], offset: 6>>
  %t0 = plmr.send %from on @ring : memref<6xf32, strided<[1]>> -> !plmr.token
  %t1 = plmr.recv %into on @ring : memref<6xf32, strided<[1], offset: 6>> -> !plmr.token
  plmr.wait %t0
  %t2 = plmr.send %from on @ring if %first : memref<6xf32, strided<[1]>> -> !plmr.token
  plmr.wait %t1
  plmr.wait %t2 if %first
  return
}

// -----

plmr.mesh @mesh 4 x 1 on "tiny"
plmr.channel @up #plmr.relation<up x> colours [0, 1, 0]
plmr.object output @b : !plmr.placed<tensor<12x24xf32>, [x, y]> {plmr.address = 0 : i64}

// Messages of two dimensions repeat; none is sent that no core sends.
// CHECK-LABEL: core.program @main
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} map k{{[0-9]+}} if k{{[0-9]+}}
// CHECK-NEXT:  core.halt
func.func @two_dimensions() {
  %b = plmr.ref @b : memref<3x24xf32>
  %false = arith.constant false
  %sends = plmr.role sends @up
  %part = memref.subview %b[0, 0] [3, 10] [1, 1]
      : memref<3x24xf32> to memref<3x10xf32, strided<[24, 1]>>
  plmr.send %part on @up if %sends : memref<3x10xf32, strided<[24, 1]>>
  plmr.recv %part on @up if %false : memref<3x10xf32, strided<[24, 1]>>
  return
}
