// RUN: plmr-opt %s -plmr-plan-memory -verify-diagnostics

plmr.mesh @mesh 1 x 1 on "tiny"
func.func @dynamic(%n: index) {
  // expected-error @below {{expected a buffer of static size but got 'memref<?xf32>'}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}
