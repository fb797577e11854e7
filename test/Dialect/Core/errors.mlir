// RUN: plmr-opt %s -split-input-file -verify-diagnostics

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

// expected-error @below {{'core.program' op expected positive extents but got 4 x -1}}
core.program @main 4 x -1 on "tiny" {
}

// -----

// expected-error @below {{'core.program' op expected at most 16 x 16 cores on 'tiny' but got 4 x 20}}
core.program @main 4 x 20 on "tiny" {
}

// -----

// expected-error @below {{'core.program' op unknown device 'tpu', expected one of wse2, wse3, lab, tiny, ideal or a .json file}}
core.program @main 4 x 4 on "tpu" {
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'builtin.module' op expected a part of a program}}
  builtin.module {}
}

// -----

// expected-error @below {{'core.program' op expected a class for each of 2 cores but got 1}}
core.program @main 1 x 2 on "tiny" attributes {class_of = array<i32: 0>} {
  core.code "all" {
    core.halt
  }
}

// -----

// expected-error @below {{'core.program' op expected core classes below 1 but got 1}}
core.program @main 1 x 2 on "tiny" attributes {class_of = array<i32: 0, 1>} {
  core.code "all" {
    core.halt
  }
}

// -----

//===----------------------------------------------------------------------===//
// Parts of a program
//===----------------------------------------------------------------------===//

// expected-error @below {{'core.object' op expects parent op 'core.program'}}
core.object "x" input at 0 size 16

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.object' op attribute 'address' failed to satisfy constraint: a number of bytes below 2^32}}
  core.object "x" input at -4 size 16
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.object' op attribute 'bytes' failed to satisfy constraint: a number of bytes below 2^32}}
  core.object "x" input at 0 size 4294967296
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.tensor' op attribute 'object' failed to satisfy constraint: a number that is not negative}}
  core.tensor "x" in -1 : !plmr.placed<tensor<8xf32>, [y]>
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.tensor' op expected an object below 0 but got 0}}
  core.tensor "x" in 0 : !plmr.placed<tensor<8xf32>, [y]>
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.object "x" input at 0 size 32
  // expected-error @below {{'core.tensor' op expected a tensor that is not partial but got '!plmr.placed<tensor<8xf32>, [y], partial<sum x>>'}}
  core.tensor "x" in 0 : !plmr.placed<tensor<8xf32>, [y], partial<sum x>>
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.object "x" input at 0 size 32
  // expected-error @below {{'core.tensor' op expected a source [name, file, offset, bytes, type] or [name, "sine" or "cosine", stride, pairs, base] but got ["w", 0, 4]}}
  core.tensor "x" in 0 : !plmr.placed<tensor<8xf32>, [y]> from [["w", 0, 4]]
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.object "x" input at 0 size 32
  // expected-error @below {{'core.tensor' op expected a source [name, file, offset, bytes, type] or [name, "sine" or "cosine", stride, pairs, base] but got ["w", "tangent", 1, 1, 1.000000e+00]}}
  core.tensor "x" in 0 : !plmr.placed<tensor<8xf32>, [y]> from [["w", "tangent", 1, 1, 1.0]]
}

// -----

core.program @main 2 x 3 on "tiny" {
  // expected-error @below {{'core.constant' op expected 3 value(s) but got 2}}
  core.constant "row" by_row [0, 1]
}

// -----

core.program @main 2 x 3 on "tiny" {
  // expected-error @below {{'core.constant' op expected 6 value(s) but got 2}}
  core.constant "id" by_core [0, 1]
}

// -----

core.program @main 1 x 2 on "tiny" {
  // expected-error @below {{'core.routes' op expected a class for each of 2 routers but got 1}}
  core.routes [["0 R->E"]] of [0]
}

// -----

core.program @main 1 x 2 on "tiny" {
  // expected-error @below {{'core.routes' op expected classes below 1 but got 1}}
  core.routes [["0 R->E"]] of [0, 1]
}

// -----

core.program @main 1 x 2 on "tiny" {
  // expected-error @below {{'core.routes' op expected a list of routes but got "0 R->E"}}
  core.routes ["0 R->E"] of [0, 0]
}

// -----

core.program @main 1 x 2 on "tiny" {
  // expected-error @below {{'core.routes' op expected a route such as "4 W->ER" but got "256 R->E"}}
  core.routes [["256 R->E"]] of [0, 0]
}

// -----

core.program @main 1 x 2 on "tiny" {
  // expected-error @below {{'core.routes' op expected a route such as "4 W->ER" but got "1 R->EE"}}
  core.routes [["1 R->EE"]] of [0, 0]
}

// -----

core.program @main 1 x 2 on "tiny" {
  // expected-error @below {{'core.routes' op expected a route such as "4 W->ER" but got "1 X->E"}}
  core.routes [["1 X->E"]] of [0, 0]
}

// -----

