// Functions are launches of one program, epochs are their route tables.
//
// RUN: plmr-opt %s -split-input-file -convert-tile-to-core | FileCheck %s

// Colours are those of a table: 0 is another route in each. Tables of the second
// launch follow those of the first.
// CHECK:      core.constant {{.*}} by_row [1, 0]
// CHECK:      core.constant {{.*}} by_row [0, 1]
// CHECK:      core.routes {{\[\[}}"0 R->S"], ["0 N->R"]] of [0, 1]
// CHECK-NEXT: core.routes {{\[\[}}"0 R->S", "1 S->R"], ["0 N->R", "1 R->N"]] of [0, 1]
// CHECK-NEXT: core.routes {{\[\[}}"0 S->R"], ["0 R->N"]] of [0, 1]
// A launch has the inputs and outputs that its function names.
// CHECK-NEXT: core.launch "decode" ["position"] entry [0] routes 0 inputs [0] outputs [2]
// CHECK-NEXT: core.launch "prefill" [] entry [[[ENTRY:[0-9]+]]] routes 1 inputs [1] outputs [3]
// CHECK-NEXT: core.channel "decode.up" "up along y" colours [0] hops 1
// CHECK-NEXT: core.channel "prefill.ring" "ring along y" colours [0, 1] hops 1
// CHECK-NEXT: core.channel "prefill.1.down" "down along y" colours [0] hops 1
// CHECK-NEXT: core.operation "next" "decode.up"
// CHECK-NEXT: core.operation "ring" "prefill.ring"
// CHECK-NEXT: core.operation "down" "prefill.1.down"
// CHECK:      core.code
// CHECK:        core.halt
// Nothing is known of descriptors at the start of the next one.
// CHECK-NEXT:   core.dsm
// CHECK:        core.wait e0
// CHECK-NEXT:   core.epoch 2
// CHECK:        core.vector mov
// CHECK:        core.epoch 1
// CHECK-NEXT:   core.halt
plmr.mesh @mesh 1 x 2 on "tiny"
plmr.channel @decode.up #plmr.relation<up y> in "decode" colours [0]
plmr.channel @prefill.ring #plmr.relation<ring y> in "prefill" colours [0, 1]
plmr.channel @prefill.1.down #plmr.relation<down y> in "prefill" epoch 1 colours [0]
plmr.object input @token : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}
plmr.object input @rows : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 16 : i64}
plmr.object output @next : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 32 : i64}
plmr.object output @logits : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 48 : i64}
func.func @decode(%pos: index) attributes {plmr.inputs = [@token], plmr.outputs = [@next], plmr.parameters = ["position"]} {
  %x = plmr.ref @token : memref<4xf32>
  %y = plmr.ref @next : memref<4xf32>
  %s = plmr.role sends @decode.up
  %r = plmr.role receives @decode.up
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  plmr.send %x on @decode.up if %s {plmr.operation = "next"} : memref<4xf32>
  plmr.recv %y on @decode.up if %r {plmr.operation = "next"} : memref<4xf32>
  return
}
func.func @prefill() attributes {plmr.inputs = [@rows], plmr.outputs = [@logits], plmr.parameters = []} {
  %x = plmr.ref @rows : memref<4xf32>
  %y = plmr.ref @logits : memref<4xf32>
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  %t = plmr.recv %y on @prefill.ring {plmr.operation = "ring"} : memref<4xf32> -> !plmr.token
  plmr.send %x on @prefill.ring {plmr.operation = "ring"} : memref<4xf32>
  plmr.wait %t
  plmr.epoch 1
  %s = plmr.role sends @prefill.1.down
  %r = plmr.role receives @prefill.1.down
  plmr.send %y on @prefill.1.down if %s {plmr.operation = "down"} : memref<4xf32>
  plmr.recv %y on @prefill.1.down if %r {plmr.operation = "down"} : memref<4xf32>
  plmr.epoch 0
  return
}

// -----

plmr.mesh @mesh 1 x 2 on "tiny"
plmr.channel @up #plmr.relation<up y> colours [3]
plmr.object input @x : !plmr.placed<tensor<8xf32>, [y]> {plmr.address = 0 : i64}

// A channel of no launch is in all tables, and listed once.
// CHECK:      core.routes {{\[\[}}"3 R->S"], ["3 N->R"]] of [0, 1]
// CHECK-NEXT: core.routes {{\[\[}}"3 R->S"], ["3 N->R"]] of [0, 1]
// CHECK-NEXT: core.launch "a" [] entry [0] routes 0 inputs [0] outputs []
// CHECK-NEXT: core.launch "b" [] entry [1] routes 1 inputs [0] outputs []
// CHECK-NEXT: core.channel "up"
// CHECK-NOT:  core.channel
func.func @a() {
  return
}
func.func @b() {
  return
}
