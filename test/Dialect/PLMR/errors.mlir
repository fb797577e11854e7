// RUN: plmr-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics

//===----------------------------------------------------------------------===//
// Attributes and types
//===----------------------------------------------------------------------===//

// expected-error @below {{expected '*', 'batch', 'x', 'y', 'cyclic', 'skew' or 'ring' but got 'z'}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [z]>

// -----

// expected-error @below {{expected positive factors but got 0}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [x(0:8 inner 1)]>

// -----

// expected-error @below {{expected segment and inner factors below 2 but got -1 and 2}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [x(2:4 inner 2)]>

// -----

// expected-error @below {{expected different segment and inner factors but got 1 twice}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [x(2:4 segment 1 inner 1)]>

// -----

// expected-error @below {{expected a balanced split to have segments, be skewed or in ring order}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [cyclic x(2:4 segment 0 inner 1)]>

// -----

// expected-error @below {{expected a balanced split to have segments, be skewed or in ring order}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [cyclic skew x]>

// -----

// expected-error @below {{expected a balanced split to have segments, be skewed or in ring order}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [cyclic ring x]>

// -----

// expected-error @below {{expected a split that has segments to be neither skewed nor in ring order}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [ring x(2:4 segment 0 inner 1)]>

// -----

// expected-error @below {{expected a split that has segments to be neither skewed nor in ring order}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [skew x(2:4 segment 0 inner 1)]>

// -----

// expected-error @below {{expected at most one dimension cut along y}}
plmr.object input @x : !plmr.placed<tensor<8x8xf32>, [y, cyclic y]>

// -----

// expected-error @below {{expected the order to be a permutation of 2 dimensions but got [0, 0]}}
plmr.object input @x : !plmr.placed<tensor<8x8xf32>, [y, x], order [0, 0]>

// -----

// expected-error @below {{expected the order to be a permutation of 2 dimensions but got [0]}}
plmr.object input @x : !plmr.placed<tensor<8x8xf32>, [y, x], order [0]>

// -----

// expected-error @below {{expected pad zero, neg_inf or any but got 'one'}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y], pad one>

// -----

// expected-error @below {{expected 'order', 'pad' or 'partial' but got 'replicated'}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y], replicated>

// -----

// expected-error @below {{expected positive segments but got 0}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y], partial<sum x segments 0>>

// -----

