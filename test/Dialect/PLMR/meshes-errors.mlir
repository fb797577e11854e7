// RUN: plmr-opt %s -split-input-file -verify-diagnostics

// expected-note @below {{declared here}}
plmr.mesh @mesh 4 x 4 on "tiny"
// expected-error @below {{'plmr.mesh' op expected a part of the first mesh on its device but got 5 x 2}}
plmr.mesh @part 5 x 2 on "tiny"

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-error @below {{'plmr.object' op expected 'part' to be a plmr.mesh}}
plmr.object input @x : !plmr.placed<tensor<64xf32>, [y]> on @part

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @part 2 x 2 on "tiny"
plmr.object input @x : !plmr.placed<tensor<64xf32>, [y]>
// expected-error @below {{'plmr.object' op expected a weight or a state to be moved but got input}}
plmr.object input @y : !plmr.placed<tensor<64xf32>, [y]> on @part moved from @x

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @part 2 x 2 on "tiny"
plmr.object state @x : !plmr.placed<tensor<64xf32>, [y]>
// expected-error @below {{'plmr.object' op expected no sources for what is moved}}
plmr.object weight @y : !plmr.placed<tensor<64xf32>, [y]> in "" [#llm.source<"y", 0, "F32">] on @part moved from @x

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<2x8x8xf32>, [*, x, y]> stacked
// expected-error @below {{'plmr.object' op expected to be moved from an object of the same kind and slices on another mesh}}
plmr.object state @y : !plmr.placed<tensor<2x8x8xf32>, [*, x, y]> stacked moved from @x

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.object state @x : !plmr.placed<tensor<2x8x8xf32>, [*, x, y]> stacked
// expected-note @below {{declared here}}
plmr.object state @y : !plmr.placed<tensor<2x8x8xf32>, [*, x, y]> stacked
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected an index for 'y'}}
  plmr.redistribute @x to @y
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [x, y]>
plmr.object state @y : !plmr.placed<tensor<8x8xf32>, [y, x]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected each dimension to be cut in one way along one axis but got '!plmr.placed<tensor<8x8xf32>, [x, y]>' and '!plmr.placed<tensor<8x8xf32>, [y, x]>'}}
  plmr.redistribute @x to @y
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [x, y]>
plmr.object state @y : !plmr.placed<tensor<8x8xf16>, [x, y]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected one element type but got}}
  plmr.redistribute @x to @y
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8xf32>, [x]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected matrices in the order of their dimensions but got}}
  plmr.redistribute @x to @x
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [*, y]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected one dimension cut along x and one along y but got}}
  plmr.redistribute @x to @x
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [y, skew x]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected no skewed blocks but got}}
  plmr.redistribute @x to @x
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [y, x(2:4 segment 0 inner 1)]>
plmr.object state @y : !plmr.placed<tensor<8x8xf32>, [y, x(4:2 segment 0 inner 1)]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected dimensions of the same factors but got}}
  plmr.redistribute @x to @y
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [y, cyclic x]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected blocks along x but got}}
  plmr.redistribute @x to @x
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [x, cyclic y]>
func.func @f() {
  // expected-error @below {{'plmr.redistribute' op expected positions for a cache}}
  plmr.redistribute @x to @x
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [x, y]>
func.func @f(%n: index) {
  // expected-error @below {{'plmr.redistribute' op expected no positions without a cache}}
  plmr.redistribute @x to @x positions %n
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
// expected-note @below {{declared here}}
plmr.object state @x : !plmr.placed<tensor<8x8xf32>, [x, cyclic y]>
func.func @f(%n: index) {
  // expected-error @below {{'plmr.redistribute' op expected a cache "shift"}}
  plmr.redistribute @x to @x positions %n shifted
  return
}
