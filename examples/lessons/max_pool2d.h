// SPDX-License-Identifier: Apache-2.0
// Max pooling: windows as conv2d has them, reduced instead of multiplied.
#pragma once

#include <girih/girih.h>

#include <cmath>

namespace lessons {

using namespace girih;

/// x[N, C, H, W], y[N, C, P, Q]; no padding, a window that does not fit is
/// dropped, as in PyTorch. The window's size is a number in the kernel: the
/// arrangement is an ordinary C++ function and may capture what it needs.
// [kernel]
inline Kernel max_pool2d(int window, int stride) {
  auto arrangement = [=](Tensor x, Tensor y) {
    auto BLOCK = block_size("BLOCK"); // windows of a program
    auto windows = x.other(-INFINITY)
                       .tile({1, 1, window, window}, {1, 1, stride, stride}, {},
                             Rounding::floor)
                       .ravel()        // [N, C, P, Q, 1, 1, R, S]
                       .flatten(4)     // [N, C, P, Q, R S]
                       .flatten(0, 4); // [N C P Q, R S]
    return arranged(windows.tile({BLOCK, window * window}).at(0, squeeze(1)),
                    y.flatten().tile({BLOCK}));
  };
  auto application = [](In x, Out y) { y = max(x, dim(1)); };
  return make("max_pool2d", arrangement, application, {"x", "y"});
}
// [/kernel]

} // namespace lessons
