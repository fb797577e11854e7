// RUN: plmr-opt %s -split-input-file -plmr-plan-memory | FileCheck %s

plmr.mesh @mesh 3 x 4 on "tiny"

// Objects come first, in their order; addresses are multiples of 8 bytes.
// Tiles: 3 of f32, 3 x 2 of f16, 2 layers of 4 x 2 of f32.
// CHECK: plmr.object input @x : {{.*}} {plmr.address = 0 : i64}
// CHECK: plmr.object input @h : {{.*}} {plmr.address = 16 : i64}
// CHECK: plmr.object state @s : {{.*}} stacked {plmr.address = 32 : i64}
// CHECK-LABEL: func.func @behind
// CHECK: memref.alloc() {plmr.address = 96 : i64}
plmr.object input @x : !plmr.placed<tensor<10xf32>, [y]>
plmr.object input @h : !plmr.placed<tensor<10x6xf16>, [y, x]>
plmr.object state @s : !plmr.placed<tensor<2x12x8xf32>, [*, x, cyclic y]> stacked
func.func @behind() {
  %cst = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<4xf32>
  linalg.fill ins(%cst : f32) outs(%a : memref<4xf32>)
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"

// Buffers share memory if they do not live at the same time; the largest is
// placed first.
// CHECK-LABEL: func.func @sharing
// CHECK: memref.alloc() {plmr.address = 32 : i64} : memref<4xf32>
// CHECK: memref.alloc() {plmr.address = 0 : i64} : memref<8xf32>
// CHECK: memref.alloc() {plmr.address = 32 : i64} : memref<4xf32>
// CHECK: memref.alloc() : memref<1024xf32>
func.func @sharing() {
  %cst = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<8xf32>
  %c = memref.alloc() : memref<4xf32>
  // Nothing uses it: it gets no address.
  %unused = memref.alloc() : memref<1024xf32>
  linalg.fill ins(%cst : f32) outs(%a : memref<4xf32>)
  %low = memref.subview %b[0] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1]>>
  memref.copy %a, %low : memref<4xf32> to memref<4xf32, strided<[1]>>
  // The last use of %a is above, the first one of %c here; %b lives on through
  // its view.
  linalg.fill ins(%cst : f32) outs(%c : memref<4xf32>)
  memref.copy %low, %c : memref<4xf32, strided<[1]>> to memref<4xf32>
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"

// A buffer that is used in a loop but made outside lives as long as the loop:
// the next iteration may read it. One that is made inside does not.
// CHECK-LABEL: func.func @loop
// CHECK: memref.alloc() {plmr.address = 0 : i64} : memref<4xf32>
// CHECK: memref.alloc() {plmr.address = 0 : i64} : memref<4xf32>
// CHECK: scf.for
// CHECK:   memref.alloc() {plmr.address = 16 : i64} : memref<4xf32>
// CHECK:   memref.alloc() {plmr.address = 16 : i64} : memref<4xf32>
func.func @loop(%n: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %cst = arith.constant 0.0 : f32
  %before = memref.alloc() : memref<4xf32>
  linalg.fill ins(%cst : f32) outs(%before : memref<4xf32>)
  %carried = memref.alloc() : memref<4xf32>
  scf.for %i = %zero to %n step %one {
    %first = memref.alloc() : memref<4xf32>
    memref.copy %carried, %first : memref<4xf32> to memref<4xf32>
    %second = memref.alloc() : memref<4xf32>
    linalg.fill ins(%cst : f32) outs(%second : memref<4xf32>)
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"

// The last use inside a branch is no longer than itself.
// CHECK-LABEL: func.func @branch
// CHECK: memref.alloc() {plmr.address = 0 : i64} : memref<4xf32>
// CHECK: scf.if
// CHECK:   memref.alloc() {plmr.address = 0 : i64} : memref<4xf32>
func.func @branch(%c: i1) {
  %cst = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<4xf32>
  scf.if %c {
    linalg.fill ins(%cst : f32) outs(%a : memref<4xf32>)
    %b = memref.alloc() : memref<4xf32>
    linalg.fill ins(%cst : f32) outs(%b : memref<4xf32>)
  }
  return
}

// -----

plmr.mesh @mesh 2 x 1 on "tiny"
plmr.channel @up #plmr.relation<up x>

// A transfer holds its buffer until it is waited for.
// CHECK-LABEL: func.func @transfer
// CHECK: memref.alloc() {plmr.address = 0 : i64}
// CHECK: memref.alloc() {plmr.address = 16 : i64}
// CHECK: plmr.wait
// CHECK: memref.alloc() {plmr.address = 0 : i64}
func.func @transfer(%sends: i1) {
  %cst = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<4xf32>
  %token = plmr.send %a on @up if %sends : memref<4xf32> -> !plmr.token
  %b = memref.alloc() : memref<4xf32>
  linalg.fill ins(%cst : f32) outs(%b : memref<4xf32>)
  plmr.wait %token if %sends
  %c = memref.alloc() : memref<4xf32>
  linalg.fill ins(%cst : f32) outs(%c : memref<4xf32>)
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @decode.mesh 2 x 2 on "tiny"

// Tiles of a slice have 64 bytes on @mesh and 256 on @decode.mesh. The second
// slice of @decode.b ends at 1024, where that of @prefill.b begins.
// CHECK: plmr.object state @stays {{.*}}plmr.address = 0
// CHECK: plmr.object state @prefill.a {{.*}}plmr.address = 848
// CHECK: plmr.object state @decode.a {{.*}}plmr.address = 16
// CHECK: plmr.object state @prefill.b {{.*}}plmr.address = 976
// CHECK: plmr.object state @decode.b {{.*}}plmr.address = 528
plmr.object state @stays : !plmr.placed<tensor<16xf32>, [x]>
plmr.object state @prefill.a : !plmr.placed<tensor<2x16x16xf32>, [*, x, y]> stacked
plmr.object state @decode.a : !plmr.placed<tensor<2x16x16xf32>, [*, x, y]> stacked
  on @decode.mesh moved from @prefill.a
plmr.object state @prefill.b : !plmr.placed<tensor<2x16x16xf32>, [*, x, y]> stacked
plmr.object state @decode.b : !plmr.placed<tensor<2x16x16xf32>, [*, x, y]> stacked
  on @decode.mesh moved from @prefill.b
func.func @main() {
  return
}
