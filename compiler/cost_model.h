// SPDX-License-Identifier: Apache-2.0
// How long a launch would take with a Config: an estimate that ranks Configs
// before any is compiled. No LLVM here.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/dsl/roles.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace girih::compiler {

/// What estimates know of a device.
struct Machine {
  Target target;
  int processors = 1;        // multiprocessors, or threads
  std::int64_t l2_bytes = 0; // of the whole device; of a core on the host
};

/// What a launch has to do, as far as the kernel's blocks tell.
struct Work {
  std::int64_t m = 0, n = 0, k = 0; // what the blocks of dots cut; 0: unknown
  std::int64_t block_m = 0, block_n = 0, block_k = 0; // of dots; else 0
  /// A second product takes up the first one's result, as in attention: k and
  /// block_k are those of the keys, and `width` is the sum of both products'
  /// sizes that no block cuts.
  bool chained = false;
  std::int64_t width = 0;
  std::int64_t batch = 1;    // products or rows of tiles beside each other
  std::int64_t programs = 1; // of the launch
  std::int64_t tile = 1;     // elements of the largest tile
  std::int64_t inner = 1;    // of those, one after the other in memory
  double padded = 1;         // lanes of whole tiles, of those that are there
  std::int64_t bytes = 0;    // of all operands, each once
  int element = 4;           // bytes of an element: of dots' operands, else of
                             // the widest operand
};

/// `shapes` holds each operand's sizes, `dtypes` their dtypes. Every block must
/// be in the Config.
Work work_of(const Config &config, const BlockRoles &roles,
             const std::vector<std::vector<std::int64_t>> &shapes,
             const std::vector<DType> &dtypes);

/// One thing that takes time. Terms may overlap: seconds of a Cost are not
/// their sum.
struct CostTerm {
  std::string_view name; // "dram", "l2", "products", "epilogue", "launch" ...
  double seconds = 0;
};

struct Cost {
  double seconds = 0;
  double waves = 0;     // turns that the programs take on all processors
  double occupancy = 0; // programs that a processor has at once
  std::vector<CostTerm> terms;
  /// "12.3 us: dram 3.1, l2 4.2, products 9.8, launch 2.0 us; 2.1 waves of 264"
  std::string to_string() const;
};

/// Seconds of a launch. Only ratios between Configs of one kernel and shape
/// are meant.
Cost estimate(const Config &config, const BlockRoles &roles,
              const std::vector<std::vector<std::int64_t>> &shapes,
              const std::vector<DType> &dtypes, const Machine &machine);

/// estimate's two halves.
Cost estimate_host(const Config &config, const BlockRoles &roles,
                   const Work &work, const Machine &machine);
Cost estimate_nvptx(const Config &config, const BlockRoles &roles,
                    const Work &work, const Machine &machine);

} // namespace girih::compiler
