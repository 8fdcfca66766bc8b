# SPDX-License-Identifier: Apache-2.0
# find_package(girih) for users: exported targets, config and version file.
include(CMakePackageConfigHelpers)

# Static layers hand their third-party libraries on; the config file asks for exactly the packages that they come from.
set(packages "OpenMP::=OpenMP" "fmt::=fmt" "SQLite::=SQLite3" "^MLIR$=MLIR" "nlohmann_json::=nlohmann_json" "CLI11::=CLI11")
get_property(layers GLOBAL PROPERTY GIRIH_LIBRARIES)
set(linked "")
foreach(layer IN LISTS layers)
  get_target_property(type ${layer} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    get_target_property(libraries ${layer} LINK_LIBRARIES)
    list(APPEND linked ${libraries})
  endif()
endforeach()
set(GIRIH_FIND_DEPENDENCIES "")
foreach(row IN LISTS packages)
  string(REGEX MATCH "^(.*)=(.*)$" row "${row}")
  set(package "${CMAKE_MATCH_2}")
  set(users "${linked}")
  list(FILTER users INCLUDE REGEX "${CMAKE_MATCH_1}")
  if(users)
    string(APPEND GIRIH_FIND_DEPENDENCIES "find_dependency(${package})\n")
  endif()
endforeach()

install(EXPORT girih NAMESPACE girih:: FILE girihTargets.cmake DESTINATION lib/cmake/girih)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/girihConfig.cmake.in" "${PROJECT_BINARY_DIR}/girihConfig.cmake"
  INSTALL_DESTINATION lib/cmake/girih)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/girihConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/girihConfig.cmake" "${PROJECT_BINARY_DIR}/girihConfigVersion.cmake"
  DESTINATION lib/cmake/girih)
