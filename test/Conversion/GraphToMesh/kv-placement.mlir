// Caches that are not cyclic (docs/Algorithms.md, "Caches").
//
// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh -verify-diagnostics | FileCheck %s

plmr.mesh @mesh 2 x 4 on "tiny"
llm.state @keys : tensor<2x32x8xf32> placement "shift"
llm.state @values : tensor<2x32x8xf32> placement "shift"

// A shifted cache has the slots of a cyclic one, and what is in use is the same.
// CHECK-DAG: plmr.object state @keys.cache : !plmr.placed<tensor<2x8x32xf32>, [*, x(2:2:2 segment 0 inner 1), cyclic y]> stacked cache "shift"
// CHECK-DAG: plmr.object state @values.cache : {{.*}} stacked cache "shift"
// CHECK-LABEL: func.func @decode(
// CHECK-SAME:    %[[POS:.*]]: index)
// CHECK:       plmr.append %{{.*}}, @keys.cache[%{{.*}}] at %[[POS]] :
// CHECK-NEXT:  plmr.append %{{.*}}, @values.cache[%{{.*}}] at %[[POS]] :
// CHECK:       %[[LAST:.*]] = arith.divui %[[POS]]
// CHECK:       arith.addi %[[LAST]]
// CHECK:       arith.cmpi ule
func.func @decode(%q: tensor<16xf32>, %k: tensor<8xf32>, %v: tensor<8xf32>,
                  %pos: index {plmr.name = "pos"}) -> tensor<16xf32> {
  %layer = arith.constant 1 : index
  %a = llm.attention %q, %k, %v, @keys, @values[%layer] at %pos heads 4 kv_heads 2 scale 0.5 : tensor<16xf32>, tensor<8xf32>
  return %a : tensor<16xf32>
}

// CHECK-LABEL: func.func @settle(
// CHECK-SAME:    %[[FROM:.*]]: index, %[[TO:.*]]: index)
// CHECK:       plmr.settle @keys.cache[%{{.*}}] from %[[FROM]] to %[[TO]]
func.func @settle(%from: index, %to: index) {
  %layer = arith.constant 1 : index
  llm.settle @keys[%layer] from %from to %to
  return
}

// -----

plmr.mesh @mesh 2 x 4 on "tiny"
llm.state @keys : tensor<2x32x8xf32> placement "concat"
llm.state @values : tensor<2x32x8xf32> placement "concat"

// Each of the 4 rows has a slot for each of the 32 positions.
// CHECK-DAG: plmr.object state @keys.cache : !plmr.placed<tensor<2x8x128xf32>, [*, x(2:2:2 segment 0 inner 1), cyclic y]> stacked cache "concat"
// CHECK-LABEL: func.func @decode(
// CHECK-SAME:    %[[POS:.*]]: index, %[[SETTLED:.*]]: index)
// CHECK:       plmr.append %{{.*}}, @keys.cache[%{{.*}}] at %[[POS]] settled %[[SETTLED]] :

// A row attends to its own positions: those of its block of the prompt and, in
// the last one, those that followed. Nothing is masked.
// CHECK:       %[[ROW:.*]] = plmr.coord y
// CHECK:       %[[ISLAST:.*]] = arith.cmpi eq, %[[ROW]], %c3
// CHECK:       %[[BEHIND:.*]] = arith.subi %[[POS]], %[[SETTLED]]
// CHECK:       arith.divui %[[SETTLED]]
// CHECK:       %[[MORE:.*]] = arith.select %[[ISLAST]]
// CHECK:       %[[SLOTS:.*]] = arith.addi %{{.*}}, %[[MORE]]
// CHECK:       tensor.extract_slice %{{.*}}[0, 0] [4, %[[SLOTS]]]
// CHECK-NOT:   arith.select
func.func @decode(%q: tensor<16xf32>, %k: tensor<8xf32>, %v: tensor<8xf32>,
                  %pos: index {plmr.name = "pos"},
                  %settled: index {plmr.name = "settled"}) -> tensor<16xf32> {
  %layer = arith.constant 1 : index
  %a = llm.attention %q, %k, %v, @keys, @values[%layer] at %pos settled %settled heads 4 kv_heads 2 scale 0.5 : tensor<16xf32>, tensor<8xf32>
  return %a : tensor<16xf32>
}

// -----

plmr.mesh @mesh 2 x 4 on "tiny"
llm.state @keys : tensor<2x32x8xf32> placement "concat"
func.func @settle(%from: index, %to: index) {
  // expected-error @below {{'llm.settle' op expected an llm.attention to 'keys' before it; nothing else tells where its features belong}}
  llm.settle @keys[%from] from %from to %to
  return
}
