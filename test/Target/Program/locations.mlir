// Locations of instructions survive, in the order of the table.
//
// RUN: plmr-translate --mlir-to-plmr %s -o %t.plmr
// RUN: plmr-translate --plmr-to-asm %t.plmr | FileCheck %s --check-prefix=ASM
// RUN: plmr-translate --plmr-to-mlir %t.plmr -mlir-print-debuginfo | FileCheck %s
// RUN: plmr-translate --plmr-to-mlir %t.plmr -mlir-print-debuginfo -o %t.back.mlir
// RUN: plmr-translate --mlir-to-plmr %t.back.mlir -o %t.again.plmr
// RUN: cmp %t.plmr %t.again.plmr

// ASM:      class "all" {
// ASM-NEXT:   wait e0 ! 1
// ASM-NEXT:   wait e1 ! 2
// ASM-NEXT:   wait e0 ! 3
// ASM-NEXT:   wait e0 ! 4
// ASM-NEXT:   wait e0 ! 1
// ASM-NEXT:   wait e0 ! 5
// ASM-NEXT:   wait e0 ! 6
// ASM-NEXT:   wait e0 ! 7
// ASM-NEXT:   halt ! 8
// ASM:      location "never used"
// ASM-NEXT: location "m.mlir:3:7"
// ASM-NEXT: location "a \22name\22"
// ASM-NEXT: location "twice"
// ASM-NEXT: location "twice"
// ASM-NEXT: location "inner.mlir:1:2 (called from outer.mlir:3:4)"
// ASM-NEXT: location "[m.mlir:1:1, n]"
// ASM-NEXT: location "m.mlir:03:7"
// ASM-NEXT: location "unknown"

// CHECK: locations = ["never used", "m.mlir:3:7", "a \22name\22", "twice", "twice", "inner.mlir:1:2 (called from outer.mlir:3:4)", "[m.mlir:1:1, n]", "m.mlir:03:7", "unknown"]
// CHECK: core.wait e0 loc(#[[FILE:.*]])
// CHECK: core.wait e1 loc(#[[NAME:.*]])
// CHECK: core.wait e0 loc(#[[TWICE:.*]])
// CHECK: core.wait e0 loc(#[[AGAIN:.*]])
// CHECK: core.wait e0 loc(#[[FILE]])
// CHECK: core.wait e0 loc(#[[CALL:.*]])
// CHECK: core.wait e0 loc(#[[FUSED:.*]])
// CHECK: core.wait e0 loc(#[[ZERO:.*]])
// CHECK: core.halt loc(#[[UNKNOWN:.*]])
// CHECK-DAG: #[[FILE]] = loc("m.mlir":3:7)
// CHECK-DAG: #[[NAME]] = loc("a \22name\22")
// CHECK-DAG: #[[TWICE]] = loc("twice")
// CHECK-DAG: #[[AGAIN]] = loc(fused<4 : i64>[#[[TWICE]]])
// CHECK-DAG: #[[CALL]] = loc("inner.mlir:1:2 (called from outer.mlir:3:4)")
// CHECK-DAG: #[[FUSED]] = loc("[m.mlir:1:1, n]")
// CHECK-DAG: #[[ZERO]] = loc("m.mlir:03:7")
// CHECK-DAG: #[[UNKNOWN]] = loc("unknown")
core.program @main 1 x 1 on "tiny" attributes {
    locations = ["never used", "m.mlir:3:7", "a \22name\22", "twice", "twice"]} {
  core.code "all" {
    core.wait e0 loc("m.mlir":3:7)
    core.wait e1 loc("a \22name\22")
    core.wait e0 loc("twice")
    core.wait e0 loc(fused<4>["twice"])
    core.wait e0 loc("m.mlir":3:7)
    core.wait e0 loc(callsite("inner.mlir":1:2 at "outer.mlir":3:4))
    core.wait e0 loc(fused["m.mlir":1:1, "n"])
    core.wait e0 loc("m.mlir:03:7")
    core.halt loc(unknown)
  }
}
