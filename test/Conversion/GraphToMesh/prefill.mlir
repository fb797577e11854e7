// Matrices with a row for each position: rows lie where the cache has their
// positions, columns where walks begin and end.
//
// RUN: plmr-opt %s -split-input-file -convert-graph-to-mesh | FileCheck %s

plmr.mesh @mesh 6 x 4 on "lab"
llm.state @keys : tensor<2x64x16xf32>
llm.state @values : tensor<2x64x16xf32>
llm.weight @gain : tensor<16xf32> in "m.gguf" [#llm.source<"gain", 0, "F32">]
llm.weight @wq : tensor<16x32xf32> in "m.gguf" [#llm.source<"q", 64, "F32">]
llm.weight @wk : tensor<16x16xf32> in "m.gguf" [#llm.source<"k", 64, "F32">]
llm.weight @wv : tensor<16x16xf32> in "m.gguf" [#llm.source<"v", 64, "F32">]
llm.weight @wo : tensor<32x16xf32> in "m.gguf" [#llm.source<"o", 64, "F32">]
llm.weight @head : tensor<16x24xf32> in "m.gguf" [#llm.source<"head", 64, "F32">]

// Projections leave heads where attention wants them; the output's weight lies
// as attention leaves its rows.
// CHECK-DAG: plmr.object weight @gain.tiles : !plmr.placed<tensor<16xf32>, [skew x]>
// CHECK-DAG: plmr.object weight @wq.tiles : !plmr.placed<tensor<16x32xf32>, [ring y, x(4:2:2:2 segment 0 inner 2)]>
// CHECK-DAG: plmr.object weight @wk.tiles : !plmr.placed<tensor<16x16xf32>, [ring y, x(4:2:2 segment 0 inner 1)]>
// CHECK-DAG: plmr.object weight @wv.tiles : !plmr.placed<tensor<16x16xf32>, [ring y, x(4:4 segment 0 inner 1)]>
// CHECK-DAG: plmr.object weight @wo.tiles : !plmr.placed<tensor<32x16xf32>, [x(4:2:4 segment 0 inner 2), ring y]>
// CHECK-DAG: plmr.object weight @head.tiles : !plmr.placed<tensor<16x24xf32>, [ring y, x]>
// The angles of rows behind the first one.
// CHECK-DAG: plmr.object weight @rope0.cos.rows : !plmr.placed<tensor<8x8xf32>, [cyclic y, x(4:2 segment 0 inner 1)]> in "" [#llm.rope_table<cosine 1 pairs 2 base 1.000000e+04>]
// CHECK-DAG: plmr.object weight @rope0.sin.rows : !plmr.placed<tensor<8x8xf32>, [cyclic y, x(4:2 segment 0 inner 1)]> in "" [#llm.rope_table<sine 1 pairs 2 base 1.000000e+04>]
// CHECK-DAG: plmr.object state @keys.cache : !plmr.placed<tensor<2x16x64xf32>, [*, x(4:2:2 segment 0 inner 1), cyclic y]> stacked
// CHECK-DAG: plmr.object input @rows : !plmr.placed<tensor<8x16xf32>, [cyclic y, skew x]>
// CHECK-DAG: plmr.object output @logits : !plmr.placed<tensor<24xf32>, [x]>

// CHECK-LABEL: func.func @prefill(
// CHECK-SAME:    %[[FIRST:.*]]: index, %[[BEGIN:.*]]: index, %[[END:.*]]: index, %[[LAST:.*]]: index)
// CHECK-SAME:    attributes {plmr.inputs = [@rows], plmr.outputs = [@logits], plmr.parameters = ["first", "begin", "end", "last"]}
// Angles: of the first position, turned on by those of the row.
// CHECK:       %[[START:.*]]:2 = plmr.local
// CHECK-SAME:    tiles (tensor<8x2xf32>, tensor<8x2xf32>, tensor<8x2xf32>, tensor<8x2xf32>)
// CHECK:       %[[ANGLES:.*]]:2 = plmr.local (%{{.*}} = %[[START]]#0, %{{.*}} = %[[START]]#1,
// CHECK-SAME:    tiles (tensor<2xf32>, tensor<2xf32>, tensor<2x2xf32>, tensor<2x2xf32>)

// One number per row is reduced along x.
// CHECK:       %[[X:.*]] = plmr.load @rows
// CHECK:       plmr.local (%{{.*}} = %[[X]]) : {{.*}} -> !plmr.placed<tensor<8xf32>, [cyclic y], partial<sum x>> tiles (tensor<2x3xf32>)
// CHECK:         iterator_types = ["parallel", "reduction"]
// CHECK:       %[[SUMS:.*]] = plmr.all_reduce %{{.*}} : (!plmr.placed<tensor<8xf32>, [cyclic y], partial<sum x>>)
// CHECK:       %[[N:.*]] = plmr.local (%{{.*}} = %[[X]], %{{.*}} = %{{.*}}, %{{.*}} = %[[SUMS]])
// CHECK:         arith.constant 6.250000e-02 : f32
// CHECK:         math.rsqrt

// What is skewed needs no alignment.
// CHECK:       %[[Q:.*]] = plmr.gemm %[[N]], %{{.*}} : (!plmr.placed<tensor<8x16xf32>, [cyclic y, skew x]>, {{.*}} -> !plmr.placed<tensor<8x32xf32>, [cyclic y, x(4:2:2:2 segment 0 inner 2)]>
// CHECK:       %[[K:.*]] = plmr.gemm %[[N]], %{{.*}} -> !plmr.placed<tensor<8x16xf32>, [cyclic y, x(4:2:2 segment 0 inner 1)]>
// CHECK:       %[[V:.*]] = plmr.gemm %[[N]], %{{.*}} -> !plmr.placed<tensor<8x16xf32>, [cyclic y, x(4:4 segment 0 inner 1)]>
// CHECK:       %[[RQ:.*]] = plmr.local (%{{.*}} = %[[Q]], %{{.*}} = %[[ANGLES]]#0, %{{.*}} = %[[ANGLES]]#1)
// CHECK-SAME:    tiles (tensor<2x8xf32>, tensor<2x2xf32>, tensor<2x2xf32>)
// CHECK:       %[[RK:.*]] = plmr.local (%{{.*}} = %[[K]], %{{.*}} = %[[ANGLES]]#0, %{{.*}} = %[[ANGLES]]#1)
// CHECK-SAME:    tiles (tensor<2x4xf32>, tensor<2x2xf32>, tensor<2x2xf32>)

// CHECK:       plmr.append %[[RK]], @keys.cache[%[[L:.*]]] at %[[FIRST]] rows %[[BEGIN]] to %[[END]]
// CHECK-NEXT:  plmr.append %[[V]], @values.cache[%[[L]]] at %[[FIRST]] rows %[[BEGIN]] to %[[END]]
// CHECK-NEXT:  %[[KEYS:.*]] = plmr.load @keys.cache[%[[L]]]
// CHECK-NEXT:  %[[VALUES:.*]] = plmr.load @values.cache[%[[L]]]
// There are fewer queries than scores to scale.
// CHECK:       %[[SQ:.*]] = plmr.local (%{{.*}} = %[[RQ]]) : (!plmr.placed<tensor<8x32xf32>, [cyclic y, x(4:2:2:2 segment 0 inner 2)]>) -> !plmr.placed<tensor<8x32xf32>, [cyclic y, x(4:2:2:2 segment 0 inner 2)]>
// CHECK:         %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
// CHECK:         arith.mulf %{{.*}}, %[[SCALE]]
// CHECK:       %[[BEFORE:.*]] = arith.divui %[[FIRST]], %[[ROWS:.*]] :

// Heads lie on segments of one and two columns, whose messages have a route
// table of their own.
// CHECK:       plmr.epoch 1
// CHECK:       %[[A:.*]] = scf.for %{{.*}} iter_args(%[[CARRIED:.*]] = %{{.*}}) -> (!plmr.placed<tensor<8x32xf32>, [cyclic y, x(4:2:4 segment 0 inner 2)]>)
// CHECK:         %[[ROW:.*]] = arith.minui
// CHECK-NEXT:    %[[QUERIES:.*]] = plmr.local (%{{.*}} = %[[SQ]])
// CHECK:           tensor.extract_slice %{{.*}}[%[[ROW]], 0] [2, 8] [1, 1] : tensor<2x8xf32> to tensor<2x8xf32>
// Slots up to the last query's, but not beyond the last row of the chunk.
// CHECK:         %[[BEHIND:.*]] = arith.addi %[[ROW]], %
// CHECK:         %[[SEEN:.*]] = arith.minui %[[BEHIND]], %
// CHECK:         %[[SKIPPED:.*]] = arith.muli %[[ROW]], %[[ROWS]]
// CHECK-NEXT:    %[[POSITION:.*]] = arith.addi %[[FIRST]], %[[SKIPPED]]
// CHECK-NEXT:    %[[SLOTS:.*]] = arith.addi %[[BEFORE]], %[[SEEN]]
// CHECK:         %[[S:.*]] = plmr.head_gemm_t %[[QUERIES]], %[[KEYS]] first %[[POSITION]] slots %[[SLOTS]] :
// CHECK-SAME:    -> !plmr.placed<tensor<8x512xf32>, [cyclic y, x(4:2:64 segment 0 inner 2)], pad any>
// Of a tile the keys that the core owns count.
// CHECK:       %[[PM:.*]] = plmr.local (%{{.*}} = %[[S]])
// CHECK-SAME:    partial<max x segments 4>>
// CHECK:         tensor.extract_slice %{{.*}}[0, 0, 0] [2, 2, %[[COUNT:.*]]] [1, 1, 1]
// CHECK:         arith.maximumf
// CHECK:       %[[MAX:.*]] = plmr.all_reduce %[[PM]]
// CHECK:       %[[W:.*]]:2 = plmr.local (%{{.*}} = %[[S]], %{{.*}} = %[[MAX]])
// CHECK:         arith.subf
// CHECK:         math.exp
// CHECK:         arith.addf
// CHECK:       %[[TOTAL:.*]] = plmr.all_reduce %[[W]]#1
// CHECK-NEXT:  %[[SV:.*]] = plmr.head_gemm %[[W]]#0, %[[VALUES]] slots %[[SLOTS]] :
// CHECK-NEXT:  %[[QUOTIENT:.*]] = plmr.local (%{{.*}} = %[[SV]], %{{.*}} = %[[TOTAL]])
// CHECK:         arith.divf
// CHECK:         %[[CARRY:.*]] = plmr.local (%{{.*}} = %[[QUOTIENT]], %{{.*}} = %[[CARRIED]])
// CHECK:           tensor.insert_slice %{{.*}} into %{{.*}}[%[[ROW]], 0] [2, 8] [1, 1]
// CHECK:         scf.yield %[[CARRY]]
// CHECK:       plmr.epoch 0

// What lies on segments is no operand of a staircase: the result moves, and is
// left as the residual is.
// CHECK:       %[[O:.*]] = plmr.gemm_t %[[A]], %{{.*}} untransposed : {{.*}}, !plmr.placed<tensor<32x16xf32>, [x(4:2:4 segment 0 inner 2), ring y]> -> !plmr.placed<tensor<8x16xf32>, [cyclic y, skew x]>
// CHECK-NEXT:  %[[Y:.*]] = plmr.local (%{{.*}} = %[[X]], %{{.*}} = %[[O]])

// A row goes to all rows, in blocks of 3 on 6 columns; then it is turned, each
// core adding what is in both of its blocks. Which block a column has is a matter
// of the row that owned it.
// CHECK:       %[[ROW:.*]] = plmr.coord y
// CHECK:       %[[SLOT:.*]] = arith.divui %[[LAST]], %{{.*}}
// CHECK-NEXT:  %[[OWNER:.*]] = arith.remui %[[LAST]]
// CHECK-NEXT:  %[[OWNS:.*]] = arith.cmpi eq, %[[ROW]], %[[OWNER]]
// CHECK-NEXT:  %[[PX:.*]] = plmr.local (%{{.*}} = %[[Y]]) : {{.*}} -> !plmr.placed<tensor<18xf32>, [x], partial<sum y>>
// CHECK:         tensor.extract_slice %{{.*}}[%[[SLOT]], 0] [1, 3] [1, 1]
// CHECK:         arith.select %[[OWNS]]
// CHECK:       %[[VX:.*]] = plmr.all_reduce %[[PX]]
// CHECK:       %[[C6:.*]] = arith.constant 6 : index
// CHECK:       %[[HOLDER:.*]] = arith.remui %[[LAST]], %[[C4:.*]] : index
// CHECK:       arith.addi %[[HOLDER]],
// CHECK:       %[[PLACEY:.*]] = arith.select
// CHECK:       %[[PLACEX:.*]] = arith.select
// CHECK-NEXT:  %[[SKEWS:.*]] = arith.muli %[[PLACEY]], %[[C6]]
// CHECK-NEXT:  %[[SKEW:.*]] = arith.divui %[[SKEWS]], %[[C4]]
// CHECK-NEXT:  %[[SUM:.*]] = arith.addi %[[PLACEX]], %[[SKEW]]
// CHECK-NEXT:  arith.remui %[[SUM]], %[[C6]]
// CHECK:       %[[PY:.*]] = plmr.local (%{{.*}} = %[[VX]]) : {{.*}} -> !plmr.placed<tensor<16xf32>, [ring y], partial<sum x>>
// CHECK:         %[[COMMON:.*]] = tensor.extract_slice %{{.*}}[%{{.*}}] [%[[LENGTH:.*]]] [1]
// CHECK:         tensor.insert_slice %[[COMMON]] into %{{.*}}[%{{.*}}] [%[[LENGTH]]] [1]
// CHECK:       %[[VY:.*]] = plmr.all_reduce %[[PY]]
// CHECK:       plmr.local (%{{.*}} = %[[VY]], %{{.*}} = %{{.*}}) : {{.*}} -> !plmr.placed<tensor<24xf32>, [x], partial<sum y>>
// CHECK:       plmr.store %{{.*}}, @logits
func.func @prefill(%x: tensor<8x16xf32> {plmr.name = "rows"}, %first: index {plmr.name = "first"},
    %begin: index {plmr.name = "begin"}, %end: index {plmr.name = "end"}, %last: index {plmr.name = "last"})
    -> (tensor<24xf32> {plmr.name = "logits"}) {
  %c1 = arith.constant 1 : index
  %g = llm.param @gain : tensor<16xf32>
  %wq = llm.param @wq : tensor<16x32xf32>
  %wk = llm.param @wk : tensor<16x16xf32>
  %wv = llm.param @wv : tensor<16x16xf32>
  %wo = llm.param @wo : tensor<32x16xf32>
  %head = llm.param @head : tensor<16x24xf32>
  %z32 = arith.constant dense<0.0> : tensor<8x32xf32>
  %z16 = arith.constant dense<0.0> : tensor<8x16xf32>
  %z24 = arith.constant dense<0.0> : tensor<24xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<8x16xf32>
  %q = linalg.matmul ins(%n, %wq : tensor<8x16xf32>, tensor<16x32xf32>) outs(%z32 : tensor<8x32xf32>) -> tensor<8x32xf32>
  %k = linalg.matmul ins(%n, %wk : tensor<8x16xf32>, tensor<16x16xf32>) outs(%z16 : tensor<8x16xf32>) -> tensor<8x16xf32>
  %v = linalg.matmul ins(%n, %wv : tensor<8x16xf32>, tensor<16x16xf32>) outs(%z16 : tensor<8x16xf32>) -> tensor<8x16xf32>
  %rq = llm.rope %q at %first heads 8 base 1.0e4 adjacent : tensor<8x32xf32>
  %rk = llm.rope %k at %first heads 4 base 1.0e4 adjacent : tensor<8x16xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c1] at %first rows %begin to %end
         heads 8 kv_heads 4 scale 0.5 : tensor<8x32xf32>, tensor<8x16xf32>
  %o = linalg.matmul ins(%a, %wo : tensor<8x32xf32>, tensor<32x16xf32>) outs(%z16 : tensor<8x16xf32>) -> tensor<8x16xf32>
  %y = arith.addf %x, %o : tensor<8x16xf32>
  %row = tensor.extract_slice %y[%last, 0] [1, 16] [1, 1] : tensor<8x16xf32> to tensor<16xf32>
  %l = linalg.vecmat ins(%row, %head : tensor<16xf32>, tensor<16x24xf32>) outs(%z24 : tensor<24xf32>) -> tensor<24xf32>
  return %l : tensor<24xf32>
}

// -----

plmr.mesh @mesh 2 x 2 on "lab"
llm.state @keys : tensor<1x8x16xf32>
llm.state @values : tensor<1x8x16xf32>

// A column has whole heads: nothing of them moves along x, and there is no
// other table.
// CHECK-LABEL: func.func @whole_heads(
// CHECK-NOT:     plmr.epoch
// CHECK:         plmr.append
// CHECK-NOT:     plmr.epoch
// CHECK:         plmr.head_gemm_t
// CHECK-NOT:     plmr.all_reduce
// CHECK:         plmr.head_gemm %
// CHECK-NOT:     plmr.epoch
// CHECK:         return
func.func @whole_heads(%q: tensor<4x16xf32>, %k: tensor<4x16xf32>, %v: tensor<4x16xf32>,
                       %first: index, %begin: index, %end: index) -> tensor<4x16xf32> {
  %c0 = arith.constant 0 : index
  %rq = llm.rope %q at %first heads 4 base 1.0e4 half : tensor<4x16xf32>
  %rk = llm.rope %k at %first heads 4 base 1.0e4 half : tensor<4x16xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c0] at %first rows %begin to %end
         heads 4 kv_heads 4 scale 0.5 : tensor<4x16xf32>, tensor<4x16xf32>
  return %a : tensor<4x16xf32>
}

// -----

plmr.mesh @mesh 6 x 4 on "lab"
llm.state @keys : tensor<1x64x16xf32>
llm.state @values : tensor<1x64x16xf32>
llm.weight @gain : tensor<16xf32> in "m.gguf" [#llm.source<"gain", 0, "F32">]
llm.weight @wq : tensor<16x16xf32> in "m.gguf" [#llm.source<"q", 64, "F32">]
llm.weight @wo : tensor<16x16xf32> in "m.gguf" [#llm.source<"o", 64, "F32">]

// A decoder and a prefill share weights, tables and caches: each is one object,
// which lies as both want it. But a gain lies as a vector along y there, as a
// skewed row along x here.
// CHECK-DAG:   plmr.object weight @gain.tiles : !plmr.placed<tensor<16xf32>, [ring y]>
// CHECK-DAG:   plmr.object weight @wq.tiles : !plmr.placed<tensor<16x16xf32>, [ring y, x(4:1:2:2 segment 0 inner 2)]>
// CHECK-DAG:   plmr.object weight @wo.tiles : !plmr.placed<tensor<16x16xf32>, [x(4:1:4 segment 0 inner 2), ring y]>
// CHECK-DAG:   plmr.object state @keys.cache :
// CHECK-DAG:   plmr.object weight @rope0.cos.coarse :
// CHECK-DAG:   plmr.object input @token : !plmr.placed<tensor<16xf32>, [ring y]>
// CHECK-DAG:   plmr.object input @rows : !plmr.placed<tensor<8x16xf32>, [cyclic y, skew x]>
// CHECK-LABEL: func.func @decode(
// CHECK-SAME:    attributes {plmr.inputs = [@token, @k, @v], plmr.outputs = [@next], plmr.parameters = ["position"]}
// CHECK-DAG:     plmr.load @wq.tiles
// CHECK-DAG:     plmr.load @wo.tiles
// CHECK-DAG:     plmr.load @rope0.cos.coarse
// CHECK-DAG:     plmr.append %{{.*}}, @keys.cache
// CHECK:         return
// CHECK-NOT:   plmr.object {{.*}} @{{.*(w[qo].tiles|cache|coarse|fine)}}
// CHECK:       plmr.object weight @gain.tiles1 : !plmr.placed<tensor<16xf32>, [skew x]>
// CHECK-NOT:   plmr.object {{.*}} @{{.*(w[qo].tiles|cache|coarse|fine)}}
// CHECK-LABEL: func.func @prefill(
// CHECK-SAME:    attributes {plmr.inputs = [@rows, @ks, @vs], plmr.outputs = [@results], plmr.parameters = ["first", "begin", "end"]}
// CHECK-DAG:     plmr.load @wq.tiles
// CHECK-DAG:     plmr.load @wo.tiles
// CHECK-DAG:     plmr.load @rope0.cos.coarse
// CHECK-DAG:     plmr.append %{{.*}}, @keys.cache
func.func @decode(%x: tensor<16xf32> {plmr.name = "token"}, %k: tensor<16xf32> {plmr.name = "k"},
                  %v: tensor<16xf32> {plmr.name = "v"}, %pos: index {plmr.name = "position"})
    -> (tensor<16xf32> {plmr.name = "next"}) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<16xf32>
  %wq = llm.param @wq : tensor<16x16xf32>
  %wo = llm.param @wo : tensor<16x16xf32>
  %g = llm.param @gain : tensor<16xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<16xf32>
  %q = linalg.vecmat ins(%n, %wq : tensor<16xf32>, tensor<16x16xf32>) outs(%zero : tensor<16xf32>) -> tensor<16xf32>
  %rq = llm.rope %q at %pos heads 4 base 1.0e4 adjacent : tensor<16xf32>
  %rk = llm.rope %k at %pos heads 4 base 1.0e4 adjacent : tensor<16xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c0] at %pos
         heads 4 kv_heads 4 scale 0.5 : tensor<16xf32>, tensor<16xf32>
  %o = linalg.vecmat ins(%a, %wo : tensor<16xf32>, tensor<16x16xf32>) outs(%zero : tensor<16xf32>) -> tensor<16xf32>
  return %o : tensor<16xf32>
}
func.func @prefill(%x: tensor<8x16xf32> {plmr.name = "rows"}, %k: tensor<8x16xf32> {plmr.name = "ks"},
                   %v: tensor<8x16xf32> {plmr.name = "vs"}, %first: index {plmr.name = "first"},
                   %begin: index {plmr.name = "begin"}, %end: index {plmr.name = "end"})
    -> (tensor<8x16xf32> {plmr.name = "results"}) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %wq = llm.param @wq : tensor<16x16xf32>
  %wo = llm.param @wo : tensor<16x16xf32>
  %g = llm.param @gain : tensor<16xf32>
  %n = llm.rms_norm %x, %g eps 1.0e-5 : tensor<8x16xf32>
  %q = linalg.matmul ins(%n, %wq : tensor<8x16xf32>, tensor<16x16xf32>) outs(%zero : tensor<8x16xf32>) -> tensor<8x16xf32>
  %rq = llm.rope %q at %first heads 4 base 1.0e4 adjacent : tensor<8x16xf32>
  %rk = llm.rope %k at %first heads 4 base 1.0e4 adjacent : tensor<8x16xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c0] at %first rows %begin to %end
         heads 4 kv_heads 4 scale 0.5 : tensor<8x16xf32>, tensor<8x16xf32>
  %o = linalg.matmul ins(%a, %wo : tensor<8x16xf32>, tensor<16x16xf32>) outs(%zero : tensor<8x16xf32>) -> tensor<8x16xf32>
  return %o : tensor<8x16xf32>
}

// -----

plmr.mesh @mesh 3 x 2 on "tiny"

// A product in ring order is an operand of one with a transposed B, too.
// CHECK-LABEL: func.func @transposed_chain(
// CHECK:         %[[P:.*]] = plmr.gemm %{{.*}} -> !plmr.placed<tensor<4x8xf32>, [y, ring x]>
// CHECK:         plmr.gemm_t %[[P]], %{{.*}} : !plmr.placed<tensor<4x8xf32>, [y, ring x]>, !plmr.placed<tensor<5x8xf32>, [skew y, ring x]> -> !plmr.placed<tensor<4x5xf32>, [y, ring x]>
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @transposed_chain(%a: tensor<4x6xf32>, %b: tensor<6x8xf32>, %c: tensor<5x8xf32>)
    -> tensor<4x5xf32> {
  %zero8 = arith.constant dense<0.0> : tensor<4x8xf32>
  %zero5 = arith.constant dense<0.0> : tensor<4x5xf32>
  %p = linalg.matmul ins(%a, %b : tensor<4x6xf32>, tensor<6x8xf32>)
                     outs(%zero8 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %r = linalg.matmul indexing_maps = [#a, #b, #c]
      ins(%p, %c : tensor<4x8xf32>, tensor<5x8xf32>)
      outs(%zero5 : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %r : tensor<4x5xf32>
}

// -----

plmr.mesh @mesh 3 x 2 on "lab"
llm.state @keys : tensor<1x8x8xf32>
llm.state @values : tensor<1x8x8xf32>
llm.weight @wo : tensor<5x8xf32> in "m.gguf" [#llm.source<"o", 64, "F32">]

// Of positions a product with a transposed B is skewed, too; a weight stays in
// ring order, the same for all functions.
// CHECK:       plmr.object weight @wo.tiles : !plmr.placed<tensor<5x8xf32>, [ring y, x(2:1:4 segment 0 inner 2)]>
// CHECK:       plmr.object output @result0 : !plmr.placed<tensor<4x5xf32>, [cyclic y, skew x]>
// CHECK-LABEL: func.func @transposed_positions(
// CHECK:         plmr.gemm_t %{{[0-9]+}}, %{{[0-9]+}} : {{.*}} -> !plmr.placed<tensor<4x5xf32>, [cyclic y, skew x]>
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @transposed_positions(%q: tensor<4x8xf32>, %k: tensor<4x8xf32>, %v: tensor<4x8xf32>,
                                %first: index, %begin: index, %end: index) -> tensor<4x5xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<4x5xf32>
  %wo = llm.param @wo : tensor<5x8xf32>
  %rq = llm.rope %q at %first heads 2 base 1.0e4 half : tensor<4x8xf32>
  %rk = llm.rope %k at %first heads 2 base 1.0e4 half : tensor<4x8xf32>
  %a = llm.attention %rq, %rk, %v, @keys, @values[%c0] at %first rows %begin to %end
         heads 2 kv_heads 2 scale 0.5 : tensor<4x8xf32>, tensor<4x8xf32>
  %o = linalg.matmul indexing_maps = [#a, #b, #c]
      ins(%a, %wo : tensor<4x8xf32>, tensor<5x8xf32>)
      outs(%zero : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %o : tensor<4x5xf32>
}
