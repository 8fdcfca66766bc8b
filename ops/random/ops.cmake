# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT random/draws.cpp random/elements.cpp)
list(APPEND OPS
  random/rand.cpp
  random/randn.cpp
  random/uniform.cpp
  random/normal.cpp
  random/exponential.cpp
  random/bernoulli.cpp
  random/dropout.cpp
  random/alpha_dropout.cpp
  random/multinomial.cpp
)
