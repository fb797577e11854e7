// Heads on columns, cached positions cyclically on rows (docs/Algorithms.md).
//
// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 3 x 4 on "tiny"
llm.state @keys : tensor<2x32x8xf32>
llm.state @values : tensor<2x32x8xf32>

// 4 query heads read 2 key heads of 4 elements. A key head owns a segment of
// the 3 columns (1 and 2 wide); in it, q and k are cut in pairs, v in elements.
// CHECK-DAG: plmr.object input @q : !plmr.placed<tensor<16xf32>, [x(2:2:2:2 segment 0 inner 2)]>
// CHECK-DAG: plmr.object input @k : !plmr.placed<tensor<8xf32>, [x(2:2:2 segment 0 inner 1)]>
// CHECK-DAG: plmr.object input @v : !plmr.placed<tensor<8xf32>, [x(2:4 segment 0 inner 1)]>
// The caches are features x positions.
// CHECK-DAG: plmr.object state @keys.cache : !plmr.placed<tensor<2x8x32xf32>, [*, x(2:2:2 segment 0 inner 1), cyclic y]> stacked
// CHECK-DAG: plmr.object state @values.cache : !plmr.placed<tensor<2x8x32xf32>, [*, x(2:4 segment 0 inner 1), cyclic y]> stacked
// CHECK-DAG: plmr.object output @result0 : !plmr.placed<tensor<16xf32>, [x(2:2:4 segment 0 inner 2)]>
// 32 positions: tables of 6 rows a position apart and of 6 rows 6 apart.
// CHECK-DAG: plmr.object weight @rope0.cos.coarse : !plmr.placed<tensor<6x4xf32>, [*, x(2:2 segment 0 inner 1)]> in "" [#llm.rope_table<cosine 6 pairs 2 base 1.000000e+04>]
// CHECK-DAG: plmr.object weight @rope0.sin.coarse : {{.*}} in "" [#llm.rope_table<sine 6 pairs 2 base 1.000000e+04>]
// CHECK-DAG: plmr.object weight @rope0.cos.fine : {{.*}} in "" [#llm.rope_table<cosine 1 pairs 2 base 1.000000e+04>]
// CHECK-DAG: plmr.object weight @rope0.sin.fine : {{.*}} in "" [#llm.rope_table<sine 1 pairs 2 base 1.000000e+04>]
// CHECK-NOT: llm.state

// CHECK-LABEL: func.func @decode(
// CHECK-SAME:    %[[POS:.*]]: index) attributes {{.*}}plmr.parameters = ["pos"]}
// The angles are computed once, at the start.
// CHECK-DAG:   %[[COARSE:.*]] = arith.divui %[[POS]]
// CHECK-DAG:   %[[FINE:.*]] = arith.remui %[[POS]]
// CHECK:       %[[ANGLES:.*]]:2 = plmr.local (%[[CC:.*]] = %{{.*}}, %[[CS:.*]] = %{{.*}}, %[[FC:.*]] = %{{.*}}, %[[FS:.*]] = %{{.*}}) :
// CHECK:         tensor.extract_slice %[[CC]][%[[COARSE]], 0]
// CHECK:         tensor.extract_slice %[[CS]][%[[COARSE]], 0]
// CHECK:         tensor.extract_slice %[[FC]][%[[FINE]], 0]
// CHECK:         tensor.extract_slice %[[FS]][%[[FINE]], 0]
// CHECK:         arith.subf
// CHECK:         arith.addf

