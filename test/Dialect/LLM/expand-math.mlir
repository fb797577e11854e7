// Elementwise operations that cores lack become those that they have.
//
// RUN: plmr-opt %s -split-input-file -llm-expand-math -verify-diagnostics | FileCheck %s

// What cores have stays as it is.
// CHECK-LABEL: func.func @cores
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32>, %[[Y:[a-z0-9]+]]: tensor<4xf32>
// CHECK-NEXT: %[[E:.*]] = math.exp %[[X]]
// CHECK-NEXT: %[[M:.*]] = arith.maximumf %[[E]], %[[Y]]
// CHECK-NEXT: %[[O:.*]] = tensor.empty
// CHECK-NEXT: %[[S:.*]] = linalg.add ins(%[[M]], %[[Y]]
// CHECK-NEXT: return %[[S]]
func.func @cores(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %e = math.exp %x : tensor<4xf32>
  %m = arith.maximumf %e, %y : tensor<4xf32>
  %o = tensor.empty() : tensor<4xf32>
  %s = linalg.add ins(%m, %y : tensor<4xf32>, tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @exact
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf16>, %[[Y:[a-z0-9]+]]: tensor<4xf16>
// CHECK-NEXT: %[[NX:.*]] = arith.negf %[[X]] : tensor<4xf16>
// CHECK-NEXT: %[[A:.*]] = arith.maximumf %[[X]], %[[NX]] : tensor<4xf16>
// CHECK-NEXT: %[[NA:.*]] = arith.negf %[[A]] : tensor<4xf16>
// CHECK-NEXT: %[[NY:.*]] = arith.negf %[[Y]] : tensor<4xf16>
// CHECK-NEXT: %[[M:.*]] = arith.maximumf %[[NA]], %[[NY]] : tensor<4xf16>
// CHECK-NEXT: %[[R:.*]] = arith.negf %[[M]] : tensor<4xf16>
// CHECK-NEXT: return %[[R]]
func.func @exact(%x: tensor<4xf16>, %y: tensor<4xf16>) -> tensor<4xf16> {
  %a = math.absf %x : tensor<4xf16>
  %m = arith.minimumf %a, %y : tensor<4xf16>
  return %m : tensor<4xf16>
}

// -----

// What is not exact is computed in f32.
// CHECK-LABEL: func.func @sqrt
// CHECK-NEXT: %[[W:.*]] = arith.extf %{{.*}} : tensor<4xbf16> to tensor<4xf32>
// CHECK-NEXT: %[[R:.*]] = math.rsqrt %[[W]] : tensor<4xf32>
// CHECK-NEXT: %[[ONE:.*]] = arith.constant dense<1.0{{.*}}> : tensor<4xf32>
// CHECK-NEXT: %[[D:.*]] = arith.divf %[[ONE]], %[[R]]
// CHECK-NEXT: %[[N:.*]] = arith.truncf %[[D]] : tensor<4xf32> to tensor<4xbf16>
// CHECK-NEXT: return %[[N]]
func.func @sqrt(%x: tensor<4xbf16>) -> tensor<4xbf16> {
  %r = math.sqrt %x : tensor<4xbf16>
  return %r : tensor<4xbf16>
}

// -----

// CHECK-LABEL: func.func @tanh
// CHECK: %[[D:.*]] = arith.addf %[[X:.*]], %[[X]]
// CHECK: %[[E:.*]] = math.exp %[[D]]
// CHECK: %[[S:.*]] = arith.addf %[[E]]
// CHECK: %[[Q:.*]] = arith.divf %{{.*}}, %[[S]]
// CHECK: %[[R:.*]] = arith.subf %{{.*}}, %[[Q]]
// CHECK: return %[[R]]
func.func @tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = math.tanh %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Powers of a constant are products; 5 = 4 + 1, -1/2 is an instruction.
// CHECK-LABEL: func.func @powers
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[X2:.*]] = arith.mulf %[[X]], %[[X]]
// CHECK: %[[X4:.*]] = arith.mulf %[[X2]], %[[X2]]
// CHECK: %[[X5:.*]] = arith.mulf %[[X]], %[[X4]]
// CHECK: %[[R:.*]] = math.rsqrt %[[X]]
// CHECK: %[[S:.*]] = arith.divf %{{.*}}, %{{.*}}
// CHECK: %[[X15:.*]] = arith.mulf %[[S]], %[[X]]
// CHECK: %[[I:.*]] = arith.divf %{{.*}}, %[[X15]]
// CHECK: return %[[X5]], %[[R]], %[[I]]
func.func @powers(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %five = arith.constant dense<5> : tensor<4xi32>
  %half = arith.constant dense<-0.5> : tensor<4xf32>
  %mixed = arith.constant dense<-1.5> : tensor<4xf32>
  %a = math.fpowi %x, %five : tensor<4xf32>, tensor<4xi32>
  %b = math.powf %x, %half : tensor<4xf32>
  %c = math.powf %x, %mixed : tensor<4xf32>
  return %a, %b, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// The exact GELU as one body: an operation on tensors for each of its own.
// CHECK-LABEL: func.func @gelu
// CHECK-NOT: linalg
// CHECK-NOT: math.erf
// CHECK: math.exp
// CHECK: return %{{.*}} : tensor<3x4xf32>
func.func @gelu(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %scale = arith.constant 0.70710678118654752 : f32
  %o = tensor.empty() : tensor<3x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3x4xf32>) outs(%o : tensor<3x4xf32>) {
  ^bb0(%v: f32, %old: f32):
    %one = arith.constant 1.0 : f32
    %half = arith.constant 0.5 : f32
    %s = arith.mulf %v, %scale : f32
    %e = math.erf %s : f32
    %p = arith.addf %e, %one : f32
    %h = arith.mulf %v, %half : f32
    %g = arith.mulf %h, %p : f32
    linalg.yield %g : f32
  } -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}

// -----

// A product and a sum are one instruction; linalg's own operations are bodies, too.
// CHECK-LABEL: func.func @bodies
// CHECK: linalg.generic
// CHECK:   arith.mulf
// CHECK:   arith.addf
// CHECK:   linalg.yield
// CHECK-NOT: linalg
// CHECK: math.rsqrt
// CHECK: arith.divf
func.func @bodies(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%v: f32, %old: f32):
    %p = arith.mulf %v, %v : f32
    %s = arith.addf %p, %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %q = linalg.sqrt ins(%r : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
  return %q : tensor<4xf32>
}

// -----

// ReLU as front ends write it: a maximum is one instruction. Of NaN the ordered
// comparison is false.
// CHECK-LABEL: func.func @relu
// CHECK: linalg.generic
// CHECK:   %[[M:.*]] = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK:   linalg.yield %[[M]]
// CHECK: %[[MAX:.*]] = arith.maximumf %[[X:.*]], %[[C:.*]] : tensor<4xf32>
// CHECK: %[[NX:.*]] = arith.negf %[[MAX]]
// CHECK: %[[NC:.*]] = arith.negf %[[C]]
// CHECK: %[[N:.*]] = arith.maximumf %[[NX]], %[[NC]]
// CHECK: %[[MIN:.*]] = arith.negf %[[N]]
// CHECK: return %[[MIN]]
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = tensor.empty() : tensor<4xf32>
  %six = arith.constant dense<6.0> : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%v: f32, %old: f32):
    %zero = arith.constant 0.0 : f32
    %c = arith.cmpf ugt, %v, %zero : f32
    %s = arith.select %c, %v, %zero : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %less = arith.cmpf olt, %r, %six : tensor<4xf32>
  %max = arith.select %less, %six, %r : tensor<4xi1>, tensor<4xf32>
  %above = arith.cmpf ogt, %max, %six : tensor<4xf32>
  %min = arith.select %above, %six, %max : tensor<4xi1>, tensor<4xf32>
  return %min : tensor<4xf32>
}

