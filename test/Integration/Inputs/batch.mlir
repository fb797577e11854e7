// y = max(rms_norm(a b) w + 0.5, 0), of one item.
#a = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (k, n)>
#c = affine_map<(b, m, n, k) -> (b, m, n)>
#id = affine_map<(b, m, n) -> (b, m, n)>
func.func @main(%a: tensor<1x5x8xf32>, %b: tensor<1x8x6xf32>,
                %gain: tensor<6xf32>, %w: tensor<6x7xf32>) -> tensor<1x5x7xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x5x6xf32>
  %half = arith.constant dense<0.5> : tensor<1x5x7xf32>
  %p = linalg.batch_matmul ins(%a, %b : tensor<1x5x8xf32>, tensor<1x8x6xf32>)
                           outs(%zero : tensor<1x5x6xf32>) -> tensor<1x5x6xf32>
  %n = llm.rms_norm %p, %gain eps 1.0e-5 : tensor<1x5x6xf32>
  %q = linalg.batch_matmul indexing_maps = [#a, #w, #c]
                           ins(%n, %w : tensor<1x5x6xf32>, tensor<6x7xf32>)
                           outs(%half : tensor<1x5x7xf32>) -> tensor<1x5x7xf32>
  %e = tensor.empty() : tensor<1x5x7xf32>
  %y = linalg.generic {indexing_maps = [#id, #id],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q : tensor<1x5x7xf32>) outs(%e : tensor<1x5x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    %f0 = arith.constant 0.0 : f32
    %m = arith.maximumf %in, %f0 : f32
    linalg.yield %m : f32
  } -> tensor<1x5x7xf32>
  return %y : tensor<1x5x7xf32>
}
