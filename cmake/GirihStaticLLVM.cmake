# SPDX-License-Identifier: Apache-2.0
# GIRIH_MLIR_LIBRARIES for a static build. MLIR's exported targets would pull libLLVM.so in beside the archives, so the
# archives are named here one by one. The linker takes only members that something refers to: all of MLIR costs nothing.
find_program(GIRIH_LLVM_CONFIG llvm-config PATHS "${LLVM_TOOLS_BINARY_DIR}" NO_DEFAULT_PATH REQUIRED)
execute_process(
  COMMAND "${GIRIH_LLVM_CONFIG}" --link-static --libfiles orcjit nvptx x86 passes
  OUTPUT_VARIABLE llvm_archives OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(llvm_archives)
file(GLOB mlir_archives "${LLVM_LIBRARY_DIR}/libMLIR*.a")
list(FILTER mlir_archives EXCLUDE REGEX "libMLIR(CAPI|.*Test|SPIRV|ROCDL|XeGPU|Tosa|WasmSSA)[^/]*\\.a$")
list(FILTER mlir_archives EXCLUDE REGEX "libMLIR[^/]*Test[^/]*\\.a$")
find_library(GIRIH_STATIC_Z NAMES libz.a REQUIRED)
find_library(GIRIH_STATIC_ZSTD NAMES libzstd.a REQUIRED)
set(GIRIH_MLIR_LIBRARIES
  -Wl,--start-group ${mlir_archives} ${llvm_archives} -Wl,--end-group
  "${GIRIH_STATIC_Z}" "${GIRIH_STATIC_ZSTD}" Threads::Threads ${CMAKE_DL_LIBS} m)