// expected-error @below {{expected to sum along the other axis, and not again, but got #plmr.partial<sum x>}}
module attributes {plmr.partial = #plmr.partial<sum x then <sum x>>} {}

// -----

// expected-error @below {{expected to max along the other axis, and not again, but got #plmr.partial<sum y>}}
module attributes {plmr.partial = #plmr.partial<max x then <sum y>>} {}

// -----

// expected-error @below {{expected a static shape but got 'tensor<?xf32>'}}
plmr.object input @x : !plmr.placed<tensor<?xf32>, [y]>

// -----

// expected-error @below {{expected 1 split(s), one per dimension, but got 2}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y, x]>

// -----

// expected-error @below {{expected elements of type f32, f16, bf16 or i32 but got 'f64'}}
plmr.object input @x : !plmr.placed<tensor<8xf64>, [y]>

// -----

// expected-error @below {{expected factors of dimension 0 to multiply to 9 but got 8}}
plmr.object input @x : !plmr.placed<tensor<9xf32>, [x(2:4 inner 1)]>

// -----

// expected-error @below {{expected positive groups but got 0}}
module attributes {plmr.tree = #plmr.tree<ktree [4, 0]>} {}

// -----

// expected-error @below {{expected positive segments but got -1}}
plmr.channel @c #plmr.relation<tree y of <ktree [4]> segments -1>

// -----

// expected-error @below {{expected a tree of 'tree'}}
plmr.channel @c #plmr.relation<tree y>

// -----

// expected-error @below {{expected no tree of 'ring'}}
plmr.channel @c #plmr.relation<ring y of <chain>>

// -----

// expected-error @below {{expected 0 numbers of star but got 1}}
module attributes {plmr.tree = #plmr.tree<star [4]>} {}

// -----

// expected-error @below {{expected 5 numbers of auto_gen but got 2}}
module attributes {plmr.tree = #plmr.tree<auto_gen [4, 1]>} {}

// -----

// expected-error @below {{expected costs of at least 0 but got -1}}
module attributes {plmr.tree = #plmr.tree<auto_gen [4, 1, 1, -1, 1]>} {}

// -----

// expected-error @below {{expected a root of at least 0 but got -2}}
module attributes {plmr.tree = #plmr.tree<chain root -2>} {}

// -----

plmr.mesh @mesh 3 x 7 on "tiny"
// expected-error @below {{'plmr.channel' op expected a root below 3, the cores of the shortest line, but got 3}}
plmr.channel @c #plmr.relation<broadcast y of <chain root 3> segments 2>

// -----

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

// expected-error @below {{'plmr.mesh' op expected positive extents but got 0 x 4}}
plmr.mesh @mesh 0 x 4 on "tiny"

// -----

// expected-error @below {{'plmr.mesh' op expected at most 16 x 16 cores on 'tiny' but got 17 x 4}}
plmr.mesh @mesh 17 x 4 on "tiny"

// -----

// expected-error @below {{'plmr.mesh' op unknown device 'tpu', expected one of wse2, wse3, lab, tiny, ideal or a .json file}}
plmr.mesh @mesh 4 x 4 on "tpu"

// -----

// expected-error @below {{'plmr.mesh' op device: not JSON at byte 2}}
plmr.mesh @mesh 4 x 4 on "{"

// -----

// expected-error @below {{'plmr.object' op expected an object that is not partial but got '!plmr.placed<tensor<8xf32>, [y], partial<sum x>>'}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y], partial<sum x>>

// -----

// expected-error @below {{'plmr.object' op expected a stacked object to have a whole, outermost leading dimension but got '!plmr.placed<tensor<2x8xf32>, [x, y]>'}}
plmr.object state @s : !plmr.placed<tensor<2x8xf32>, [x, y]> stacked

// -----

// expected-error @below {{'plmr.object' op expected sources for a weight}}
plmr.object weight @w : !plmr.placed<tensor<8xf32>, [y]>

// -----

// expected-error @below {{'plmr.object' op expected no sources for input}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> in "f.gguf" [0]

// -----

// expected-error @below {{'plmr.object' op expected 2 source(s) but got 1}}
plmr.object weight @w : !plmr.placed<tensor<2x8xf32>, [*, y]> stacked in "f.gguf" [0]

// -----

// expected-error @below {{'plmr.channel' op expected colours below 64 but got 64}}
plmr.channel @c #plmr.relation<up x> colours [0, 64]

// -----

//===----------------------------------------------------------------------===//
// Mesh level
//===----------------------------------------------------------------------===//

func.func @load() {
  // expected-error @below {{'plmr.load' op expected 'x' to be a plmr.object}}
  %x = plmr.load @x : !plmr.placed<tensor<8xf32>, [y]>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @load(%i: index) {
  // expected-error @below {{'plmr.load' op expected no index for 'x'}}
  %x = plmr.load @x[%i] : !plmr.placed<tensor<8xf32>, [y]>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object state @s : !plmr.placed<tensor<2x8xf32>, [*, y]> stacked
func.func @load() {
  // expected-error @below {{'plmr.load' op expected an index for 's'}}
  %x = plmr.load @s : !plmr.placed<tensor<8xf32>, [y]>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @load() {
  // expected-error @below {{'plmr.load' op expected type '!plmr.placed<tensor<8xf32>, [y]>' but got '!plmr.placed<tensor<8xf32>, [x]>'}}
  %x = plmr.load @x : !plmr.placed<tensor<8xf32>, [x]>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @store(%v: !plmr.placed<tensor<8xf32>, [y]>) {
  // expected-error @below {{'plmr.store' op expected an output but got input 'x'}}
  plmr.store %v, @x : !plmr.placed<tensor<8xf32>, [y]>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object output @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @store(%v: !plmr.placed<tensor<8xf32>, [x]>) {
  // expected-error @below {{'plmr.store' op expected type '!plmr.placed<tensor<8xf32>, [y]>' but got '!plmr.placed<tensor<8xf32>, [x]>'}}
  plmr.store %v, @x : !plmr.placed<tensor<8xf32>, [x]>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object state @kv : !plmr.placed<tensor<2x8x16xf32>, [*, x, y]> stacked
func.func @append(%v: !plmr.placed<tensor<8xf32>, [x]>, %i: index) {
  // expected-error @below {{'plmr.append' op expected a stacked state [features x positions] whose positions are 'cyclic y' and whose features are placed as those of the value but got '!plmr.placed<tensor<8x16xf32>, [x, y]>' and '!plmr.placed<tensor<8xf32>, [x]>'}}
  plmr.append %v, @kv[%i] at %i : !plmr.placed<tensor<8xf32>, [x]>
  return
}

// -----

// Rows of a matrix lie as the positions do, or they would have to move.
// expected-note @below {{declared here}}
plmr.object state @kv : !plmr.placed<tensor<2x8x16xf32>, [*, x, cyclic y]> stacked
func.func @append(%v: !plmr.placed<tensor<4x8xf32>, [y, x]>, %i: index) {
  // expected-error @below {{'plmr.append' op expected a stacked state [features x positions] whose positions are 'cyclic y' and whose features are placed as those of the value but got '!plmr.placed<tensor<8x16xf32>, [x, cyclic y]>' and '!plmr.placed<tensor<4x8xf32>, [y, x]>'}}
  plmr.append %v, @kv[%i] at %i rows %i to %i : !plmr.placed<tensor<4x8xf32>, [y, x]>
  return
}

// -----

plmr.object state @kv : !plmr.placed<tensor<2x8x16xf32>, [*, x, cyclic y]> stacked
func.func @append(%v: !plmr.placed<tensor<4x8xf32>, [cyclic y, x]>, %i: index) {
  // expected-error @below {{'plmr.append' op expected rows of a matrix}}
  plmr.append %v, @kv[%i] at %i : !plmr.placed<tensor<4x8xf32>, [cyclic y, x]>
  return
}

// -----

plmr.object state @kv : !plmr.placed<tensor<2x8x16xf32>, [*, x, cyclic y]> stacked
func.func @append(%v: !plmr.placed<tensor<8xf32>, [x]>, %i: index) {
  // expected-error @below {{'plmr.append' op expected no rows of a vector}}
  plmr.append %v, @kv[%i] at %i rows %i to %i : !plmr.placed<tensor<8xf32>, [x]>
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @local(%x: !plmr.placed<tensor<8xf32>, [y]>) {
  // expected-error @below {{expected 1 tile type(s) but got 0}}
  plmr.local (%a = %x) : (!plmr.placed<tensor<8xf32>, [y]>) -> () tiles () {
    plmr.yield
  }
  return
}

// -----

func.func @local() {
  // expected-error @below {{'plmr.local' op expected a plmr.mesh in the module}}
  plmr.local () : () -> () tiles () {
    plmr.yield
  }
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @local(%x: !plmr.placed<tensor<8xf32>, [y]>) {
  // expected-error @below {{'plmr.local' op expected argument 0 to be 'tensor<2xf32>', the tile of '!plmr.placed<tensor<8xf32>, [y]>', but got 'tensor<8xf32>'}}
  plmr.local (%a = %x) : (!plmr.placed<tensor<8xf32>, [y]>) -> () tiles (tensor<8xf32>) {
    plmr.yield
  }
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @local(%x: !plmr.placed<tensor<8xf32>, [y]>) {
  // expected-error @below {{'plmr.local' op expected yielded value 0 to be 'tensor<8xf32>', the tile of '!plmr.placed<tensor<8xf32>, [*]>', but got 'tensor<2xf32>'}}
  %y = plmr.local (%a = %x) : (!plmr.placed<tensor<8xf32>, [y]>) -> !plmr.placed<tensor<8xf32>, [*]> tiles (tensor<2xf32>) {
    plmr.yield %a : tensor<2xf32>
  }
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @local(%x: !plmr.placed<tensor<8xf32>, [y]>) {
  // expected-error @below {{'plmr.local' op expected 0 yielded value(s) but got 1}}
  plmr.local (%a = %x) : (!plmr.placed<tensor<8xf32>, [y]>) -> () tiles (tensor<2xf32>) {
    plmr.yield %a : tensor<2xf32>
  }
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
func.func @local() {
  // expected-error @below {{'plmr.local' op expected the region to end in plmr.yield}}
  plmr.local () : () -> () tiles () {
    "test.end"() : () -> ()
  }
  return
}

// -----

func.func @local(%x: !plmr.placed<tensor<8xf32>, [y]>) {
  // expected-error @below {{'plmr.local' op expected 1 region argument(s) but got 0}}
  "plmr.local"(%x) ({
    plmr.yield
  }) : (!plmr.placed<tensor<8xf32>, [y]>) -> ()
  return
}

// -----

func.func @all_reduce() {
  // expected-error @below {{'plmr.all_reduce' op expected as many results as inputs but got 0 and 0}}
  plmr.all_reduce : () -> ()
  return
}

// -----

func.func @all_reduce(%x: !plmr.placed<tensor<8xf32>, [y]>) {
  // expected-error @below {{'plmr.all_reduce' op expected inputs that are partial in the same way but got '!plmr.placed<tensor<8xf32>, [y]>'}}
  %y = plmr.all_reduce %x : (!plmr.placed<tensor<8xf32>, [y]>) -> !plmr.placed<tensor<8xf32>, [y]>
  return
}

// -----

func.func @all_reduce(%x: !plmr.placed<tensor<8xf32>, [x], partial<sum y>>) {
  // expected-error @below {{'plmr.all_reduce' op expected result type '!plmr.placed<tensor<8xf32>, [x]>' but got '!plmr.placed<tensor<8xf32>, [y]>'}}
  %y = plmr.all_reduce %x : (!plmr.placed<tensor<8xf32>, [x], partial<sum y>>) -> !plmr.placed<tensor<8xf32>, [y]>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
func.func @all_reduce(%x: !plmr.placed<tensor<8xf32>, [x], partial<sum y>>) {
  // expected-error @below {{'plmr.all_reduce' op expected a root below 2, the cores of the shortest line, but got 2}}
  %y = plmr.all_reduce %x tree <chain root 2> : (!plmr.placed<tensor<8xf32>, [x], partial<sum y>>) -> !plmr.placed<tensor<8xf32>, [x]>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [y, x]>) {
  // expected-error-re @below {{'plmr.gemm' op expected columns of A to be 'x' for cannon but got {{.*}}ring x{{.*}}}}
  %r = plmr.gemm %a, %b algorithm cannon : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, x]>, %b: !plmr.placed<tensor<8x8xf32>, [skew y, x]>) {
  // expected-error-re @below {{'plmr.gemm' op expected rows of B to be 'y' for summa but got {{.*}}skew y{{.*}}}}
  %r = plmr.gemm %a, %b algorithm summa : (!plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm_tile(%a: memref<4x4xf32>, %b: memref<4x2xf32>, %c: memref<4x2xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected mesh_gemm where blocks are aligned but got allgather}}
  plmr.gemm_tile %a, %b to %c k 8 algorithm allgather align_a : memref<4x4xf32>, memref<4x2xf32> to memref<4x2xf32>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>) {
  // expected-error @below {{'plmr.gemm' op expected a B, and a result for each, but got 0 and 0}}
  "plmr.gemm"(%a) : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>) -> ()
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>, %c: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected a B, and a result for each, but got 2 and 1}}
  %r = plmr.gemm %a, %b, %c : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8xf32>, [y]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected matrices but got '!plmr.placed<tensor<8xf32>, [y]>', '!plmr.placed<tensor<8x8xf32>, [ring y, x]>' and '!plmr.placed<tensor<8x8xf32>, [y, x]>'}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8xf32>, [y]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x4xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected shapes that multiply but got [8, 4], [8, 8] -> [8, 8]}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x4xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

// All B are checked, not only the first.
func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>, %c: !plmr.placed<tensor<4x8xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected shapes that multiply but got [8, 8], [4, 8] -> [8, 8]}}
  %r:2 = plmr.gemm %a, %b, %c : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>, !plmr.placed<tensor<4x8xf32>, [ring y, x]>) -> (!plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [y, x]>)
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [skew y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm' op expected rows of A that are whole or cut along y but got {{.*}}skew y{{.*}}}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [skew y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [x, *]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm' op expected rows of A that are whole or cut along y but got {{.*}}x{{.*}}}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [x, *]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm' op expected columns of A to be 'ring x' or 'skew x' but got {{.*}}x{{.*}}}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [y, x]>) {
  // expected-error-re @below {{'plmr.gemm' op expected rows of B to be 'ring y' or 'skew y' but got {{.*}}y{{.*}}}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, skew x]>) {
  // expected-error-re @below {{'plmr.gemm' op expected columns of B that are not skewed but got {{.*}}skew x{{.*}}}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, skew x]>) -> !plmr.placed<tensor<8x8xf32>, [y, skew x]>
  return
}

// -----

// All B move at once: they start alike.
func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>, %c: !plmr.placed<tensor<8x8xf32>, [skew y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected B to be placed as #plmr.placement<[ring y, x]> but got #plmr.placement<[skew y, x]>}}
  %r:2 = plmr.gemm %a, %b, %c : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>, !plmr.placed<tensor<8x8xf32>, [skew y, x]>) -> (!plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [y, x]>)
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x], order [1, 0]>) {
  // expected-error @below {{'plmr.gemm' op expected B to be placed as #plmr.placement<[ring y, x]> but got #plmr.placement<[ring y, x], order [1, 0]>}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x], order [1, 0]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected the result to be placed as #plmr.placement<[y, x]> but got #plmr.placement<[y, ring x]>}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, ring x]>
  return
}

// -----

// Rows stay where they are.
func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [cyclic y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected the result to be placed as #plmr.placement<[cyclic y, x]> but got #plmr.placement<[y, x]>}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [cyclic y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x], order [1, 0]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected A to be placed as #plmr.placement<[y, ring x]> but got #plmr.placement<[y, ring x], order [1, 0]>}}
  %r = plmr.gemm %a, %b : (!plmr.placed<tensor<8x8xf32>, [y, ring x], order [1, 0]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>) -> !plmr.placed<tensor<8x8xf32>, [y, x]>
  return
}

// -----

func.func @gemm(%a: !plmr.placed<tensor<8x8xf32>, [y, ring x]>, %b: !plmr.placed<tensor<8x8xf32>, [ring y, x]>, %c: !plmr.placed<tensor<8x8xf16>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm' op expected elements of one type in all B and in all results but got '!plmr.placed<tensor<8x8xf16>, [ring y, x]>' and '!plmr.placed<tensor<8x8xf32>, [y, x]>'}}
  %r:2 = plmr.gemm %a, %b, %c : (!plmr.placed<tensor<8x8xf32>, [y, ring x]>, !plmr.placed<tensor<8x8xf32>, [ring y, x]>, !plmr.placed<tensor<8x8xf16>, [ring y, x]>) -> (!plmr.placed<tensor<8x8xf32>, [y, x]>, !plmr.placed<tensor<8x8xf32>, [y, x]>)
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x]>, %b: !plmr.placed<tensor<4x6xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm_t' op expected shapes that multiply but got [8, 4], [4, 6] -> [8, 6]}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x]>, !plmr.placed<tensor<4x6xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

// An untransposed B is [k x n].
func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x]>, %b: !plmr.placed<tensor<6x4xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm_t' op expected shapes that multiply but got [8, 4], [6, 4] -> [8, 6]}}
  %c = plmr.gemm_t %a, %b untransposed : !plmr.placed<tensor<8x4xf32>, [y, x]>, !plmr.placed<tensor<6x4xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [x, *]>, %b: !plmr.placed<tensor<6x4xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm_t' op expected rows of A that are whole or cut along y but got {{.*}}x{{.*}}}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [x, *]>, !plmr.placed<tensor<6x4xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, skew x]>, %b: !plmr.placed<tensor<6x4xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm_t' op expected columns of A that are cut along x and not skewed but got {{.*}}skew x{{.*}}}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, skew x]>, !plmr.placed<tensor<6x4xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, *]>, %b: !plmr.placed<tensor<6x4xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm_t' op expected columns of A that are cut along x and not skewed but got {{.*}}*{{.*}}}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, *]>, !plmr.placed<tensor<6x4xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x], order [1, 0]>, %b: !plmr.placed<tensor<6x4xf32>, [ring y, x]>) {
  // expected-error @below {{'plmr.gemm_t' op expected A to be placed as #plmr.placement<[y, x]> but got #plmr.placement<[y, x], order [1, 0]>}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x], order [1, 0]>, !plmr.placed<tensor<6x4xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x]>, %b: !plmr.placed<tensor<6x4xf32>, [y, x]>) {
  // expected-error-re @below {{'plmr.gemm_t' op expected n of B to be 'ring y' or 'skew y' but got #plmr.split{{ *}}y{{$}}}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x]>, !plmr.placed<tensor<6x4xf32>, [y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

// The contracted dimension is cut alike in both.
func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x]>, %b: !plmr.placed<tensor<6x4xf32>, [ring y, ring x]>) {
  // expected-error @below {{'plmr.gemm_t' op expected B to be placed as #plmr.placement<[ring y, x]> but got #plmr.placement<[ring y, ring x]>}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x]>, !plmr.placed<tensor<6x4xf32>, [ring y, ring x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x]>, %b: !plmr.placed<tensor<4x6xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm_t' op expected n of B to be 'ring y' or 'skew y' but got #plmr.split{{ *}}x{{$}}}}
  %c = plmr.gemm_t %a, %b untransposed : !plmr.placed<tensor<8x4xf32>, [y, x]>, !plmr.placed<tensor<4x6xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, ring x]>
  return
}

// -----

func.func @gemm_t(%a: !plmr.placed<tensor<8x4xf32>, [y, x]>, %b: !plmr.placed<tensor<6x4xf32>, [ring y, x]>) {
  // expected-error-re @below {{'plmr.gemm_t' op expected columns of the result to be 'ring x' or 'skew x' but got #plmr.split{{ *}}x{{$}}}}
  %c = plmr.gemm_t %a, %b : !plmr.placed<tensor<8x4xf32>, [y, x]>, !plmr.placed<tensor<6x4xf32>, [ring y, x]> -> !plmr.placed<tensor<8x6xf32>, [y, x]>
  return
}

// -----

func.func @head_gemm_t(%q: !plmr.placed<tensor<16x32xf32>, [y, x(2:2:4:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t' op expected q to be placed as <[cyclic y, x(heads:group:.. segment 0 ..)]> but got #plmr.placement<[y, x(2:2:4:2 segment 0 inner 2)]>}}
  %s = plmr.head_gemm_t %q, %k first %i slots %i : !plmr.placed<tensor<16x32xf32>, [y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  return
}

// -----

func.func @head_gemm_t(%q: !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t' op expected the result to be placed as <[cyclic y, x(heads:group:.. segment 0 ..)]> but got #plmr.placement<[cyclic y, x]>}}
  %s = plmr.head_gemm_t %q, %k first %i slots %i : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x]>
  return
}

// -----

func.func @head_gemm_t(%q: !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error-re @below {{'plmr.head_gemm_t' op expected columns of the result that are (heads : group : keys), cut by keys, but got {{.*}}x(2:2:8:8 segment 0 inner 2){{.*}}}}
  %s = plmr.head_gemm_t %q, %k first %i slots %i : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:8:8 segment 0 inner 2)]>
  return
}

// -----

func.func @head_gemm_t(%q: !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(4:4 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t' op expected k to be placed as <[x(2:.. segment 0 ..), cyclic y]> but got #plmr.placement<[x(4:4 segment 0 inner 1), cyclic y]>}}
  %s = plmr.head_gemm_t %q, %k first %i slots %i : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(4:4 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  return
}

// -----

func.func @head_gemm_t(%q: !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t' op expected k to be placed as <[x(2:.. segment 0 ..), cyclic y]> but got #plmr.placement<[x(2:4:2 segment 0 inner 1), y]>}}
  %s = plmr.head_gemm_t %q, %k first %i slots %i : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  return
}

// -----

func.func @head_gemm_t(%q: !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:4:2:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t' op expected the same queries, heads and group but got '!plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:4:2:2 segment 0 inner 2)]>' and '!plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>'}}
  %s = plmr.head_gemm_t %q, %k first %i slots %i : !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:4:2:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  return
}

// -----

func.func @head_gemm_t(%q: !plmr.placed<tensor<8x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, %k: !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t' op expected the same queries, heads and group but got '!plmr.placed<tensor<8x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>' and '!plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>'}}
  %s = plmr.head_gemm_t %q, %k first %i slots %i : !plmr.placed<tensor<8x32xf32>, [cyclic y, x(2:2:4:2 segment 0 inner 2)]>, !plmr.placed<tensor<16x64xf32>, [x(2:4:2 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>
  return
}

// -----

func.func @head_gemm(%p: !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 1)]>, %v: !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error-re @below {{'plmr.head_gemm' op expected columns of the weights that are (heads : group : keys), cut by keys, but got {{.*}}x(2:2:64 segment 0 inner 1){{.*}}}}
  %o = plmr.head_gemm %p, %v slots %i : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 1)]>, !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>
  return
}

