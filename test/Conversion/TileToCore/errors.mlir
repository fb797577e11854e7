// RUN: plmr-opt %s -split-input-file -convert-tile-to-core -verify-diagnostics

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

// expected-error @below {{'builtin.module' op expected a plmr.mesh and a function}}
module {
  func.func @main() {
    return
  }
}

// -----

// expected-error @below {{'builtin.module' op expected a plmr.mesh and a function}}
module {
  plmr.mesh @mesh 1 x 1 on "tiny"
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
// expected-error @below {{'plmr.object' op expected an address; plmr-plan-memory sets it}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @main() {
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
func.func @main() {
  %cst = arith.constant 0.0 : f32
  // expected-error @below {{'memref.alloc' op expected an address; plmr-plan-memory sets it}}
  %a = memref.alloc() : memref<8xf32>
  linalg.fill ins(%cst : f32) outs(%a : memref<8xf32>)
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
// expected-error @below {{'plmr.object' op expected sources of the llm dialect but got 7 : i64}}
plmr.object weight @w : !plmr.placed<tensor<8xf32>, [y]> in "m.gguf" [7] {plmr.address = 0 : i64}
func.func @main() {
  return
}

// -----

//===----------------------------------------------------------------------===//
// Memory: M of the device
//===----------------------------------------------------------------------===//

plmr.mesh @mesh 2 x 1 on "tiny"
plmr.object state @cache : !plmr.placed<tensor<20000xf32>, [x]> {plmr.address = 0 : i64}
plmr.object output @r : !plmr.placed<tensor<3000xf32>, [x]> {plmr.address = 40000 : i64}
// expected-error @below {{expected at most 49152 bytes per core, what tiny has, but the program needs 50080 on a mesh of 2x1; a larger mesh or the device 'lab' would do}}
// expected-note @below {{'cache' (state): 40000 bytes}}
// expected-note @below {{'r' (output): 6000 bytes}}
// expected-note @below {{'scores' (scratch): 4000 bytes}}
// expected-note @below {{'code' (code): 64 bytes}}
// expected-note @below {{'constants' (table): 4 bytes}}
func.func @main() {
  %cst = arith.constant 0.0 : f32
  %a = memref.alloc() {plmr.address = 46000 : i64} : memref<1000xf32> loc("scores")
  linalg.fill ins(%cst : f32) outs(%a : memref<1000xf32>)
  return
}

// -----

// Needs are counted in 64 bits; the device 'lab' would not do.

plmr.mesh @mesh 1 x 1 on "lab"
plmr.object state @cache : !plmr.placed<tensor<3000000000xf32>, [x]> {plmr.address = 0 : i64}
// expected-error @below {{expected at most 67104688 bytes per core, what lab has, but the program needs 12000008080 on a mesh of 1x1; a larger mesh would do}}
// expected-note @below {{'cache' (state): 12000000000 bytes}}
// expected-note @below {{'scores' (scratch): 8000 bytes}}
// expected-note @below {{'code' (code): 64 bytes}}
// expected-note @below {{'constants' (table): 4 bytes}}
func.func @main() {
  %cst = arith.constant 0.0 : f32
  %a = memref.alloc() {plmr.address = 12000000000 : i64} : memref<2000xf32> loc("scores")
  linalg.fill ins(%cst : f32) outs(%a : memref<2000xf32>)
  return
}

// -----

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

#id = affine_map<(i) -> (i)>
plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main() {
  %x = plmr.ref @x : memref<8xf32>
  // expected-error @below {{'linalg.sqrt' op expected an operation that cores have: addf, subf, mulf, divf, negf, maximumf, exp, rsqrt or select, but got math.sqrt}}
  linalg.sqrt ins(%x : memref<8xf32>) outs(%x : memref<8xf32>)
  return
}

// -----

#id = affine_map<(i) -> (i)>
plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main() {
  %x = plmr.ref @x : memref<8xf32>
  // expected-error @below {{'linalg.generic' op expected an operation that cores have: addf, subf, mulf, divf, negf, maximumf, exp, rsqrt or select, but got arith.maxnumf}}
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<8xf32>) outs(%x : memref<8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %m = arith.maxnumf %a, %b : f32
    linalg.yield %m : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>
plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main() {
  %x = plmr.ref @x : memref<8xf32>
  // expected-error @below {{'linalg.generic' op expected one operation or a product and a sum in the body}}
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<8xf32>) outs(%x : memref<8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %e = math.exp %a : f32
    %s = arith.subf %e, %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#sum = affine_map<(i, j) -> (i + j)>
#id = affine_map<(i, j) -> (i, j)>
plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
plmr.object input @y : !plmr.placed<tensor<5x4xf32>, [y, x]> {plmr.address = 32 : i64}
func.func @main() {
  %x = plmr.ref @x : memref<8xf32>
  %y = plmr.ref @y : memref<5x4xf32>
  // expected-error @below {{'linalg.generic' op expected indexing maps of plain loops}}
  linalg.generic {indexing_maps = [#sum, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<8xf32>) outs(%y : memref<5x4xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main(%n: index) {
  %x = plmr.ref @x : memref<8xf32>
  // expected-error @below {{'arith.shli' op expected integer arithmetic that a core has instructions for}}
  %m = arith.shli %n, %n : index
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
func.func @main(%n: index) {
  %c2 = arith.constant 2 : index
  // expected-error @below {{'scf.for' op expected step 1}}
  scf.for %i = %c2 to %n step %c2 {
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = plmr.ref @x : memref<8xf32>
  // expected-error @below {{'scf.for' op expected loop-carried values that are scalars of registers but got 'memref<8xf32>'}}
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> memref<8xf32> {
    scf.yield %a : memref<8xf32>
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
func.func @main(%c: i1) {
  // expected-error @below {{'scf.if' op expected no results and no else branch}}
  scf.if %c {
  } else {
  }
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main(%n: index) {
  %x = plmr.ref @x : memref<8xf32>
  // expected-error @below {{'memref.subview' op expected static strides}}
  %s = memref.subview %x[0] [2] [%n] : memref<8xf32> to memref<2xf32, strided<[?]>>
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main(%n: index) {
  %x = plmr.ref @x : memref<8xf32>
  // expected-error @below {{'memref.load' op expected a view or an allocation}}
  %s = memref.load %x[%n] : memref<8xf32>
  return
}

// -----

plmr.mesh @mesh 1 x 1 on "tiny"
func.func @main() {
  // expected-error @below {{'tensor.empty' op expected an operation of the tile level}}
  %s = tensor.empty() : tensor<4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Registers and engines
//===----------------------------------------------------------------------===//

plmr.mesh @mesh 2 x 1 on "tiny"
plmr.channel @up #plmr.relation<up x> colours [0]
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
func.func @main() {
  %x = plmr.ref @x : memref<8xf32>
  %t0 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  %t1 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  %t2 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  %t3 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  %t4 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  %t5 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  %t6 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  %t7 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  // expected-error @below {{'plmr.send' op expected at most 8 transfers at a time, the engines of a core of tiny}}
  %t8 = plmr.send %x on @up : memref<8xf32> -> !plmr.token
  return
}

// -----

plmr.mesh @mesh 2 x 1 on "tiny"
plmr.channel @up #plmr.relation<up x> colours [0]
plmr.object input @x : !plmr.placed<tensor<4x6x8xf32>, [y, x, *]> {plmr.address = 0 : i64}
func.func @main() {
  %x = plmr.ref @x : memref<4x3x8xf32>
  %s = memref.subview %x[0, 0, 0] [4, 2, 5] [1, 1, 1]
      : memref<4x3x8xf32> to memref<4x2x5xf32, strided<[24, 8, 1]>>
  // expected-error @below {{'plmr.send' op expected a message of at most two dimensions}}
  plmr.send %s on @up : memref<4x2x5xf32, strided<[24, 8, 1]>>
  return
}

// -----

// Every value that is live holds a register of the 64, of which one is zero.

plmr.mesh @mesh 1 x 1 on "tiny"
func.func @main(%v0: index) {
  %v1 = arith.muli %v0, %v0 : index
  %v2 = arith.muli %v1, %v1 : index
  %v3 = arith.muli %v2, %v2 : index
  %v4 = arith.muli %v3, %v3 : index
  %v5 = arith.muli %v4, %v4 : index
  %v6 = arith.muli %v5, %v5 : index
  %v7 = arith.muli %v6, %v6 : index
  %v8 = arith.muli %v7, %v7 : index
  %v9 = arith.muli %v8, %v8 : index
  %v10 = arith.muli %v9, %v9 : index
  %v11 = arith.muli %v10, %v10 : index
  %v12 = arith.muli %v11, %v11 : index
  %v13 = arith.muli %v12, %v12 : index
  %v14 = arith.muli %v13, %v13 : index
  %v15 = arith.muli %v14, %v14 : index
  %v16 = arith.muli %v15, %v15 : index
  %v17 = arith.muli %v16, %v16 : index
  %v18 = arith.muli %v17, %v17 : index
  %v19 = arith.muli %v18, %v18 : index
  %v20 = arith.muli %v19, %v19 : index
  %v21 = arith.muli %v20, %v20 : index
  %v22 = arith.muli %v21, %v21 : index
  %v23 = arith.muli %v22, %v22 : index
  %v24 = arith.muli %v23, %v23 : index
  %v25 = arith.muli %v24, %v24 : index
  %v26 = arith.muli %v25, %v25 : index
  %v27 = arith.muli %v26, %v26 : index
  %v28 = arith.muli %v27, %v27 : index
  %v29 = arith.muli %v28, %v28 : index
  %v30 = arith.muli %v29, %v29 : index
  %v31 = arith.muli %v30, %v30 : index
  %v32 = arith.muli %v31, %v31 : index
  %v33 = arith.muli %v32, %v32 : index
  %v34 = arith.muli %v33, %v33 : index
  %v35 = arith.muli %v34, %v34 : index
  %v36 = arith.muli %v35, %v35 : index
  %v37 = arith.muli %v36, %v36 : index
  %v38 = arith.muli %v37, %v37 : index
  %v39 = arith.muli %v38, %v38 : index
  %v40 = arith.muli %v39, %v39 : index
  %v41 = arith.muli %v40, %v40 : index
  %v42 = arith.muli %v41, %v41 : index
  %v43 = arith.muli %v42, %v42 : index
  %v44 = arith.muli %v43, %v43 : index
  %v45 = arith.muli %v44, %v44 : index
  %v46 = arith.muli %v45, %v45 : index
  %v47 = arith.muli %v46, %v46 : index
  %v48 = arith.muli %v47, %v47 : index
  %v49 = arith.muli %v48, %v48 : index
  %v50 = arith.muli %v49, %v49 : index
  %v51 = arith.muli %v50, %v50 : index
  %v52 = arith.muli %v51, %v51 : index
  %v53 = arith.muli %v52, %v52 : index
  %v54 = arith.muli %v53, %v53 : index
  %v55 = arith.muli %v54, %v54 : index
  %v56 = arith.muli %v55, %v55 : index
  %v57 = arith.muli %v56, %v56 : index
  %v58 = arith.muli %v57, %v57 : index
  %v59 = arith.muli %v58, %v58 : index
  %v60 = arith.muli %v59, %v59 : index
  %v61 = arith.muli %v60, %v60 : index
  %v62 = arith.muli %v61, %v61 : index
  // expected-error @below {{'arith.muli' op expected at most 63 scalars in registers at a time}}
  %v63 = arith.muli %v62, %v62 : index
  %s0 = arith.addi %v63, %v0 : index
  %s1 = arith.addi %s0, %v1 : index
  %s2 = arith.addi %s1, %v2 : index
  %s3 = arith.addi %s2, %v3 : index
  %s4 = arith.addi %s3, %v4 : index
  %s5 = arith.addi %s4, %v5 : index
  %s6 = arith.addi %s5, %v6 : index
  %s7 = arith.addi %s6, %v7 : index
  %s8 = arith.addi %s7, %v8 : index
  %s9 = arith.addi %s8, %v9 : index
  %s10 = arith.addi %s9, %v10 : index
  %s11 = arith.addi %s10, %v11 : index
  %s12 = arith.addi %s11, %v12 : index
  %s13 = arith.addi %s12, %v13 : index
  %s14 = arith.addi %s13, %v14 : index
  %s15 = arith.addi %s14, %v15 : index
  %s16 = arith.addi %s15, %v16 : index
  %s17 = arith.addi %s16, %v17 : index
  %s18 = arith.addi %s17, %v18 : index
  %s19 = arith.addi %s18, %v19 : index
  %s20 = arith.addi %s19, %v20 : index
  %s21 = arith.addi %s20, %v21 : index
  %s22 = arith.addi %s21, %v22 : index
  %s23 = arith.addi %s22, %v23 : index
  %s24 = arith.addi %s23, %v24 : index
  %s25 = arith.addi %s24, %v25 : index
  %s26 = arith.addi %s25, %v26 : index
  %s27 = arith.addi %s26, %v27 : index
  %s28 = arith.addi %s27, %v28 : index
  %s29 = arith.addi %s28, %v29 : index
  %s30 = arith.addi %s29, %v30 : index
  %s31 = arith.addi %s30, %v31 : index
  %s32 = arith.addi %s31, %v32 : index
  %s33 = arith.addi %s32, %v33 : index
  %s34 = arith.addi %s33, %v34 : index
  %s35 = arith.addi %s34, %v35 : index
  %s36 = arith.addi %s35, %v36 : index
  %s37 = arith.addi %s36, %v37 : index
  %s38 = arith.addi %s37, %v38 : index
  %s39 = arith.addi %s38, %v39 : index
  %s40 = arith.addi %s39, %v40 : index
  %s41 = arith.addi %s40, %v41 : index
  %s42 = arith.addi %s41, %v42 : index
  %s43 = arith.addi %s42, %v43 : index
  %s44 = arith.addi %s43, %v44 : index
  %s45 = arith.addi %s44, %v45 : index
  %s46 = arith.addi %s45, %v46 : index
  %s47 = arith.addi %s46, %v47 : index
  %s48 = arith.addi %s47, %v48 : index
  %s49 = arith.addi %s48, %v49 : index
  %s50 = arith.addi %s49, %v50 : index
  %s51 = arith.addi %s50, %v51 : index
  %s52 = arith.addi %s51, %v52 : index
  %s53 = arith.addi %s52, %v53 : index
  %s54 = arith.addi %s53, %v54 : index
  %s55 = arith.addi %s54, %v55 : index
  %s56 = arith.addi %s55, %v56 : index
  %s57 = arith.addi %s56, %v57 : index
  %s58 = arith.addi %s57, %v58 : index
  %s59 = arith.addi %s58, %v59 : index
  %s60 = arith.addi %s59, %v60 : index
  %s61 = arith.addi %s60, %v61 : index
  %s62 = arith.addi %s61, %v62 : index
  return
}

// -----

plmr.mesh @mesh 1 x 2 on "tiny"
func.func @some_cores() {
  %c0 = arith.constant 0 : index
  %y = plmr.coord y
  %first = arith.cmpi eq, %y, %c0 : index
  scf.if %first {
    // expected-error @below {{'plmr.epoch' op expected no condition: all cores take part}}
    plmr.epoch 1
  }
  return
}
