# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers, linker and compiler cache: everything that holds for all targets of ours.
# Nothing here is set globally for a parent project: girih_apply_options(target) puts it on one target.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
  endif()
  # Hash-keyed rebuilds survive a fresh checkout only through ccache; a precompiled header needs the sloppiness.
  find_program(GIRIH_CCACHE ccache)
  if(GIRIH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_ctime,include_file_mtime ${GIRIH_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  endif()
endif()
# The bundle gathers, at the root, what folders below have looked up.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# `#include "girih/dsl/tensor.h"` finds the source tree through this link; install lays headers out the same way.
set(GIRIH_INCLUDE_DIR "${PROJECT_BINARY_DIR}/include")
set(GIRIH_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")
file(MAKE_DIRECTORY "${GIRIH_INCLUDE_DIR}" "${GIRIH_GENERATED_DIR}")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}" "${GIRIH_INCLUDE_DIR}/girih" SYMBOLIC)
configure_file("${CMAKE_CURRENT_LIST_DIR}/version.h.in" "${GIRIH_GENERATED_DIR}/girih/version.h" @ONLY)

find_program(GIRIH_LLD NAMES ld.lld-22 ld.lld)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)

set(GIRIH_WARNINGS -Wall -Wextra)
set(GIRIH_STRICT_WARNINGS -Wconversion)

# girih_apply_options(TARGET [MLIR]): warnings, sanitizers and linker of one target.
# MLIR headers do not compile cleanly with -Wconversion, so MLIR targets go without.
function(girih_apply_options target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "MLIR" "" "")
  target_compile_options(${target} PRIVATE ${GIRIH_WARNINGS})
  if(NOT arg_MLIR)
    target_compile_options(${target} PRIVATE ${GIRIH_STRICT_WARNINGS})
  else()
    target_compile_options(${target} PRIVATE -Wno-unused-parameter) # what mlir-tblgen writes is full of them
  endif()
  if(GIRIH_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(GIRIH_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${GIRIH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(GIRIH_SANITIZE MATCHES "undefined")
      # It reads a type hash in front of each called function, which code of the JIT does not have.
      target_compile_options(${target} PRIVATE -fno-sanitize=function)
    endif()
  endif()
  # The user's line reaches diagnostics through __FILE__ and source_location: keep it the same on every machine.
  target_compile_options(${target} PRIVATE
    -ffile-prefix-map=${GIRIH_INCLUDE_DIR}/girih/=
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
  girih_apply_link_options(${target})
endfunction()

function(girih_apply_link_options target)
  get_target_property(type ${target} TYPE)
  if(NOT type MATCHES "EXECUTABLE|SHARED|MODULE")
    return()
  endif()
  if(GIRIH_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_link_options(${target} PRIVATE --ld-path=${GIRIH_LLD} -Wl,--gc-sections)
  endif()
  # The identity of a build: part of the key of what it caches on disk.
  target_link_options(${target} PRIVATE -Wl,--build-id=sha1)
  if(GIRIH_SANITIZE)
    target_link_options(${target} PRIVATE -fsanitize=${GIRIH_SANITIZE})
  endif()
endfunction()