// -----

func.func @head_gemm(%p: !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, %v: !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm' op expected the result to be placed as <[cyclic y, x(heads:group:.. segment 0 ..)]> but got #plmr.placement<[cyclic y, *]>}}
  %o = plmr.head_gemm %p, %v slots %i : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x32xf32>, [cyclic y, *]>
  return
}

// -----

func.func @head_gemm(%p: !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, %v: !plmr.placed<tensor<16x64xf32>, [x, cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm' op expected v to be placed as <[x(2:.. segment 0 ..), cyclic y]> but got #plmr.placement<[x, cyclic y]>}}
  %o = plmr.head_gemm %p, %v slots %i : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, !plmr.placed<tensor<16x64xf32>, [x, cyclic y]> -> !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:2:8 segment 0 inner 2)]>
  return
}

// -----

func.func @head_gemm(%p: !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, %v: !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]>, %i: index) {
  // expected-error @below {{'plmr.head_gemm' op expected the same queries, heads and group but got '!plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:4:4 segment 0 inner 2)]>' and '!plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>'}}
  %o = plmr.head_gemm %p, %v slots %i : !plmr.placed<tensor<16x256xf32>, [cyclic y, x(2:2:64 segment 0 inner 2)], pad any>, !plmr.placed<tensor<16x64xf32>, [x(2:8 segment 0 inner 1), cyclic y]> -> !plmr.placed<tensor<16x32xf32>, [cyclic y, x(2:4:4 segment 0 inner 2)]>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Tile level
//===----------------------------------------------------------------------===//

// expected-note @below {{declared here}}
plmr.object state @s : !plmr.placed<tensor<2x8xf32>, [*, y]> stacked
func.func @ref() {
  // expected-error @below {{'plmr.ref' op expected an index for 's'}}
  %m = plmr.ref @s : memref<2xf32>
  return
}

// -----

plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @ref() {
  // expected-error @below {{'plmr.ref' op expected a plmr.mesh in the module}}
  %m = plmr.ref @x : memref<2xf32>
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]>
func.func @ref() {
  // expected-error @below {{'plmr.ref' op expected type 'memref<2xf32>' but got 'memref<8xf32>'}}
  %m = plmr.ref @x : memref<8xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
func.func @reduce_tile(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.reduce_tile' op expected a root below 2, the cores of the shortest line, but got 2}}
  plmr.reduce_tile sum y %m tree <star root 2> : memref<8xf32>
  return
}

// -----

func.func @broadcast_tile(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.broadcast_tile' op expected positive segments but got 0}}
  plmr.broadcast_tile y %m tree <chain> segments 0 : memref<8xf32>
  return
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"
func.func @broadcast_tile(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.broadcast_tile' op expected a root below 3, the cores of the shortest line, but got 4}}
  plmr.broadcast_tile x %m tree <chain root 4> : memref<8xf32>
  return
}

// -----

func.func @reduce_tile(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.reduce_tile' op expected positive segments but got 0}}
  plmr.reduce_tile sum y %m tree <ktree [4]> segments 0 : memref<8xf32>
  return
}

// -----

func.func @gemm_tile(%a: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected at least one B but got none}}
  "plmr.gemm_tile"(%a, %a) {k = 4 : i64} : (memref<4x4xf32>, memref<4x4xf32>) -> ()
  return
}

// -----

func.func @gemm_tile(%a: memref<4xf32>, %b: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected matrices but got 'memref<4xf32>', 'memref<4x4xf32>', 'memref<4x4xf32>'}}
  plmr.gemm_tile %a, %b to %b k 4 : memref<4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

