# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT elementwise/elementwise.cpp)
list(APPEND OPS
  elementwise/add.cpp
  elementwise/add16.cpp
)
