// A mesh that the module has already stays; options may only say the same.
//
// RUN: plmr-opt %s -plmr-attach-mesh | FileCheck %s
// RUN: plmr-opt %s -plmr-attach-mesh="device=wse3 mesh=2x5" | FileCheck %s
// RUN: not plmr-opt %s -plmr-attach-mesh="mesh=4x3" 2>&1 | FileCheck %s --check-prefix=MESH
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tiny" 2>&1 | FileCheck %s --check-prefix=DEVICE

// CHECK-NOT: plmr.mesh @mesh
// CHECK:     plmr.mesh @chip 2 x 5 on "wse3"
// CHECK-NOT: plmr.mesh @mesh
// MESH: error: expected the module's own mesh, 2x5 on wse3, but got 4x3 on wse3
// DEVICE: error: expected the module's own mesh, 2x5 on wse3, but got 2x5 on tiny
plmr.mesh @chip 2 x 5 on "wse3"
