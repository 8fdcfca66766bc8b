// SPDX-License-Identifier: Apache-2.0
// Kernels and problems that the tests of the tuner share.
#pragma once

#include "girih/autotune/inputs.h"
#include "girih/autotune/problem.h"
#include "girih/autotune/store.h"
#include "girih/girih.h"
#include "girih/runtime/failure.h"
#include "girih/tests/runtime/fake_toolchain.h"

#include <cmath>
#include <string>
#include <vector>

namespace girih::autotune::testing {

using girih::testing::ScopedEnv;
using girih::testing::TemporaryFolder;

inline Arrangement arrange_product(const Tensor &a, const Tensor &b,
                                   const Tensor &c) {
  auto BM = block_size("BM"), BN = block_size("BN"), BK = block_size("BK");
  auto ct = c.tile({BM, BN});
  auto at = a.tile({BM, BK}).tile({1, whole}).expand({keep, ct.size(1)});
  auto bt = b.tile({BK, BN}).tile({whole, 1}).expand({ct.size(0), keep});
  return arranged(at.at(1, squeeze(0)), bt.at(1, squeeze(1)), ct);
}

inline Kernel make_product(const std::string &name = "tested_product") {
  return make(
      name,
      [](Tensor a, Tensor b, Tensor c) { return arrange_product(a, b, c); },
      [](In a, In b, Out c) {
        Tile acc = zeros(c.shape(), f32);
        for (Index k : range(a.size(0)))
          acc += dot(a[k], b[k]);
        c = acc;
      });
}

/// y += x, in blocks of BLOCK. What a block does besides, `spoil` says.
inline Kernel make_adding(
    const std::string &name,
    std::function<Tile(const Tile &, std::int64_t)> spoil =
        [](const Tile &tile, std::int64_t) { return tile; }) {
  return make(
      name,
      [](Tensor x, Tensor y) {
        auto BLOCK = block_size("BLOCK");
        return arranged(x.tile({BLOCK}), y.tile({BLOCK}));
      },
      [spoil](In x, InOut y) { y = spoil(y + x, y.shape()[0]); });
}

inline Array random(std::vector<std::int64_t> shape, unsigned seed,
                    DType dtype = f32, Device device = host_device) {
  const Array made = Array::empty(shape, dtype, device);
  fill_random(made, seed);
  return made;
}

inline std::vector<Array> product_operands(std::int64_t m, std::int64_t n,
                                           std::int64_t k, DType dtype = f32,
                                           Device device = host_device) {
  return {random({m, k}, 1, dtype, device), random({k, n}, 2, dtype, device),
          Array::empty({m, n}, dtype, device)};
}

inline Problem problem_for(const Kernel &kernel,
                           const std::vector<Array> &arrays) {
  return collect_problems([&] { kernel.launch(arrays); }).at(0);
}

/// Keeps what would be logged.
class ScopedLog {
public:
  ScopedLog() {
    lines().clear();
    set_log_sink([](const std::string &line) { lines().push_back(line); });
  }
  ~ScopedLog() { set_log_sink(nullptr); }
  ScopedLog(const ScopedLog &) = delete;
  ScopedLog &operator=(const ScopedLog &) = delete;
  static std::vector<std::string> &lines() {
    static std::vector<std::string> all;
    return all;
  }
  static std::string text() {
    std::string all;
    for (const std::string &line : lines())
      all += line + "\n";
    return all;
  }
};

inline TuningKey some_key(int number = 1) {
  return {"kernel" + std::to_string(number),
          "f32 f32",
          "64 64",
          "a1,1,0, a1,1,0,",
          "host znver4 2",
          "1.0"};
}

inline TimingRow some_timing(int number = 1, int block = 8) {
  TimingRow row{some_key(number), "add", "60 60", {}};
  row.outcome.config.blocks["BLOCK"] = block;
  row.outcome.seconds = 1e-6 * (block + 0.25);
  row.outcome.spread = 0.05;
  row.outcome.runs = 17;
  row.outcome.registers = 40;
  row.outcome.threads = 128;
  row.outcome.local_bytes = 16;
  row.outcome.shared_bytes = 4096;
  row.outcome.compile_seconds = 0.015;
  row.outcome.note = "a \"note\", with\nlines";
  return row;
}

inline ChoiceRow some_choice(int number = 1, double seconds = 1e-5) {
  ChoiceRow row{some_key(number), "add", "60 60", {}, seconds, 2e-5, "guided"};
  row.config.blocks["BLOCK"] = 8;
  row.config.num_warps = 2;
  return row;
}

} // namespace girih::autotune::testing
