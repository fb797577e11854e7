# Compile options of the whole project and the functions that declare targets.

# One position-independent mode for libraries and tools alike.
add_compile_options(-fPIC)
add_link_options(-fuse-ld=lld)
add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(PLMR_WERROR)
  add_compile_options(-Werror)
endif()
# No fused multiply-add that the source does not ask for: results must not
# depend on the host.
add_compile_options(-ffp-contract=off)
if(PLMR_SANITIZE)
  # vptr: LLVM's libraries are built without the type information it needs.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
include_directories(${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)

# Generated headers: every MLIR library waits for this target.
add_custom_target(plmr-tablegen)

# plmr_library(name SRCS ... LINK ...): a library without MLIR.
function(plmr_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# MLIR's headers cost more to parse than our sources to compile. A precompiled
# header ties ccache to a path, so it is for people at work, not for CI.
if(PLMR_PCH)
  file(WRITE ${PROJECT_BINARY_DIR}/pch.cpp "")
  add_library(plmr_pch STATIC ${PROJECT_BINARY_DIR}/pch.cpp)
  target_precompile_headers(plmr_pch PRIVATE
    <mlir/Dialect/Arith/IR/Arith.h>
    <mlir/Dialect/Bufferization/IR/Bufferization.h>
    <mlir/Dialect/Func/IR/FuncOps.h>
    <mlir/Dialect/Linalg/IR/Linalg.h>
    <mlir/Dialect/Math/IR/Math.h>
    <mlir/Dialect/MemRef/IR/MemRef.h>
    <mlir/Dialect/SCF/IR/SCF.h>
    <mlir/Dialect/Tensor/IR/Tensor.h>
    <mlir/Pass/Pass.h>)
endif()

# plmr_mlir_library(name SRCS ... LINK ...): a library of the compiler.
function(plmr_mlir_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  add_dependencies(${name} plmr-tablegen)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(PLMR_PCH)
    target_precompile_headers(${name} REUSE_FROM plmr_pch)
  endif()
endfunction()

# plmr_tool(name SRCS ... LINK ...): a program in build/bin.
function(plmr_tool name)
  cmake_parse_arguments(ARG "" "" "SRCS;LINK" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  add_dependencies(${name} plmr-tablegen)
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
endfunction()

# plmr_unittest(name SRCS ... LINK ...): a GoogleTest program known to CTest.
function(plmr_unittest name)
  cmake_parse_arguments(ARG "" "" "SRCS;LINK" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  add_dependencies(${name} plmr-tablegen)
  target_compile_definitions(${name} PRIVATE
    PLMR_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PLMR_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(PLMR_SANITIZE)
    # Our code and LLVM's libraries, built without a sanitizer, share allocators.
    set_tests_properties(${name} PROPERTIES
      ENVIRONMENT "ASAN_OPTIONS=allow_user_poisoning=0;UBSAN_OPTIONS=print_stacktrace=1")
  endif()
endfunction()
