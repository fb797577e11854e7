// RUN: plmr-opt %s -pass-pipeline='builtin.module(func.func(plmr-choose-algorithms{tree=ktree:0}))' -verify-diagnostics

plmr.mesh @mesh 2 x 2 on "tiny"
// expected-error @below {{expected a tree that is chain, star, binary_tree, two_phase, ktree:K with K of at least 1, or auto_gen, but got 'ktree:0'}}
func.func @main() {
  return
}
