// RUN: plmr-opt %s -split-input-file -plmr-verify-tile -verify-diagnostics

plmr.mesh @mesh 2 x 2 on "tiny"
plmr.channel @up #plmr.relation<up x>
plmr.channel @tree #plmr.relation<tree x of <chain>>
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>

func.func @legal(%n: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %cst = arith.constant 0.0 : f32
  %x = plmr.ref @x : memref<4xf32>
  %m = memref.expand_shape %x [[0, 1]] output_shape [2, 2] : memref<4xf32> into memref<2x2xf32>
  %v = memref.collapse_shape %m [[0, 1]] : memref<2x2xf32> into memref<4xf32>
  %a = memref.alloc() : memref<4xf32>
  memref.copy %v, %a : memref<4xf32> to memref<4xf32>
  %column = plmr.coord x
  %sends = plmr.role sends @up
  %low = plmr.role receives @up
  %first = arith.cmpi eq, %column, %zero : index
  %both = arith.andi %sends, %low : i1
  plmr.send %a on @up if %first : memref<4xf32>
  plmr.forward_reduce sum %a on @up if %both : memref<4xf32>
  plmr.recv_reduce sum %a on @tree child 0 if %low : memref<4xf32>
  scf.for %i = %zero to %n step %one {
    %s = memref.subview %a[%i] [1] [1] : memref<4xf32> to memref<1xf32, strided<[1], offset: ?>>
    scf.if %first {
      linalg.fill ins(%cst : f32) outs(%s : memref<1xf32, strided<[1], offset: ?>>)
    }
    %t = plmr.recv %a on @up if %low : memref<4xf32> -> !plmr.token
    plmr.wait %t if %low
  }
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @tensor() {
  // expected-error @below {{'tensor.empty' op expected buffers at the tile level}}
  %t = tensor.empty() : tensor<4xf32>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @placed() {
  // expected-error @below {{'plmr.load' op expected buffers at the tile level}}
  %x = plmr.load @x : !plmr.placed<tensor<8xf32>, [y]>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @collective(%a: memref<4xf32>) {
  // expected-error @below {{'plmr.reduce_tile' op expected an operation of the tile level}}
  plmr.reduce_tile sum y %a tree <ktree [2]> : memref<4xf32>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @vector(%v: vector<4xf32>) {
  // expected-error @below {{'arith.addf' op expected an operation of the tile level}}
  %s = arith.addf %v, %v : vector<4xf32>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @element(%a: memref<4xf32>, %n: index) {
  scf.for %i = %n to %n step %n {
    // expected-error @below {{'memref.load' op expected an operation of the tile level}}
    %x = memref.load %a[%i] : memref<4xf32>
  }
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @wide() {
  // expected-error @below {{'memref.alloc' op expected buffers of f32, f16, bf16 or i32 but got 'memref<4xf64>'}}
  %a = memref.alloc() : memref<4xf64>
  return
}