core.program @main 1 x 2 on "tiny" {
  // expected-error @below {{'core.routes' op expected a route such as "4 W->ER" but got 7}}
  core.routes [[7]] of [0, 0]
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.launch' op expected an entry for each of 0 core classes but got 1}}
  core.launch "main" [] entry [0] routes 0 inputs [] outputs []
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.launch' op expected an entry below 1 but got 1}}
  core.launch "main" [] entry [1] routes 0 inputs [] outputs []
  // expected-note @below {{the code is here}}
  core.code "all" {
    core.halt
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.launch' op expected a route table below 1 but got 1}}
  core.launch "main" [] entry [] routes 1 inputs [] outputs []
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.launch' op expected tensors below 0 but got 2}}
  core.launch "main" [] entry [] routes 0 inputs [2] outputs []
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.launch' op expected tensors below 0 but got -1}}
  core.launch "main" [] entry [] routes 0 inputs [] outputs [-1]
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.channel' op attribute 'hops' failed to satisfy constraint: a number that is not negative}}
  core.channel "c" "up x" colours [0] hops -1
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-error @below {{'core.operation' op attribute 'bytes' failed to satisfy constraint: a number that is not negative}}
  core.operation "gemv" "ktree" bytes -1 hops 0 colours []
}

// -----

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'builtin.module' op expected an instruction of the core dialect}}
    builtin.module {}
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    core.loop k1 {
      // expected-error @below {{'builtin.module' op expected an instruction of the core dialect}}
      builtin.module {}
    }
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.loop' op expected at least one instruction in the body}}
    core.loop k1 {
    }
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    core.loop k1 { core.loop k1 { core.loop k1 { core.loop k1 {
    core.loop k1 { core.loop k1 { core.loop k1 { core.loop k1 {
      // expected-error @below {{'core.loop' op expected loops to nest at most 8 deep}}
      core.loop k1 {
        core.halt
      }
    } } } }
    } } } }
  }
}

// -----

// expected-error @below {{'core.halt' op expects parent op to be one of 'core.code, core.loop'}}
core.halt

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{expected a number below 64 but got 64}}
    core.scalar add r64, r1, 1
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{expected a number below 191 but got 191}}
    core.scalar add r1, k191, 1
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{expected one of 'rk' and a number but got 'd1'}}
    core.scalar add r1, d1, 1
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{expected a number below 64 but got 64}}
    core.vector mov d1, d64
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.scalar' op attribute 'dst' failed to satisfy constraint: a register, 0 to 63}}
    "core.scalar"() {kind = #core<scalar_kind add>, dst = 64 : i64, a = 1 : i64, imm = 1 : i64} : () -> ()
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.scalar' op attribute 'a' failed to satisfy constraint: a register or constant, 0 to 254}}
    "core.scalar"() {kind = #core<scalar_kind add>, dst = 1 : i64, a = 255 : i64, imm = 1 : i64} : () -> ()
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.scalar' op attribute 'imm' failed to satisfy constraint: an immediate of 32 bits}}
    core.scalar add r1, r1, 2147483648
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.scalar' op expected either an operand or an immediate}}
    "core.scalar"() {kind = #core<scalar_kind add>, dst = 1 : i64, a = 1 : i64, b = 2 : i64, imm = 1 : i64} : () -> ()
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.scalar' op attribute 'predicate' failed to satisfy constraint: a register or constant, 0 to 254}}
    "core.scalar"() {kind = #core<scalar_kind add>, dst = 1 : i64, a = 1 : i64, imm = 1 : i64, predicate = -1 : i64} : () -> ()
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.ldc' op attribute 'a' failed to satisfy constraint: a register, a constant or none, 0 to 255}}
    "core.ldc"() {dst = 1 : i64, a = 256 : i64, imm = 0 : i64} : () -> ()
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{expected a number below 255 but got 255}}
    core.wait e255
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.wait' op attribute 'engine' failed to satisfy constraint: an engine, 0 to 254}}
    "core.wait"() {engine = 255 : i64} : () -> ()
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.epoch' op expected a route table below 0 but got 0}}
    core.epoch 0
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dsm' op attribute 'dst' failed to satisfy constraint: a descriptor, 0 to 63}}
    "core.dsm"() {dst = 64 : i64, base = 1 : i64, offset = 0 : i64, object = 0 : i64, type = #core<type_kind f32>} : () -> ()
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dsm' op attribute 'object' failed to satisfy constraint: an object's number, 0 to 65535}}
    core.dsm d1, r1 in 65536 : f32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dsm' op expected an object below 0 but got 3}}
    core.dsm d1, r1 in 3 : f32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  // expected-note @below {{the object is here}}
  core.object "code" code at 0 size 4096
  core.code "all" {
    // expected-error @below {{'core.dsm' op expected an object of data but got code 'code'}}
    core.dsm d1, r1 in 0 : f32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dss' op expected one of a value, an integer and an operand}}
    core.dss d1 : f32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dss' op expected one of a value, an integer and an operand}}
    core.dss d1, 1.0 of r1 : f32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dss' op expected 'convert' with an integer or operand and a float type only}}
    core.dss d1, 1.0 convert : f32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dss' op expected 'convert' with an integer or operand and a float type only}}
    core.dss d1 of r1 convert : i32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dss' op expected type i32 or 'convert' for an integer but got f32}}
    core.dss d1 int 1 : f32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.dss' op expected a float type for a value but got i32}}
    core.dss d1, 1.0 : i32
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.vector' op expected 3 source(s) but got 2}}
    core.vector fma d1, d2, d3
  }
}

// -----

core.program @main 1 x 1 on "tiny" {
  core.code "all" {
    // expected-error @below {{'core.vector' op expected descriptors below 64 but got 64}}
    "core.vector"() {kind = #core<vector_kind mov>, dst = 1 : i64, sources = array<i64: 64>} : () -> ()
  }
}
