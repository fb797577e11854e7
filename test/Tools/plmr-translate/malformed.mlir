// Binaries that are cut, of another version or no binaries at all.
//
// RUN: plmr-translate --mlir-to-plmr %s -o %t.plmr
// RUN: python3 %S/Inputs/damage.py %t.plmr %t
//
// RUN: not plmr-translate --plmr-to-mlir %s 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: error: {{.*}}malformed.mlir: not a plmr program
// RUN: not plmr-translate --plmr-to-mlir %t.empty.plmr 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: {{.*}}.empty.plmr: not a plmr program
// RUN: not plmr-translate --plmr-to-asm %t.version.plmr 2>&1 | FileCheck %s --check-prefix=VERSION
// VERSION: error: {{.*}}.version.plmr: version 9, version 1 is supported
// RUN: not plmr-translate --plmr-to-mlir %t.cut.plmr 2>&1 | FileCheck %s --check-prefix=CUT
// CUT: error: {{.*}}.cut.plmr: section 1 (bytes 8192 and 16 more) does not fit a file of {{[0-9]+}} bytes
// RUN: not plmr-translate --plmr-to-mlir %t.long.plmr 2>&1 | FileCheck %s --check-prefix=LONG
// LONG: error: {{.*}}.long.plmr: 4 bytes behind the last section
// RUN: not plmr-translate --plmr-to-mlir %t.opcode.plmr 2>&1 | FileCheck %s --check-prefix=OPCODE
// OPCODE: error: {{.*}}.opcode.plmr: class 'all': code has to end in an unpredicated halt
//
// Nothing is written where reading fails.
// RUN: not plmr-translate --plmr-to-mlir %t.cut.plmr -o %t.out.mlir 2>/dev/null
// RUN: not test -s %t.out.mlir

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    core.halt
  }
}
