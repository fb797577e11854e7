// RUN: plmr-opt %s -split-input-file -verify-diagnostics

func.func @negative() {
  // expected-error @below {{'plmr.epoch' op expected a table of at least 0 but got -1}}
  plmr.epoch -1
  return
}

// -----

// expected-error @below {{'plmr.channel' op expected an epoch of at least 0 but got -1}}
plmr.channel @c #plmr.relation<up x> in "prefill" epoch -1
