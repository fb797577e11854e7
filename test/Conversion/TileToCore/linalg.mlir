// Every operation on buffers becomes a vector instruction over streams: one
// loop is the vector, one the instruction's repetition, others loops of the core.
//
// RUN: plmr-opt %s -split-input-file -convert-tile-to-core | FileCheck %s

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object output @r : !plmr.placed<tensor<6xf32>, [y]> {plmr.address = 8 : i64}

// CHECK-LABEL: core.program @main 1 x 1 on "tiny"
// CHECK:       core.object "r" output at 8 size 24
// CHECK:       core.constant {{.*}} uniform [6]
// CHECK-DAG:   core.dsm d[[R:[0-9]+]], r0 + 8 in 0 : f32
// CHECK-DAG:   core.dss d[[C:[0-9]+]], 2.500000e+00 : f32
// CHECK:       core.vector mov d[[R]], d[[C]] x k0{{$}}
// CHECK-NEXT:  core.halt
func.func @fill() {
  %r = plmr.ref @r : memref<6xf32>
  %c = arith.constant 2.5 : f32
  linalg.fill ins(%c : f32) outs(%r : memref<6xf32>)
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<4x6xf16>, [y, x]> {plmr.address = 0 : i64}
plmr.object output @r : !plmr.placed<tensor<2x3xf32>, [y, x]> {plmr.address = 48 : i64}

// A rectangle of a matrix: rows are repetitions, 6 elements apart, from element
// (1, 2) on. Widening is the stream's.
// CHECK-LABEL: core.program @main
// CHECK-DAG:   core.dsm d[[R:[0-9]+]], r0 + 48 step k{{[0-9]+}} in 1 : f32
// CHECK-DAG:   core.dsm d[[X:[0-9]+]], r0 + 16 step k{{[0-9]+}} in 0 : f16
// CHECK:       core.vector mov d[[R]], d[[X]] x k{{[0-9]+}} map k{{[0-9]+}}
func.func @copy() {
  %x = plmr.ref @x : memref<4x6xf16>
  %r = plmr.ref @r : memref<2x3xf32>
  %s = memref.subview %x[1, 2] [2, 3] [1, 1]
      : memref<4x6xf16> to memref<2x3xf16, strided<[6, 1], offset: 8>>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%s : memref<2x3xf16, strided<[6, 1], offset: 8>>) outs(%r : memref<2x3xf32>) {
  ^bb0(%a: f16, %b: f32):
    %w = arith.extf %a : f16 to f32
    linalg.yield %w : f32
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<4x6xf32>, [y, x]> {plmr.address = 0 : i64}
plmr.object output @r : !plmr.placed<tensor<4x6xf32>, [y, x]> {plmr.address = 96 : i64}

// Dimensions that all operands run through in one stride are one vector.
// CHECK-LABEL: core.program @main
// CHECK:       core.constant {{.*}} uniform [24]
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
func.func @merged() {
  %x = plmr.ref @x : memref<4x6xf32>
  %r = plmr.ref @r : memref<4x6xf32>
  memref.copy %x, %r : memref<4x6xf32> to memref<4x6xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<6xf32>, [y]> {plmr.address = 0 : i64}
plmr.object input @y : !plmr.placed<tensor<6xf32>, [y]> {plmr.address = 24 : i64}
plmr.object output @r : !plmr.placed<tensor<6xf32>, [y]> {plmr.address = 48 : i64}

// The operations that cores have, one after the other.
// CHECK-LABEL: core.program @main
// CHECK:       core.vector add d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
// CHECK:       core.vector sub d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
// CHECK:       core.vector mul d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
// CHECK:       core.vector div d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
// CHECK:       core.vector max d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
// CHECK:       core.vector exp d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
// CHECK:       core.vector rsqrt d{{[0-9]+}}, d{{[0-9]+}} x k0{{$}}
// CHECK:       core.dss d[[M:[0-9]+]], -1.000000e+00 : f32
// CHECK:       core.vector mul d{{[0-9]+}}, d{{[0-9]+}}, d[[M]] x k0{{$}}
func.func @elementwise() {
  %x = plmr.ref @x : memref<6xf32>
  %y = plmr.ref @y : memref<6xf32>
  %r = plmr.ref @r : memref<6xf32>
  linalg.add ins(%x, %y : memref<6xf32>, memref<6xf32>) outs(%r : memref<6xf32>)
  linalg.sub ins(%x, %y : memref<6xf32>, memref<6xf32>) outs(%r : memref<6xf32>)
  linalg.mul ins(%x, %y : memref<6xf32>, memref<6xf32>) outs(%r : memref<6xf32>)
  linalg.div ins(%x, %y : memref<6xf32>, memref<6xf32>) outs(%r : memref<6xf32>)
  linalg.max ins(%x, %y : memref<6xf32>, memref<6xf32>) outs(%r : memref<6xf32>)
  linalg.exp ins(%x : memref<6xf32>) outs(%r : memref<6xf32>)
  linalg.rsqrt ins(%x : memref<6xf32>) outs(%r : memref<6xf32>)
  linalg.negf ins(%x : memref<6xf32>) outs(%r : memref<6xf32>)
  return
}

// -----

#id = affine_map<(i) -> (i)>
plmr.mesh @mesh 1 x 3 on "tiny"
plmr.object input @x : !plmr.placed<tensor<18xf32>, [y]> {plmr.address = 0 : i64}
plmr.object output @r : !plmr.placed<tensor<18xf16>, [y]> {plmr.address = 48 : i64}

// A condition is data of the instruction, and narrowing the destination's.
// CHECK-LABEL: core.program @main
// CHECK:       core.constant {{.*}} by_row [0, 1, 0]
// CHECK-DAG:   core.dsm d[[R:[0-9]+]], r0 + 48 in 1 : f16
// CHECK-DAG:   core.dsm d[[X:[0-9]+]], r0 in 0 : f32
// CHECK-DAG:   core.dss d[[N:[0-9]+]], 0xFF800000 : f32
// CHECK-DAG:   core.dss d[[C:[0-9]+]] of k{{[0-9]+}} convert : f32
// CHECK:       core.vector sel d[[R]], d[[X]], d[[N]], d[[C]] x k{{[0-9]+}}{{$}}
func.func @select() {
  %x = plmr.ref @x : memref<6xf32>
  %r = plmr.ref @r : memref<6xf16>
  %row = plmr.coord y
  %one = arith.constant 1 : index
  %c = arith.cmpi eq, %row, %one : index
  %none = arith.constant 0xFF800000 : f32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<6xf32>) outs(%r : memref<6xf16>) {
  ^bb0(%a: f32, %b: f16):
    %s = arith.select %c, %a, %none : f32
    %n = arith.truncf %s : f32 to f16
    linalg.yield %n : f16
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<3xf32>, [y]> {plmr.address = 0 : i64}
plmr.object input @w : !plmr.placed<tensor<3x5xf32>, [y, x]> {plmr.address = 16 : i64}
plmr.object output @r : !plmr.placed<tensor<5xf32>, [x]> {plmr.address = 80 : i64}

// A product of a vector and a matrix is one instruction: the vector runs over
// the result, each repetition takes one element of x and one row of w.
// CHECK-LABEL: core.program @main
// CHECK-DAG:   core.dsm d[[R:[0-9]+]], r0 + 80 in 2 : f32
// CHECK-DAG:   core.dsm d[[X:[0-9]+]], r0 stride r0 step k{{[0-9]+}} in 0 : f32
// CHECK-DAG:   core.dsm d[[W:[0-9]+]], r0 + 16 step k{{[0-9]+}} in 1 : f32
// CHECK:       core.vector fma d[[R]], d[[X]], d[[W]], d[[R]] x k{{[0-9]+}} map k{{[0-9]+}}
// CHECK-NEXT:  core.halt
func.func @vecmat() {
  %x = plmr.ref @x : memref<3xf32>
  %w = plmr.ref @w : memref<3x5xf32>
  %r = plmr.ref @r : memref<5xf32>
  linalg.vecmat ins(%x, %w : memref<3xf32>, memref<3x5xf32>) outs(%r : memref<5xf32>)
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @a : !plmr.placed<tensor<2x4xf32>, [y, x]> {plmr.address = 0 : i64}
plmr.object input @b : !plmr.placed<tensor<4x5xf32>, [y, x]> {plmr.address = 32 : i64}
plmr.object output @r : !plmr.placed<tensor<2x5xf32>, [y, x]> {plmr.address = 112 : i64}

// The third loop of a product of matrices is one of the core.
// CHECK-LABEL: core.program @main
// CHECK:       core.loop k{{[0-9]+}} {
// CHECK:         core.vector fma d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} map k{{[0-9]+}}
// CHECK:       }
// CHECK:       core.halt
func.func @matmul() {
  %a = plmr.ref @a : memref<2x4xf32>
  %b = plmr.ref @b : memref<4x5xf32>
  %r = plmr.ref @r : memref<2x5xf32>
  linalg.matmul ins(%a, %b : memref<2x4xf32>, memref<4x5xf32>) outs(%r : memref<2x5xf32>)
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<2x7xf32>, [y, x]> {plmr.address = 0 : i64}
plmr.object output @r : !plmr.placed<tensor<2xf32>, [y]> {plmr.address = 56 : i64}

// A reduction is the operation itself, with a result that stands still.
// CHECK-LABEL: core.program @main
// CHECK:       core.vector max d{{[0-9]+}}, d{{[0-9]+}}, d{{[0-9]+}} x k{{[0-9]+}} map k{{[0-9]+}}
func.func @maximum() {
  %x = plmr.ref @x : memref<2x7xf32>
  %r = plmr.ref @r : memref<2xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<2x7xf32>) outs(%r : memref<2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %m = arith.maximumf %b, %a : f32
    linalg.yield %m : f32
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object state @c : !plmr.placed<tensor<2x3x8xf32>, [*, x, cyclic y]> stacked {plmr.address = 0 : i64}
plmr.object output @r : !plmr.placed<tensor<3x8xf32>, [x, y]> {plmr.address = 192 : i64}

// Slices, offsets and extents that are known in a launch only are registers;
// the descriptor's object bounds what they may reach.
// CHECK-LABEL: core.program @main
// CHECK:       core.launch "dynamic" ["layer", "slots"]
// CHECK:       core.scalar mul r[[S:[0-9]+]], r1, 96
// CHECK-DAG:   core.dsm d{{[0-9]+}}, r0 + 192 step k{{[0-9]+}} in 1 : f32
// CHECK-DAG:   core.dsm d{{[0-9]+}}, r[[S]] step k{{[0-9]+}} in 0 : f32
// CHECK:       core.vector mov d{{[0-9]+}}, d{{[0-9]+}} x r2 map k{{[0-9]+}}
func.func @dynamic(%layer: index, %slots: index)
    attributes {plmr.parameters = ["layer", "slots"]} {
  %c = plmr.ref @c[%layer] : memref<3x8xf32>
  %r = plmr.ref @r : memref<3x8xf32>
  %from = memref.subview %c[0, 0] [3, %slots] [1, 1]
      : memref<3x8xf32> to memref<3x?xf32, strided<[8, 1]>>
  %to = memref.subview %r[0, 0] [3, %slots] [1, 1]
      : memref<3x8xf32> to memref<3x?xf32, strided<[8, 1]>>
  memref.copy %from, %to : memref<3x?xf32, strided<[8, 1]>> to memref<3x?xf32, strided<[8, 1]>>
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}

// Buffers that share an address are one object, as large as the largest.
// CHECK-LABEL: core.program @main
// CHECK:       core.object "buffer" scratch at 32 size 32
// CHECK-NOT:   scratch at
// CHECK:       core.vector mov
func.func @scratch() {
  %x = plmr.ref @x : memref<8xf32>
  %a = memref.alloc() {plmr.address = 32 : i64} : memref<8xf32>
  memref.copy %x, %a : memref<8xf32> to memref<8xf32>
  %b = memref.alloc() {plmr.address = 32 : i64} : memref<2x2xf32>
  %m = memref.expand_shape %x [[0, 1]] output_shape [4, 2] : memref<8xf32> into memref<4x2xf32>
  %top = memref.subview %m[0, 0] [2, 2] [1, 1] : memref<4x2xf32> to memref<2x2xf32, strided<[2, 1]>>
  memref.copy %top, %b : memref<2x2xf32, strided<[2, 1]>> to memref<2x2xf32>
  return
}
