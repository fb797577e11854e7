// RUN: plmr-opt %s -pass-pipeline='builtin.module(func.func(plmr-choose-algorithms{k=0}))' -verify-diagnostics

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{expected k of at least 1 but got 0}}
func.func @main() {
  return
}
