# SPDX-License-Identifier: Apache-2.0
list(APPEND OPS
  matmul/matmul.cpp
)
