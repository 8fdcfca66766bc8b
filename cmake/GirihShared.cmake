# SPDX-License-Identifier: Apache-2.0
# libgirih.so: all layers, of which only the C ABI (girih_*) is visible. In the bundle it also holds every test, bench and
# tool, and the program `girih` beside it is a stub that calls girih_multicall_main: a C++ exception then never crosses
# two copies of a statically linked libstdc++, and tests may use MLIR although MLIR is hidden.
function(girih_shared_library)
  get_property(archives GLOBAL PROPERTY GIRIH_ARCHIVES)
  set(empty "${PROJECT_BINARY_DIR}/shared.cpp")
  file(CONFIGURE OUTPUT "${empty}" CONTENT "// The library's code comes from the archives of the layers.\n")
  set(map "${PROJECT_SOURCE_DIR}/cmake/libgirih.map")
  add_library(girih_shared SHARED "${empty}")
  girih_apply_options(girih_shared)
  set_target_properties(girih_shared PROPERTIES OUTPUT_NAME girih LINK_DEPENDS "${map}"
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib" BUILD_RPATH "\$ORIGIN" INSTALL_RPATH "\$ORIGIN")
  target_link_options(girih_shared PRIVATE "-Wl,--version-script=${map}")
  if(NOT GIRIH_SANITIZE)
    # A sanitizer's run time is in the program, so the library must leave it undefined.
    target_link_options(girih_shared PRIVATE -Wl,--no-undefined)
  endif()
  # The objects themselves, so that nothing is left out for want of a reference; the archives after them only bring the
  # libraries that the layers need.
  foreach(archive IN LISTS archives)
    target_sources(girih_shared PRIVATE $<TARGET_OBJECTS:${archive}>)
  endforeach()
  target_link_libraries(girih_shared PRIVATE ${archives})
  if(GIRIH_INSTALL)
    install(TARGETS girih_shared LIBRARY DESTINATION lib)
  endif()
  if(GIRIH_BUNDLE)
    # A build-tree rpath is padded with an empty entry, which the loader reads as the working directory.
    set_target_properties(girih_shared PROPERTIES BUILD_WITH_INSTALL_RPATH ON)
    target_link_options(girih_shared PRIVATE -static-libstdc++ -static-libgcc -Wl,-s -Wl,--icf=all)
    girih_multicall()
  endif()
endfunction()

function(girih_multicall)
  get_property(parts GLOBAL PROPERTY GIRIH_BUNDLE_PARTS)
  get_property(mains GLOBAL PROPERTY GIRIH_BUNDLE_MAINS)
  set(GIRIH_MAIN_DECLARATIONS "")
  set(GIRIH_MAIN_ROWS "")
  foreach(row IN LISTS mains)
    string(REPLACE ":" ";" row "${row}")
    list(GET row 0 kind)
    list(GET row 1 name)
    list(GET row 2 main)
    string(REGEX REPLACE "^girih-" "" name "${name}")
    string(APPEND GIRIH_MAIN_DECLARATIONS "WEAK int ${main}(int argc, char** argv);\nWEAK int ${main}();\n")
    string(APPEND GIRIH_MAIN_ROWS "    {\"${kind}\", \"${name}\", ${main}, ${main}},\n")
  endforeach()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/multicall.cpp.in" "${PROJECT_BINARY_DIR}/multicall.cpp" @ONLY)
  target_sources(girih_shared PRIVATE "${PROJECT_BINARY_DIR}/multicall.cpp")
  foreach(part IN LISTS parts)
    target_sources(girih_shared PRIVATE $<TARGET_OBJECTS:${part}>)
    target_link_libraries(girih_shared PRIVATE $<TARGET_PROPERTY:${part},LINK_LIBRARIES>)
  endforeach()
  target_link_libraries(girih_shared PRIVATE GTest::gtest GTest::gmock)

  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/multicall_stub.c" CONTENT
"int girih_multicall_main(int argc, char** argv);
int main(int argc, char** argv) { return girih_multicall_main(argc, argv); }
")
  add_executable(girih_multicall "${PROJECT_BINARY_DIR}/multicall_stub.c")
  girih_apply_link_options(girih_multicall)
  set_target_properties(girih_multicall PROPERTIES OUTPUT_NAME girih LINKER_LANGUAGE C
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}" BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "\$ORIGIN/lib")
  target_link_libraries(girih_multicall PRIVATE girih_shared)
endfunction()