// Rotation is local: a column holds whole pairs.
// CHECK:       %[[Q:.*]] = plmr.local (%{{.*}} = %{{.*}}, %{{.*}} = %[[ANGLES]]#0, %{{.*}} = %[[ANGLES]]#1)
// CHECK-SAME:    tiles (tensor<8xf32>, tensor<2xf32>, tensor<2xf32>)
// CHECK:       %[[K:.*]] = plmr.local (%{{.*}} = %{{.*}}, %{{.*}} = %[[ANGLES]]#0, %{{.*}} = %[[ANGLES]]#1)
// CHECK-SAME:    tiles (tensor<4xf32>, tensor<2xf32>, tensor<2xf32>)
// CHECK:       plmr.append %[[K]], @keys.cache[%[[L:.*]]] at %[[POS]]
// CHECK-NEXT:  plmr.append %{{.*}}, @values.cache[%[[L]]] at %[[POS]]
// CHECK-NEXT:  %[[KEYS:.*]] = plmr.load @keys.cache[%[[L]]] : !plmr.placed<tensor<8x32xf32>, [x(2:2:2 segment 0 inner 1), cyclic y]>
// CHECK-NEXT:  %[[VALUES:.*]] = plmr.load @values.cache[%[[L]]]

// Loops run over the slots that any row uses; the last slot of a row whose
// turn has not come is masked.
// CHECK:       %[[LAST:.*]] = arith.divui %[[POS]]
// CHECK:       %[[SLOTS:.*]] = arith.addi %[[LAST]]
// CHECK:       %[[ROW:.*]] = plmr.coord y
// CHECK:       %[[NEWEST:.*]] = arith.remui %[[POS]]
// CHECK:       %[[VALID:.*]] = arith.cmpi ule, %[[ROW]], %[[NEWEST]]

// Scores: each column has its part of the features, reduced in its segment.
// CHECK:       %[[PARTIAL:.*]] = plmr.local (%{{.*}} = %[[Q]], %[[KT:.*]] = %[[KEYS]])
// CHECK-SAME:    -> !plmr.placed<tensor<4x32xf32>, [x(2:2 segment 0), cyclic y], pad any, partial<sum x segments 2>>
// CHECK:         tensor.extract_slice %[[KT]][0, 0] [4, %[[SLOTS]]] [1, 1]
// CHECK:       %[[SCORES:.*]] = plmr.all_reduce %[[PARTIAL]] limit %[[SLOTS]] :
// CHECK:       %[[MASKED:.*]]:2 = plmr.local (%{{.*}} = %[[SCORES]])
// CHECK-SAME:    !plmr.placed<tensor<4xf32>, [x(2:2 segment 0)], pad any, partial<max y>>
// CHECK:         arith.constant 5.000000e-01 : f32
// CHECK:         arith.select %[[VALID]]
// CHECK:         arith.maximumf
// CHECK:       %[[MAX:.*]] = plmr.all_reduce %[[MASKED]]#1 :

// Sums and weighted values travel together.
// CHECK:       %[[WEIGHTED:.*]]:2 = plmr.local (%{{.*}} = %[[MASKED]]#0, %{{.*}} = %[[MAX]], %{{.*}} = %[[VALUES]])
// CHECK:         arith.subf
// CHECK:         math.exp
// CHECK:       %[[SUMS:.*]]:2 = plmr.all_reduce %[[WEIGHTED]]#0, %[[WEIGHTED]]#1 :
// CHECK:       %[[A:.*]] = plmr.local (%{{.*}} = %[[SUMS]]#0, %{{.*}} = %[[SUMS]]#1)
// CHECK:         arith.divf
// CHECK:       plmr.store %[[A]], @result0
func.func @decode(%q: tensor<16xf32> {plmr.name = "q"},
                  %k: tensor<8xf32> {plmr.name = "k"},
                  %v: tensor<8xf32> {plmr.name = "v"},
                  %pos: index {plmr.name = "pos"}) -> tensor<16xf32> {
  %c1 = arith.constant 1 : index
  %rq = llm.rope %q at %pos heads 4 base 1.0e4 adjacent : tensor<16xf32>
  %rk = llm.rope %k at %pos heads 2 base 1.0e4 adjacent : tensor<8xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c1] at %pos
         heads 4 kv_heads 2 scale 0.5 : tensor<16xf32>, tensor<8xf32>
  return %a : tensor<16xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
llm.state @keys : tensor<1x8x16xf32>
llm.state @values : tensor<1x8x16xf32>

