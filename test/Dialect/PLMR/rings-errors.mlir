// RUN: plmr-opt %s -split-input-file -verify-diagnostics

!p = !plmr.placed<tensor<8xf32>, [x], partial<sum y>>
!w = !plmr.placed<tensor<8xf32>, [x]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.all_reduce' op expected a tree or a ring, not both}}
  %y = plmr.all_reduce %x tree <chain> ring : (!p) -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf32>, [x], partial<sum y>>
!w = !plmr.placed<tensor<8xf32>, [x]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.all_reduce' op expected to accumulate in f32 or in 'f32' but got 'f16'}}
  %y = plmr.all_reduce %x accumulate f16 : (!p) -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf16>, [x], partial<max y>>
!w = !plmr.placed<tensor<8xf16>, [x]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.all_reduce' op expected no type to accumulate in, which only sums have, but got 'f32'}}
  %y = plmr.all_reduce %x accumulate f32 : (!p) -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xi32>, [x], partial<sum y>>
!w = !plmr.placed<tensor<8xi32>, [x]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.all_reduce' op expected elements that are floats but got 'i32'}}
  %y = plmr.all_reduce %x : (!p) -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf32>, [x]>
!w = !plmr.placed<tensor<8xf32>, [x]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.reduce_scatter' op expected an input that is partial in one segment but got '!plmr.placed<tensor<8xf32>, [x]>'}}
  %y = plmr.reduce_scatter %x : !p -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf32>, [*], partial<sum y segments 2>>
!w = !plmr.placed<tensor<8xf32>, [y]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.reduce_scatter' op expected an input that is partial in one segment but got '!plmr.placed<tensor<8xf32>, [*], partial<sum y segments 2>>'}}
  %y = plmr.reduce_scatter %x : !p -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf32>, [*], partial<sum y>>
!w = !plmr.placed<tensor<9xf32>, [y]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.reduce_scatter' op expected one tensor type but got '!plmr.placed<tensor<8xf32>, [*], partial<sum y>>' and '!plmr.placed<tensor<9xf32>, [y]>'}}
  %y = plmr.reduce_scatter %x : !p -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf32>, [*], partial<sum y>>
!w = !plmr.placed<tensor<8xf32>, [x]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.reduce_scatter' op expected the result to be placed as the other value, but one whole dimension to be balanced along y, but got '!plmr.placed<tensor<8xf32>, [*], partial<sum y>>' and '!plmr.placed<tensor<8xf32>, [x]>'}}
  %y = plmr.reduce_scatter %x : !p -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xi32>, [*], partial<sum y>>
!w = !plmr.placed<tensor<8xi32>, [y]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.reduce_scatter' op expected elements that are floats but got 'i32'}}
  %y = plmr.reduce_scatter %x : !p -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf32>, [cyclic y]>
!w = !plmr.placed<tensor<8xf32>, [*]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.all_gather' op expected the input to be placed as the other value, but one whole dimension to be balanced along an axis, but got '!plmr.placed<tensor<8xf32>, [*]>' and '!plmr.placed<tensor<8xf32>, [cyclic y]>'}}
  %y = plmr.all_gather %x : !p -> !w
  return
}

// -----

!p = !plmr.placed<tensor<8xf32>, [y]>
!w = !plmr.placed<tensor<8xf32>, [*], partial<sum y>>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.all_gather' op expected a result that is not partial but got '!plmr.placed<tensor<8xf32>, [*], partial<sum y>>'}}
  %y = plmr.all_gather %x : !p -> !w
  return
}

// -----

!p = !plmr.placed<tensor<2x8x2xf32>, [*, y, *]>
!w = !plmr.placed<tensor<2x8x2xf32>, [*, *, *]>
plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: !p) {
  // expected-error @below {{'plmr.all_gather' op expected the first or the last dimension in memory to be cut but got 1 of 3}}
  %y = plmr.all_gather %x : !p -> !w
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: memref<8xf32>) {
  // expected-error @below {{'plmr.reduce_scatter_tile' op expected positive segments but got 0}}
  plmr.reduce_scatter_tile sum y %x dim 0 segments 0 : memref<8xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: memref<8xf32>) {
  // expected-error @below {{'plmr.all_gather_tile' op expected a dimension of the buffer but got 1 of 'memref<8xf32>'}}
  plmr.all_gather_tile y %x dim 1 : memref<8xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: memref<2x8x2xf32>) {
  // expected-error @below {{'plmr.all_gather_tile' op expected the first or the last dimension in memory to be cut but got 1 of 3}}
  plmr.all_gather_tile y %x dim 1 : memref<2x8x2xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
func.func @f(%x: memref<1073741824xf32>) {
  // expected-error @below {{'plmr.all_gather_tile' op expected elements times cores below 2^31 but got 1073741824 times 2}}
  plmr.all_gather_tile y %x dim 0 : memref<1073741824xf32>
  return
}

// -----

func.func @f(%x: !plmr.placed<tensor<8xf32>, [x], partial<sum y>>, %h: !plmr.placed<tensor<8xf16>, [x], partial<sum y>>) {
  // expected-error @below {{'plmr.all_reduce' op expected inputs of one element type but got 'f32' and 'f16'}}
  %y:2 = plmr.all_reduce %x, %h : (!plmr.placed<tensor<8xf32>, [x], partial<sum y>>, !plmr.placed<tensor<8xf16>, [x], partial<sum y>>) -> (!plmr.placed<tensor<8xf32>, [x]>, !plmr.placed<tensor<8xf16>, [x]>)
  return
}

// -----

func.func @f(%x: !plmr.placed<tensor<8xf32>, [x], partial<sum y>>) {
  // expected-error @below {{'plmr.all_reduce' op expected a value and an index of one type, partial maxima of f32, without a limit, but got '!plmr.placed<tensor<8xf32>, [x], partial<sum y>>', '!plmr.placed<tensor<8xf32>, [x], partial<sum y>>'}}
  %y:2 = plmr.all_reduce %x, %x with_index : (!plmr.placed<tensor<8xf32>, [x], partial<sum y>>, !plmr.placed<tensor<8xf32>, [x], partial<sum y>>) -> (!plmr.placed<tensor<8xf32>, [x]>, !plmr.placed<tensor<8xf32>, [x]>)
  return
}
