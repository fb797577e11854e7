// RUN: plmr-opt %s -split-input-file -convert-mesh-to-tile -verify-diagnostics

// expected-error @below {{expected a plmr.mesh}}
module {
  func.func @main() {
    return
  }
}

// -----

!x = !plmr.placed<tensor<6xf32>, [x]>
!px = !plmr.placed<tensor<6xf32>, [x], partial<sum y>>
plmr.mesh @mesh 3 x 4 on "tiny"
plmr.object input @x : !x
func.func @no_tree() {
  %x = plmr.load @x : !x
  %p = plmr.local (%t = %x) : (!x) -> !px tiles (tensor<2xf32>) {
    plmr.yield %t : tensor<2xf32>
  }
  // expected-error @below {{'plmr.all_reduce' op expected a tree or a ring; plmr-choose-algorithms sets one}}
  %r = plmr.all_reduce %p : (!px) -> !x
  return
}

// -----

!x = !plmr.placed<tensor<2x6xf32>, [batch, x]>
plmr.mesh @mesh 3 x 4 on "tiny"
// expected-error @below {{'plmr.object' op expected a batch of 1, the only one that the tile level supports, but got 2}}
plmr.object input @x : !x
func.func @batch() {
  %x = plmr.load @x : !x
  return
}