func.func @gemm_tile(%a: memref<2x4xf32>, %b: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected tiles that multiply but got 'memref<2x4xf32>', 'memref<4x4xf32>', 'memref<4x4xf32>'}}
  plmr.gemm_tile %a, %b to %b k 4 : memref<2x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

// C has the columns of all B.
func.func @gemm_tile(%a: memref<4x4xf32>, %c: memref<4x7xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected tiles that multiply but got 'memref<4x4xf32>', 'memref<4x4xf32>', 'memref<4x4xf32>', 'memref<4x7xf32>'}}
  plmr.gemm_tile %a, %a, %a to %c k 4 : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32> to memref<4x7xf32>
  return
}

// -----

// All B have the same rows.
func.func @gemm_tile(%a: memref<4x4xf32>, %b: memref<3x4xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected tiles that multiply but got 'memref<4x4xf32>', 'memref<4x4xf32>', 'memref<3x4xf32>', 'memref<4x8xf32>'}}
  plmr.gemm_tile %a, %a, %b to %c k 4 : memref<4x4xf32>, memref<4x4xf32>, memref<3x4xf32> to memref<4x8xf32>
  return
}

// -----

func.func @gemm_tile(%a: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_tile' op expected a positive k but got 0}}
  plmr.gemm_tile %a, %a to %a k 0 : memref<4x4xf32>, memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

func.func @gemm_t_tile(%a: memref<4xf32>, %b: memref<4x4xf32>, %c: memref<2x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected matrices, and one or two for the result but got 'memref<4xf32>', 'memref<4x4xf32>', 'memref<2x4x4xf32>'}}
  plmr.gemm_t_tile %a, %b, %c n 4 : memref<4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  return
}

