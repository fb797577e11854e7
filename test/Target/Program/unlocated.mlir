// Code without locations has none in the binary either, and a device of one's
// own is written out.
//
// RUN: plmr-translate --mlir-to-plmr %s -o %t.plmr
// RUN: plmr-translate --plmr-to-asm %t.plmr | FileCheck %s --check-prefix=ASM
// RUN: plmr-translate --plmr-to-mlir %t.plmr | FileCheck %s
// RUN: plmr-translate --plmr-to-mlir %t.plmr | plmr-translate --mlir-to-plmr -o %t.again.plmr
// RUN: plmr-translate --plmr-to-mlir %t.again.plmr | FileCheck %s

// ASM-NOT: location
// ASM-NOT: !

// CHECK: core.program @main 1 x 2 on "{ \22name\22: \22mine\22, \22grid\22: [1, 2],
core.program @main 1 x 2 on "{\22base\22: \22tiny\22, \22name\22: \22mine\22, \22grid\22: [1, 2]}" {
  core.code "all" {
    core.loop k0 {
      core.wait e0 loc(unknown)
    } loc(unknown)
    core.halt loc(unknown)
  }
  core.constant "n" uniform [3]
}
