//===- Passes.td - Passes on the graph level -*- tablegen -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_DIALECT_LLM_TRANSFORMS_PASSES_TD
#define PLMR_DIALECT_LLM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandMath : Pass<"llm-expand-math", "::mlir::func::FuncOp"> {
  let summary = "Expand elementwise operations to those that cores have";
  let description = [{
    Cores add, subtract, multiply, divide, take maxima, exponentials and
    reciprocal roots. Other elementwise operations on tensors of `arith` and
    `math` become these, without comparisons, which cores do not have. What is
    not exact is computed in f32, also for tensors of f16 and bf16.

    | operations | expansion | largest error in f32 |
    |---|---|---|
    | `arith.minimumf` | -max(-x, -y) | none |
    | `math.absf`, `math.clampf` | maxima and minima | none |
    | `arith.cmpf` with a constant whose `arith.select`s take the larger or the smaller of the two, and NaN of NaN, as ReLU does | a maximum or a minimum | none |
    | `math.sqrt` | 1 / rsqrt(x) | 2^-23 relative |
    | `math.powf`, `math.fpowi` with a constant exponent n / 2, -32 <= n <= 32 | products of x and of sqrt(x), for n < 0 of their reciprocal | (\|n\| / 2 + 3) 2^-24 relative |
    | `math.tanh` | 1 - 2 / (exp(2x) + 1) | 2.5e-7 absolute |
    | `math.sinh`, `math.cosh` | (exp(x) -+ 1 / exp(x)) / 2 | 2e-7 absolute up to \|x\| = 1, 3e-7 relative above; infinite from \|x\| = 88.72 on |
    | `math.exp2` | exp(x ln 2) | 2e-7 + 1.2e-7 \|x\| relative |
    | `math.expm1` | exp(x) - 1 | 2e-7 max(1, exp(x)) absolute |
    | `math.erf`, `math.erfc` | Abramowitz and Stegun, 7.1.26 | 7e-7 absolute |
    | `math.fma` | a product and a sum | rounds twice |

    Relative errors are those of results that are normal numbers. NaN and
    infinities give what IEEE 754 says, but that a power of a half is one
    of the root, which is NaN of -inf and keeps the sign of 0. 0 gives what
    padding wants: sqrt, tanh, sinh, expm1 and erf of 0 are 0.

    An elementwise operation of `linalg` whose body is more than one instruction
    (an operation, or a product and a sum) becomes operations on whole tensors,
    one each. Anything else that cores lack is an error here: `math.log`, powers
    that are not constant, `arith.maxnumf` and `minnumf`, which drop NaN where
    the maximum of cores keeps it.

    Before:
    ```mlir
    %y = math.sqrt %x : tensor<8xf32>
    ```
    After:
    ```mlir
    %one = arith.constant dense<1.0> : tensor<8xf32>
    %r = math.rsqrt %x : tensor<8xf32>
    %y = arith.divf %one, %r : tensor<8xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"
  ];
}

#endif // PLMR_DIALECT_LLM_TRANSFORMS_PASSES_TD