// -----

func.func @gemm_t_tile(%a: memref<4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected matrices, and one or two for the result but got 'memref<4x4xf32>', 'memref<4x4xf32>', 'memref<4x4xf32>'}}
  plmr.gemm_t_tile %a, %a, %a n 4 : memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>
  return
}

// -----

func.func @gemm_t_tile(%a: memref<4x4xf32>, %c: memref<3x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected one or two tiles for the result but got 'memref<3x4x4xf32>'}}
  plmr.gemm_t_tile %a, %a, %c n 4 : memref<4x4xf32>, memref<4x4xf32>, memref<3x4x4xf32>
  return
}

// -----

func.func @gemm_t_tile(%a: memref<4x2xf32>, %b: memref<4x4xf32>, %c: memref<2x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected tiles that multiply but got 'memref<4x2xf32>', 'memref<4x4xf32>', 'memref<2x4x4xf32>'}}
  plmr.gemm_t_tile %a, %b, %c n 4 : memref<4x2xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  return
}

// -----

// A and the result have the same rows.
func.func @gemm_t_tile(%a: memref<2x4xf32>, %b: memref<4x4xf32>, %c: memref<2x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected tiles that multiply but got 'memref<2x4xf32>', 'memref<4x4xf32>', 'memref<2x4x4xf32>'}}
  plmr.gemm_t_tile %a, %b, %c n 4 : memref<2x4xf32>, memref<4x4xf32>, memref<2x4x4xf32>
  return
}