// -----

// Upstream's expansions.
// CHECK-LABEL: func.func @upstream
// CHECK-NOT: math.{{sinh|cosh|exp2|fma}}
// CHECK: return
func.func @upstream(%x: tensor<4xf32>, %h: tensor<4xf16>) -> (tensor<4xf32>, tensor<4xf16>) {
  %a = math.sinh %x : tensor<4xf32>
  %b = math.cosh %a : tensor<4xf32>
  %c = math.fma %a, %b, %x : tensor<4xf32>
  %d = math.exp2 %h : tensor<4xf16>
  return %c, %d : tensor<4xf32>, tensor<4xf16>
}

// -----

func.func @log(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'math.log' op expected an elementwise operation that cores have (addf, subf, mulf, divf, negf, maximumf, exp, rsqrt, select, extf, truncf) or one that is made of these (minimumf, absf, clampf, sqrt, powf, fpowi, tanh, sinh, cosh, exp2, expm1, erf, erfc, fma)}}
  %r = math.log %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// The maximum of cores is NaN if an operand is.

func.func @maxnum(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'arith.maxnumf' op expected an elementwise operation that cores have (addf, subf, mulf, divf, negf, maximumf, }}
  %r = arith.maxnumf %x, %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @minnum(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'arith.minnumf' op expected an elementwise operation that cores have}}
  %r = arith.minnumf %x, %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @variable(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'math.powf' op expected a constant exponent, the same for all elements, that is a multiple of 0.5 from -16 to 16}}
  %r = math.powf %x, %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @third(%x: tensor<4xf32>) -> tensor<4xf32> {
  %third = arith.constant dense<0.333> : tensor<4xf32>
  // expected-error @below {{'math.powf' op expected a constant exponent}}
  %r = math.powf %x, %third : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @many(%x: tensor<2xf32>) -> tensor<2xf32> {
  %powers = arith.constant dense<[1, 2]> : tensor<2xi32>
  // expected-error @below {{'math.fpowi' op expected a constant exponent}}
  %r = math.fpowi %x, %powers : tensor<2xf32>, tensor<2xi32>
  return %r : tensor<2xf32>
}

// -----

func.func @body(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%v: f32, %old: f32):
    // expected-error @below {{'math.sin' op expected an elementwise operation that cores have}}
    %s = math.sin %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Of NaN this is 0, a maximum is NaN.
func.func @nan(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-error @below {{'arith.cmpf' op expected a comparison with a constant that selects the larger or the smaller of the two, and NaN of NaN; cores do not compare floats}}
  %c = arith.cmpf ogt, %x, %zero : tensor<4xf32>
  %r = arith.select %c, %x, %zero : tensor<4xi1>, tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @leaky(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-error @below {{'arith.cmpf' op expected a comparison with a constant}}
  %c = arith.cmpf ugt, %x, %zero : tensor<4xf32>
  %r = arith.select %c, %x, %y : tensor<4xi1>, tensor<4xf32>
  return %r : tensor<4xf32>
}
