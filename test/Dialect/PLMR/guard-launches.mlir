// RUN: plmr-opt %s -split-input-file -verify-diagnostics -plmr-guard-launches | FileCheck %s

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @part 2 x 3 on "tiny"
plmr.mesh @whole 4 x 4 on "tiny"
plmr.object state @x : !plmr.placed<tensor<8xf32>, [x]> on @part

// CHECK-LABEL: func.func @part_only
// CHECK-DAG:     %[[X:.*]] = plmr.coord x
// CHECK-DAG:     %[[Y:.*]] = plmr.coord y
// CHECK:         %[[INSIDE:.*]] = arith.index_castui
// CHECK-NEXT:    scf.for %{{.*}} = %{{.*}} to %[[INSIDE]]
// CHECK-NEXT:      plmr.ref @x
// CHECK-NOT:     scf.for
// CHECK:         } {plmr.guard}
// CHECK:         return
func.func @part_only() attributes {plmr.mesh = @part} {
  %r = plmr.ref @x : memref<4xf32>
  %c = arith.constant 0.0 : f32
  linalg.fill ins(%c : f32) outs(%r : memref<4xf32>)
  return
}

// All cores pass epochs.
// CHECK-LABEL: func.func @epochs
// CHECK-SAME:    (%[[N:.*]]: index)
// CHECK:         %[[INSIDE:.*]] = arith.index_castui
// CHECK:         scf.for %{{.*}} = %{{.*}} to %[[INSIDE]]
// CHECK:           plmr.ref
// CHECK:           plmr.epoch 1
// CHECK:           plmr.epoch 2
// CHECK-NEXT:    } {plmr.guard}
// CHECK:         scf.for %{{.*}} = %[[INSIDE]] to
// CHECK:           %[[TWICE:.*]] = arith.addi %[[N]], %[[N]]
// CHECK:           scf.for %{{.*}} to %[[TWICE]]
// CHECK-NEXT:        plmr.epoch 1
// CHECK-NEXT:      }
// CHECK-NEXT:      plmr.epoch 2
// CHECK-NEXT:    }
func.func @epochs(%n: index) attributes {plmr.mesh = @part} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %twice = arith.addi %n, %n : index
  scf.for %i = %zero to %twice step %one {
    %r = plmr.ref @x : memref<4xf32>
    %c = arith.constant 0.0 : f32
    linalg.fill ins(%c : f32) outs(%r : memref<4xf32>)
    plmr.epoch 1
  }
  plmr.epoch 2
  return
}

// CHECK-LABEL: func.func @all
// CHECK-NOT:     scf.for
// CHECK:         return
func.func @all() attributes {plmr.mesh = @whole} {
  plmr.epoch 1
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @part 2 x 3 on "tiny"
func.func @branch(%c: i1) attributes {plmr.mesh = @part} {
  // expected-error @below {{'scf.if' op expected epochs in loops only}}
  scf.if %c {
    plmr.epoch 1
  }
  return
}

// -----

plmr.mesh @mesh 4 x 4 on "tiny"
plmr.mesh @part 2 x 3 on "tiny"
func.func @bound(%m: memref<1xindex>) attributes {plmr.mesh = @part} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  // expected-error @below {{'memref.load' op expected the bounds of a loop around an epoch to be index arithmetic}}
  %n = memref.load %m[%zero] : memref<1xindex>
  scf.for %i = %zero to %n step %one {
    plmr.epoch 1
  }
  return
}