// -----

// An untransposed B has k rows.
func.func @gemm_t_tile(%a: memref<4x4xf32>, %b: memref<3x4xf32>, %c: memref<2x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected tiles that multiply but got 'memref<4x4xf32>', 'memref<3x4xf32>', 'memref<2x4x4xf32>'}}
  plmr.gemm_t_tile %a, %b, %c n 4 untransposed : memref<4x4xf32>, memref<3x4xf32>, memref<2x4x4xf32>
  return
}

// -----

func.func @gemm_t_tile(%a: memref<4x4xf32>, %c: memref<1x4x4xf32>) {
  // expected-error @below {{'plmr.gemm_t_tile' op expected a positive n but got -1}}
  plmr.gemm_t_tile %a, %a, %c n -1 : memref<4x4xf32>, memref<4x4xf32>, memref<1x4x4xf32>
  return
}

// -----

func.func @head_gemm_t_tile(%q: memref<8x2x4xf32>, %k: memref<1x4x64xf32>, %s: memref<2x8x1x2x256xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected tiles of rank 4, 3 and 5 but got 'memref<8x2x4xf32>', 'memref<1x4x64xf32>', 'memref<2x8x1x2x256xf32>'}}
  plmr.head_gemm_t_tile %q, %k, %s first %i slots %i kv_heads 4 : memref<8x2x4xf32>, memref<1x4x64xf32>, memref<2x8x1x2x256xf32>
  return
}

// -----

func.func @head_gemm_t_tile(%q: memref<8x1x2x4xf32>, %k: memref<1x4x64xf32>, %s: memref<8x1x2x256xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected tiles of rank 4, 3 and 5 but got 'memref<8x1x2x4xf32>', 'memref<1x4x64xf32>', 'memref<8x1x2x256xf32>'}}
  plmr.head_gemm_t_tile %q, %k, %s first %i slots %i kv_heads 4 : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<8x1x2x256xf32>
  return
}

// -----

func.func @head_gemm_t_tile(%q: memref<8x1x2x4xf32>, %k: memref<1x4x64xf32>, %s: memref<3x8x1x2x256xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected one or two tiles for the result but got 'memref<3x8x1x2x256xf32>'}}
  plmr.head_gemm_t_tile %q, %k, %s first %i slots %i kv_heads 4 : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<3x8x1x2x256xf32>
  return
}

// -----

// q and k have the same features.
func.func @head_gemm_t_tile(%q: memref<8x1x2x4xf32>, %k: memref<1x2x64xf32>, %s: memref<2x8x1x2x256xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected tiles that multiply but got 'memref<8x1x2x4xf32>', 'memref<1x2x64xf32>', 'memref<2x8x1x2x256xf32>'}}
  plmr.head_gemm_t_tile %q, %k, %s first %i slots %i kv_heads 4 : memref<8x1x2x4xf32>, memref<1x2x64xf32>, memref<2x8x1x2x256xf32>
  return
}

// -----

func.func @head_gemm_t_tile(%q: memref<8x1x2x4xf32>, %k: memref<2x4x64xf32>, %s: memref<2x8x1x2x256xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected tiles that multiply but got 'memref<8x1x2x4xf32>', 'memref<2x4x64xf32>', 'memref<2x8x1x2x256xf32>'}}
  plmr.head_gemm_t_tile %q, %k, %s first %i slots %i kv_heads 4 : memref<8x1x2x4xf32>, memref<2x4x64xf32>, memref<2x8x1x2x256xf32>
  return
}

