// RUN: plmr-opt %s -pass-pipeline='builtin.module(plmr-choose-algorithms{tree=ktree:0})' -verify-diagnostics

// expected-error @below {{expected a tree that is auto, chain, star, binary_tree, two_phase, ktree:K with K of at least 1, auto_gen or ring, but got 'ktree:0'}}
module {
}
