# SPDX-License-Identifier: Apache-2.0
list(APPEND OPS
  movement/embedding.cpp
)