// -----

func.func @head_gemm_t_tile(%q: memref<8x1x2x4xf32>, %k: memref<1x4x64xf32>, %s: memref<2x8x1x1x256xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected tiles that multiply but got 'memref<8x1x2x4xf32>', 'memref<1x4x64xf32>', 'memref<2x8x1x1x256xf32>'}}
  plmr.head_gemm_t_tile %q, %k, %s first %i slots %i kv_heads 4 : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<2x8x1x1x256xf32>
  return
}

// -----

func.func @head_gemm_t_tile(%q: memref<8x1x2x4xf32>, %k: memref<1x4x64xf32>, %s: memref<2x8x1x2x256xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_t_tile' op expected a positive kv_heads but got 0}}
  plmr.head_gemm_t_tile %q, %k, %s first %i slots %i kv_heads 0 : memref<8x1x2x4xf32>, memref<1x4x64xf32>, memref<2x8x1x2x256xf32>
  return
}

// -----

func.func @head_gemm_tile(%p: memref<8x1x2x256xf32>, %v: memref<4x64xf32>, %o: memref<8x1x2x4xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_tile' op expected tiles of rank 4, 3 and 4 but got 'memref<8x1x2x256xf32>', 'memref<4x64xf32>', 'memref<8x1x2x4xf32>'}}
  plmr.head_gemm_tile %p, %v, %o slots %i kv_heads 4 : memref<8x1x2x256xf32>, memref<4x64xf32>, memref<8x1x2x4xf32>
  return
}

// -----

// v and the result have the same elements.
func.func @head_gemm_tile(%p: memref<8x1x2x256xf32>, %v: memref<1x2x64xf32>, %o: memref<8x1x2x4xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_tile' op expected tiles that multiply but got 'memref<8x1x2x256xf32>', 'memref<1x2x64xf32>', 'memref<8x1x2x4xf32>'}}
  plmr.head_gemm_tile %p, %v, %o slots %i kv_heads 4 : memref<8x1x2x256xf32>, memref<1x2x64xf32>, memref<8x1x2x4xf32>
  return
}

// -----

func.func @head_gemm_tile(%p: memref<7x1x2x256xf32>, %v: memref<1x4x64xf32>, %o: memref<8x1x2x4xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_tile' op expected tiles that multiply but got 'memref<7x1x2x256xf32>', 'memref<1x4x64xf32>', 'memref<8x1x2x4xf32>'}}
  plmr.head_gemm_tile %p, %v, %o slots %i kv_heads 4 : memref<7x1x2x256xf32>, memref<1x4x64xf32>, memref<8x1x2x4xf32>
  return
}

// -----

func.func @head_gemm_tile(%p: memref<8x1x2x256xf32>, %v: memref<1x4x64xf32>, %o: memref<8x1x2x4xf32>, %i: index) {
  // expected-error @below {{'plmr.head_gemm_tile' op expected a positive kv_heads but got -4}}
  plmr.head_gemm_tile %p, %v, %o slots %i kv_heads -4 : memref<8x1x2x256xf32>, memref<1x4x64xf32>, memref<8x1x2x4xf32>
  return
}

// -----

func.func @role() {
  // expected-error @below {{'plmr.role' op expected 'c' to be a plmr.channel}}
  %r = plmr.role sends @c
  return
}

// -----

plmr.channel @c #plmr.relation<tree x of <chain>>
func.func @role() {
  // expected-error @below {{'plmr.role' op expected a child of 'collects'}}
  %r = plmr.role collects @c
  return
}

// -----

plmr.channel @c #plmr.relation<tree x of <chain>>
func.func @role() {
  // expected-error @below {{'plmr.role' op expected no child of 'receives'}}
  %r = plmr.role receives @c child 0
  return
}

// -----

// expected-note @below {{declared here}}
plmr.channel @c #plmr.relation<ring x>
func.func @role() {
  // expected-error @below {{'plmr.role' op expected a tree but got ring}}
  %r = plmr.role collects @c child 0
  return
}

// -----

func.func @send(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.send' op expected 'c' to be a plmr.channel}}
  plmr.send %m on @c : memref<8xf32>
  return
}

// -----

func.func @recv(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.recv' op expected 'c' to be a plmr.channel}}
  plmr.recv %m on @c : memref<8xf32>
  return
}

// -----

