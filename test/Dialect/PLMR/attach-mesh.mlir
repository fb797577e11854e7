// RUN: plmr-opt %s -plmr-attach-mesh="device=tiny mesh=4x3" | FileCheck %s --check-prefix=ADDED
// RUN: plmr-opt %s -plmr-attach-mesh="device=tiny mesh=16x16" | FileCheck %s --check-prefix=WHOLE
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tiny" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tiny mesh=4x" 2>&1 | FileCheck %s --check-prefix=HALF
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tiny mesh=0x3" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tiny mesh=17x16" 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tpu mesh=4x3" 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// ADDED-LABEL: module
// ADDED-NEXT:    plmr.mesh @mesh 4 x 3 on "tiny"
// ADDED-NEXT:    func.func @main

// WHOLE: plmr.mesh @mesh 16 x 16 on "tiny"

// NONE: error: expected a mesh as columns x rows, for example 4x3, but got ''{{$}}
// HALF: error: expected a mesh as columns x rows, for example 4x3, but got '4x'{{$}}
// EMPTY: error: expected a mesh as columns x rows, for example 4x3, but got '0x3'{{$}}
// LARGE: error: expected a mesh within the 16 x 16 cores of tiny but got 17 x 16{{$}}
// UNKNOWN: error: unknown device 'tpu', expected one of wse2, wse3, lab, tiny, ideal or a .json file{{$}}
// RUN: plmr-opt %s -plmr-attach-mesh="device=tiny prefill-mesh=2x5 decode-mesh=4x3" | FileCheck %s --check-prefix=TWO
// RUN: plmr-opt %s -plmr-attach-mesh="device=tiny mesh=4x3 prefill-mesh=4x3" | FileCheck %s --check-prefix=ADDED
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tiny prefill-mesh=4x3" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not plmr-opt %s -plmr-attach-mesh="device=tiny prefill-mesh=4x3 decode-mesh=1x20" 2>&1 | FileCheck %s --check-prefix=TALL

// TWO:      plmr.mesh @mesh 4 x 5 on "tiny"
// TWO-NEXT: plmr.mesh @prefill.mesh 2 x 5 on "tiny"
// TWO-NEXT: plmr.mesh @decode.mesh 4 x 3 on "tiny"
// TWO:      func.func @main() attributes {plmr.mesh = @decode.mesh}
// TWO:      func.func @prefill() attributes {plmr.mesh = @prefill.mesh}
// TALL: error: expected a mesh within the 16 x 16 cores of tiny but got 4 x 20{{$}}

func.func @main() {
  return
}
func.func @prefill() {
  return
}
