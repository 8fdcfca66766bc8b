# SPDX-License-Identifier: Apache-2.0
# Finds LLVM and MLIR 22 and gives:
#   girih_use_mlir(TARGET)       LLVM/MLIR include folders and definitions for a target that includes mlir/ or llvm/
#   GIRIH_MLIR_LIBRARIES         what a program links: the two shared libraries, or the archives of a static build
#   girih_tablegen(TARGET FILE.td [INCLUDES DIR...] OUTPUTS Name.h.inc "-gen-op-decls -dialect=tile" ...)
#                                runs mlir-tblgen; outputs land in <build>/generated/<folder of FILE.td>, and are included
#                                from there: #include "compiler/dialect/Ops.h.inc"
if(NOT GIRIH_COMPILER)
  return()
endif()

# LLVM's version file takes only an exact minor version, so the major one is compared here.
find_package(MLIR REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "Girih is written against LLVM 22; ${MLIR_DIR} is version ${LLVM_PACKAGE_VERSION}")
endif()
find_program(GIRIH_MLIR_TBLGEN mlir-tblgen PATHS "${LLVM_TOOLS_BINARY_DIR}" NO_DEFAULT_PATH REQUIRED)
message(STATUS "Girih: MLIR ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}")

set(GIRIH_MLIR_LIBRARIES MLIR LLVM)
if(GIRIH_STATIC_LLVM)
  include(GirihStaticLLVM)
endif()

separate_arguments(llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
function(girih_use_mlir target)
  target_include_directories(${target} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_compile_definitions(${target} PRIVATE ${llvm_definitions})
endfunction()

function(girih_tablegen target td)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "INCLUDES;OUTPUTS")
  cmake_path(ABSOLUTE_PATH td BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  cmake_path(GET td PARENT_PATH folder)
  cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set(out_dir "${GIRIH_GENERATED_DIR}/${folder}")
  file(MAKE_DIRECTORY "${out_dir}")
  set(includes -I "${PROJECT_SOURCE_DIR}" -I "${GIRIH_INCLUDE_DIR}")
  foreach(dir IN LISTS MLIR_INCLUDE_DIRS LLVM_INCLUDE_DIRS arg_INCLUDES)
    list(APPEND includes -I "${dir}")
  endforeach()
  list(REMOVE_DUPLICATES MLIR_INCLUDE_DIRS)
  set(outputs "")
  while(arg_OUTPUTS)
    list(POP_FRONT arg_OUTPUTS name flags)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    set(output "${out_dir}/${name}")
    add_custom_command(OUTPUT "${output}"
      COMMAND "${GIRIH_MLIR_TBLGEN}" ${flags} ${includes} "${td}" --write-if-changed -o "${output}" -d "${output}.d"
      DEPENDS "${td}" DEPFILE "${output}.d" VERBATIM COMMENT "mlir-tblgen ${folder}/${name}")
    list(APPEND outputs "${output}")
  endwhile()
  add_custom_target(${target} DEPENDS ${outputs})
  set_property(GLOBAL APPEND PROPERTY GIRIH_TABLEGEN_TARGETS ${target})
endfunction()