func.func @recv_reduce(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.recv_reduce' op expected 'c' to be a plmr.channel}}
  plmr.recv_reduce sum %m on @c child 0 : memref<8xf32>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.channel @c #plmr.relation<up x>
func.func @recv_reduce(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.recv_reduce' op expected a tree but got up}}
  plmr.recv_reduce sum %m on @c child 0 : memref<8xf32>
  return
}

// -----

plmr.channel @c #plmr.relation<tree x of <chain>>
func.func @recv_reduce(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.recv_reduce' op expected a child of at least 0 but got -1}}
  plmr.recv_reduce sum %m on @c child -1 : memref<8xf32>
  return
}

// -----

func.func @forward_reduce(%m: memref<8xf32>) {
  // expected-error @below {{'plmr.forward_reduce' op expected 'c' to be a plmr.channel}}
  plmr.forward_reduce sum %m on @c : memref<8xf32>
  return
}

// -----

// expected-error @below {{'plmr.object' op expected a cache "cyclic", "shift" or "concat" but got "ring"}}
plmr.object state @c : !plmr.placed<tensor<2x8x8xf32>, [*, x, cyclic y]> stacked cache "ring"

// -----

// expected-error @below {{'plmr.object' op expected a cache to be a stacked state whose last dimension is 'cyclic y' but got}}
plmr.object state @c : !plmr.placed<tensor<2x8x8xf32>, [*, x, y]> stacked cache "shift"

// -----

// expected-note @below {{declared here}}
plmr.object state @c : !plmr.placed<tensor<2x8x8xf32>, [*, x, cyclic y]> stacked cache "concat"
func.func @append(%k: !plmr.placed<tensor<8xf32>, [x]>, %i: index) {
  // expected-error @below {{'plmr.append' op expected settled positions of a cache "concat"}}
  plmr.append %k, @c[%i] at %i : !plmr.placed<tensor<8xf32>, [x]>
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object state @c : !plmr.placed<tensor<2x8x8xf32>, [*, x, cyclic y]> stacked
func.func @settle(%i: index) {
  // expected-error @below {{'plmr.settle' op expected a cache "shift" or "concat"}}
  plmr.settle @c[%i] from %i to %i
  return
}

// -----

func.func @shift(%v: memref<3xf16>, %c: memref<3x8xf32>, %i: index) {
  // expected-error @below {{'plmr.shift_tile' op expected a row of the tile for each element and one element type but got 'memref<3xf16>' and 'memref<3x8xf32>'}}
  plmr.shift_tile %v into %c at %i : memref<3xf16>, memref<3x8xf32>
  return
}

// -----

func.func @settle(%c: memref<8xf32>, %i: index) {
  // expected-error @below {{'plmr.settle_tile' op expected a matrix but got 'memref<8xf32>'}}
  plmr.settle_tile %c from %i to %i : memref<8xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

// expected-error @below {{expected a batch without factors}}
plmr.object input @x : !plmr.placed<tensor<8x8xf32>, [batch(2:4 inner 1), x]>

// -----

// expected-error @below {{expected one batch at most, outermost or behind slices, but got dimension 1}}
plmr.object input @x : !plmr.placed<tensor<8x8xf32>, [x, batch]>

// -----

// expected-error @below {{expected one batch at most, outermost or behind slices, but got dimension 1}}
plmr.object input @x : !plmr.placed<tensor<8x8xf32>, [batch, batch]>

// -----

// expected-error @below {{expected one batch at most, outermost or behind slices, but got dimension 2}}
plmr.object input @x : !plmr.placed<tensor<8x8x8xf32>, [*, *, batch]>

// -----

// expected-error @below {{expected one batch at most, outermost or behind slices, but got dimension 0}}
plmr.object input @x : !plmr.placed<tensor<8x8xf32>, [batch, x], order [1, 0]>

// -----

// expected-error @below {{'plmr.object' op expected a stacked object to have a whole, outermost leading dimension but got}}
plmr.object state @k : !plmr.placed<tensor<2x8x8xf32>, [batch, x, cyclic y]> stacked

// -----

!a = !plmr.placed<tensor<2x8xf32>, [batch, x]>
!b = !plmr.placed<tensor<3x8xf32>, [batch, x]>
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @local(%a: !a, %b: !b) {
  // expected-error @below {{'plmr.local' op expected one batch, which all results have if an operand has it, but got}}
  %c = plmr.local (%x = %a, %y = %b) : (!a, !b) -> !a tiles (tensor<4xf32>, tensor<4xf32>) {
    plmr.yield %x : tensor<4xf32>
  }
  return
}

// -----

!a = !plmr.placed<tensor<2x8xf32>, [batch, x]>
!c = !plmr.placed<tensor<8xf32>, [x]>
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @local(%a: !a) {
  // expected-error @below {{'plmr.local' op expected one batch, which all results have if an operand has it, but got}}
  %c = plmr.local (%x = %a) : (!a) -> !c tiles (tensor<4xf32>) {
    plmr.yield %x : tensor<4xf32>
  }
  return
}

// -----

// A tile is that of one item.
!a = !plmr.placed<tensor<2x8xf32>, [batch, x]>
plmr.mesh @mesh 2 x 2 on "tiny"
func.func @local(%a: !a) {
  // expected-error @below {{'plmr.local' op expected argument 0 to be 'tensor<4xf32>', the tile of '!plmr.placed<tensor<2x8xf32>, [batch, x]>', but got 'tensor<2x4xf32>'}}
  %c = plmr.local (%x = %a) : (!a) -> !a tiles (tensor<2x4xf32>) {
    plmr.yield %x : tensor<2x4xf32>
  }
  return
}

// -----

!a = !plmr.placed<tensor<8x8xf32>, [y, ring x]>
!b = !plmr.placed<tensor<8x8xf32>, [ring y, x]>
!c = !plmr.placed<tensor<2x8x8xf32>, [batch, y, x]>
func.func @gemm(%a: !a, %b: !b) {
  // expected-error @below {{'plmr.gemm' op expected one batch, which all results have if an operand has it, but got}}
  %c = plmr.gemm %a, %b : (!a, !b) -> !c
  return
}

// -----

!a = !plmr.placed<tensor<2x8x8xf32>, [batch, y, ring x]>
!b = !plmr.placed<tensor<3x8x8xf32>, [batch, ring y, x]>
func.func @gemm(%a: !a, %b: !b) {
  // expected-error @below {{'plmr.gemm' op expected one batch, which all results have if an operand has it, but got}}
  %c = plmr.gemm %a, %b : (!a, !b) -> !a
  return
}

// -----

// expected-note @below {{declared here}}
plmr.object state @k : !plmr.placed<tensor<2x3x8x16xf32>, [*, batch, x, cyclic y]> stacked
func.func @append(%k: !plmr.placed<tensor<2x8xf32>, [batch, x]>, %i: index) {
  // expected-error @below {{'plmr.append' op expected the batch of the state but got}}
  plmr.append %k, @k[%i] at %i : !plmr.placed<tensor<2x8xf32>, [batch, x]>
  return
}

// -----

// Addresses and buffers are those of one item.
plmr.mesh @mesh 2 x 2 on "tiny"
// expected-note @below {{declared here}}
plmr.object input @x : !plmr.placed<tensor<2x8xf32>, [batch, x]>
func.func @ref() {
  // expected-error @below {{'plmr.ref' op expected an object with a batch of 1}}
  %x = plmr.ref @x : memref<4xf32>
  return
}
