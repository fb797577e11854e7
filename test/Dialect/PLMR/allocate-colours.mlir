// RUN: plmr-opt %s -split-input-file -plmr-allocate-colours | FileCheck %s

// Two cores that send to each other need a colour for each direction.
plmr.mesh @mesh 1 x 2 on "tiny"
// CHECK: plmr.channel @ring #plmr.relation<ring y> colours [0, 1]
plmr.channel @ring #plmr.relation<ring y>

// -----

// At most three edges of a ring of any length pass one router.
plmr.mesh @mesh 1 x 16 on "tiny"
// CHECK: plmr.channel @ring #plmr.relation<ring y>
// CHECK-SAME: colours [0, 2, 1, 1, 0, 0, 2, 2, 1, 1, 0, 0, 2, 2, 1, 0]
plmr.channel @ring #plmr.relation<ring y>

// -----

// The flows between groups' roots pass their members: two colours for the levels
// of each side.
plmr.mesh @mesh 1 x 9 on "tiny"
// CHECK: plmr.channel @tree #plmr.relation<tree y of <ktree [3, 3]>> colours [0, 1, 2, 0, 2, 0, 3, 1]
plmr.channel @tree #plmr.relation<tree y of <ktree [3, 3]>>

// -----

// Colours are free again behind a segment.
plmr.mesh @mesh 8 x 1 on "tiny"
// CHECK: plmr.channel @b #plmr.relation<broadcast x of <ktree [2]> segments 4> colours [0, 0, 0, 0]
plmr.channel @b #plmr.relation<broadcast x of <ktree [2]> segments 4>

// -----

// Channels along x and along y meet in every router and share no colour.
plmr.mesh @mesh 4 x 4 on "tiny"
// CHECK: plmr.channel @up #plmr.relation<up x> colours [2, 3, 2]
// CHECK: plmr.channel @down #plmr.relation<down y> colours [0, 1, 0]
plmr.channel @up #plmr.relation<up x>
plmr.channel @down #plmr.relation<down y>

// -----

// Each route table, of a launch or of one of its epochs, has all colours.
plmr.mesh @mesh 1 x 2 on "tiny"
// CHECK: plmr.channel @decode.ring #plmr.relation<ring y> in "decode" colours [0, 1]
// CHECK: plmr.channel @decode.up #plmr.relation<up y> in "decode" colours [2]
// CHECK: plmr.channel @prefill.up #plmr.relation<up y> in "prefill" colours [0]
// CHECK: plmr.channel @prefill.1.ring #plmr.relation<ring y> in "prefill" epoch 1 colours [0, 1]
// CHECK: plmr.channel @prefill.ring #plmr.relation<ring y> in "prefill" colours [1, 2]
plmr.channel @decode.ring #plmr.relation<ring y> in "decode"
plmr.channel @decode.up #plmr.relation<up y> in "decode"
plmr.channel @prefill.up #plmr.relation<up y> in "prefill"
plmr.channel @prefill.1.ring #plmr.relation<ring y> in "prefill" epoch 1
plmr.channel @prefill.ring #plmr.relation<ring y> in "prefill"

// -----

// Nothing to do.
// CHECK: module
module {}