// NEOX pairs lie half a head apart: the pair is the last factor. 4 key heads on
// 2 columns: each column owns whole heads, so scores need no reduction.
// CHECK-DAG: plmr.object input @arg0 : !plmr.placed<tensor<16xf32>, [x(4:1:2:2 segment 0 inner 3)]>
// CHECK-DAG: plmr.object input @arg1 : !plmr.placed<tensor<16xf32>, [x(4:2:2 segment 0 inner 2)]>
// CHECK-LABEL: func.func @whole_heads
// CHECK-NOT: partial<sum x
// CHECK: plmr.all_reduce %{{.*}} : ({{.*}}partial<max y>>)
// CHECK-NOT: partial<sum x
// CHECK: plmr.all_reduce %{{.*}}, %{{.*}} : ({{.*}}partial<sum y>>, {{.*}}partial<sum y>>)
// CHECK: return
func.func @whole_heads(%q: tensor<16xf32>, %k: tensor<16xf32>, %v: tensor<16xf32>,
                       %pos: index) -> tensor<16xf32> {
  %c0 = arith.constant 0 : index
  %rq = llm.rope %q at %pos heads 4 base 1.0e4 half : tensor<16xf32>
  %rk = llm.rope %k at %pos heads 4 base 1.0e4 half : tensor<16xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c0] at %pos
         heads 4 kv_heads 4 scale 0.5 : tensor<16xf32>, tensor<16xf32>
  return %a : tensor<16xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "tiny"
llm.state @keys : tensor<1x8x8xf32>
llm.state @values : tensor<1x8x8xf32>

// Where heads belong is known to the products before: no value moves between
// projection, rotation and attention.
// CHECK-DAG: plmr.object input @wq : !plmr.placed<tensor<8x8xf32>, [y, x(2:1:2:2 segment 0 inner 2)]>
// CHECK-DAG: plmr.object input @wk : !plmr.placed<tensor<8x8xf32>, [y, x(2:2:2 segment 0 inner 1)]>
// CHECK-DAG: plmr.object input @wv : !plmr.placed<tensor<8x8xf32>, [y, x(2:4 segment 0 inner 1)]>
// CHECK-DAG: plmr.object input @wo : !plmr.placed<tensor<8x8xf32>, [x(2:1:4 segment 0 inner 2), y]>
// CHECK-LABEL: func.func @projections
// CHECK: plmr.store %{{.*}}, @result0 : !plmr.placed<tensor<8xf32>, [y]>
func.func @projections(%x: tensor<8xf32>, %wq: tensor<8x8xf32> {plmr.name = "wq"},
                       %wk: tensor<8x8xf32> {plmr.name = "wk"},
                       %wv: tensor<8x8xf32> {plmr.name = "wv"},
                       %wo: tensor<8x8xf32> {plmr.name = "wo"},
                       %pos: index) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %q = linalg.vecmat ins(%x, %wq : tensor<8xf32>, tensor<8x8xf32>)
                     outs(%zero : tensor<8xf32>) -> tensor<8xf32>
  %k = linalg.vecmat ins(%x, %wk : tensor<8xf32>, tensor<8x8xf32>)
                     outs(%zero : tensor<8xf32>) -> tensor<8xf32>
  %v = linalg.vecmat ins(%x, %wv : tensor<8xf32>, tensor<8x8xf32>)
                     outs(%zero : tensor<8xf32>) -> tensor<8xf32>
  %rq = llm.rope %q at %pos heads 2 base 1.0e4 adjacent : tensor<8xf32>
  %rk = llm.rope %k at %pos heads 2 base 1.0e4 adjacent : tensor<8xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c0] at %pos
         heads 2 kv_heads 2 scale 0.5 : tensor<8xf32>, tensor<8xf32>
  %o = linalg.vecmat ins(%a, %wo : tensor<8xf32>, tensor<8x8xf32>)
                     outs(%zero : tensor<8xf32>) -> tensor<8xf32>
  return %o : tensor<8xf32>
}
