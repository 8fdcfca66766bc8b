# SPDX-License-Identifier: Apache-2.0
# Tests that are a compilation, run by both compilers whatever the project itself is built with:
#   girih_compile_fail(NAME unassignable_input FILE errors/compile_fail/x.cpp REGEX "deleted|no viable")
#       must not compile, and the message of each compiler matches REGEX
#   girih_compile_pass(NAME kernel_file FILE x.cpp [MAX_LINES 100000])
#       must compile without a warning, without LLVM or CUDA include folders
#   girih_header_tests()
#       every public header alone, each compiler in one batched ctest entry
if(NOT GIRIH_TESTS)
  return()
endif()
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
find_program(GIRIH_TEST_CLANGXX NAMES clang++-22)
find_program(GIRIH_TEST_GXX NAMES g++-12 g++)

function(girih_compile_test name mode file)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  foreach(compiler IN ITEMS CLANGXX GXX)
    if(GIRIH_TEST_${compiler})
      string(TOLOWER ${compiler} suffix)
      add_test(NAME ${name}_${suffix} COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/cmake/check_compile.py"
        ${mode} --compiler "${GIRIH_TEST_${compiler}}"
        --include "${GIRIH_INCLUDE_DIR}" --include "${GIRIH_GENERATED_DIR}" ${ARGN} "${file}")
      girih_test_properties(${name}_${suffix} "compile" 120)
      if(mode STREQUAL "headers") # a hundred compilations
        set_tests_properties(${name}_${suffix} PROPERTIES TIMEOUT 600)
      endif()
    endif()
  endforeach()
endfunction()

function(girih_compile_fail)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;FILE;REGEX" "")
  girih_compile_test(compile_fail_${arg_NAME} fail ${arg_FILE} --regex "${arg_REGEX}")
endfunction()

function(girih_compile_pass)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;FILE;MAX_LINES" "")
  set(limit "")
  if(arg_MAX_LINES)
    set(limit --max-lines ${arg_MAX_LINES})
  endif()
  girih_compile_test(compile_pass_${arg_NAME} pass ${arg_FILE} ${limit})
endfunction()

function(girih_header_tests)
  get_property(headers GLOBAL PROPERTY GIRIH_PUBLIC_HEADERS)
  if(EXISTS "${PROJECT_SOURCE_DIR}/girih.h")
    list(APPEND headers girih.h)
  endif()
  list(TRANSFORM headers PREPEND "girih/")
  list(JOIN headers "\n" lines)
  file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/public_headers.txt" CONTENT "${lines}\n")
  if(headers)
    girih_compile_test(headers headers "${PROJECT_BINARY_DIR}/public_headers.txt")
  endif()
endfunction()
