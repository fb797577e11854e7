// A mesh that the module has already wins over the options.
//
// RUN: plmr-opt %s -plmr-attach-mesh="device=tiny mesh=4x3" | FileCheck %s
// RUN: plmr-opt %s -plmr-attach-mesh | FileCheck %s

// CHECK-NOT: plmr.mesh @mesh
// CHECK:     plmr.mesh @chip 2 x 5 on "wse3"
// CHECK-NOT: plmr.mesh @mesh
plmr.mesh @chip 2 x 5 on "wse3"
