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
func.func @tensor(%a: tensor<4xf32>, %n: index) {
  // expected-error @below {{'tensor.empty' op expected buffers at the tile level, where this is memref.alloc}}
  %t = tensor.empty() : tensor<4xf32>
  // expected-error @below {{'arith.constant' op expected buffers at the tile level, where this is linalg.fill of a memref.alloc}}
  %c = arith.constant dense<0.0> : tensor<4xf32>
  // expected-error @below {{'arith.addf' op expected buffers at the tile level, where this is a linalg operation on buffers}}
  %s = arith.addf %a, %a : tensor<4xf32>
  // expected-error @below {{'linalg.exp' op expected buffers at the tile level, where this is a linalg operation on buffers}}
  %e = linalg.exp ins(%a : tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{'tensor.extract_slice' op expected buffers at the tile level, where this is memref.subview}}
  %p = tensor.extract_slice %a[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
  // expected-error @below {{'scf.for' op expected buffers at the tile level}}
  %f = scf.for %i = %n to %n step %n iter_args(%v = %a) -> tensor<4xf32> {
    // expected-error @below {{'tensor.insert_slice' op expected buffers at the tile level, where this is memref.copy to a memref.subview}}
    %q = tensor.insert_slice %p into %v[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
    // expected-error @below {{'scf.yield' op expected buffers at the tile level}}
    scf.yield %q : tensor<4xf32>
  }
  return
}

// -----

!y = !plmr.placed<tensor<8xf32>, [y]>
!p = !plmr.placed<tensor<8xf32>, [x], partial<sum y>>
!x = !plmr.placed<tensor<8xf32>, [x]>
plmr.mesh @mesh 2 x 2 on "tiny"
plmr.object input @x : !y
plmr.object output @r : !x
func.func @placed() {
  // expected-error @below {{'plmr.load' op expected buffers at the tile level, where this is plmr.ref}}
  %x = plmr.load @x : !y
  // expected-error @below {{'plmr.local' op expected buffers at the tile level, where this is a linalg operation on buffers}}
  %p = plmr.local (%t = %x) : (!y) -> !p tiles (tensor<4xf32>) {
    plmr.yield %t : tensor<4xf32>
  }
  // expected-error @below {{'plmr.all_reduce' op expected buffers at the tile level, where this is plmr.send, plmr.recv, plmr.recv_reduce, plmr.forward_reduce and plmr.wait}}
  %r = plmr.all_reduce %p : (!p) -> !x
  // expected-error @below {{'plmr.store' op expected buffers at the tile level, where this is memref.copy to a plmr.ref}}
  plmr.store %r, @r : !x
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @collective(%a: memref<4xf32>) {
  // expected-error @below {{'plmr.reduce_tile' op expected an operation of the tile level, where this is plmr.send, plmr.recv, plmr.recv_reduce, plmr.forward_reduce and plmr.wait}}
  plmr.reduce_tile sum y %a tree <ktree [2]> : memref<4xf32>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @vector(%v: vector<4xf32>) {
  // expected-error @below {{'arith.addf' op expected an operation of the tile level, where this is a linalg operation on buffers}}
  %s = arith.addf %v, %v : vector<4xf32>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @element(%a: memref<4xf32>, %n: index) {
  scf.for %i = %n to %n step %n {
    // expected-error @below {{'memref.load' op expected an operation of the tile level, where this is a linalg operation on a memref.subview}}
    %x = memref.load %a[%i] : memref<4xf32>
  }
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %b = memref.alloca() : memref<4xf32>
  return
}

// -----

// Ten of them are told.

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @many() {
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %0 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %1 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %2 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %3 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %4 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %5 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %6 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %7 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  %8 = memref.alloca() : memref<4xf32>
  // expected-error @below {{'memref.alloca' op expected an operation of the tile level, where this is memref.alloc}}
  // expected-note @below {{and 1 more}}
  %9 = memref.alloca() : memref<4xf32>
  %10 = memref.alloca() : memref<4xf32>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @wide() {
  // expected-error @below {{'memref.alloc' op expected buffers of f32, f16, bf16 or i32 but got 'memref<4xf64>'}}
  %a = memref.alloc() : memref<4xf64>
  return
}
