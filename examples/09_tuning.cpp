// SPDX-License-Identifier: Apache-2.0
// A kernel that chooses its own block sizes, from a space of our own.
#include "lessons/check.h"

#include <girih/autotune/autotune.h>
#include <girih/girih.h>

#include <cstdio>
#include <vector>

using namespace girih;

// [kernel]
Arrangement arrangement(Tensor x, Tensor y) {
  auto ROWS = block_size("ROWS"), COLUMNS = block_size("COLUMNS");
  return arranged(x.tile({ROWS, COLUMNS}), y.tile({ROWS, COLUMNS}));
}
void application(In x, Out y) { y = x / (1 + exp(-x)); }
// [/kernel]

// [space]
autotune::Space space(const autotune::Problem &problem) {
  autotune::Space space;
  space.axis("ROWS", {1, 2, 4, 8, 16}).axis("COLUMNS", {256, 512, 1024});
  if (problem.device.kind == Device::Kind::cuda)
    space.axis("num_warps", {2, 4, 8});
  return space.constraint(
      "a tile of 8192 elements at most", [](const Config &config) {
        return config.blocks.at("ROWS") * config.blocks.at("COLUMNS") <= 8192;
      });
}
// [/space]

int main(int, char **) {
  // [tuned]
  const autotune::Tuned<> silu(make("silu", arrangement, application), space,
                               {.budget_seconds = 2});
  Array x = Array::zeros({300, 1000}, f32), y = Array::empty({300, 1000}, f32);
  silu(x, y); // looks into the store, else searches for at most 2 s
  silu(x, y); // runs what was found
  // [/tuned]
  const std::vector<Array> operands{x, y};
  std::printf("%s\n", silu.prepare(operands).config.to_string().c_str());
  return lessons::agrees("silu", y, lessons::Values(300 * 1000), 0) ? 0 : 1;
}
