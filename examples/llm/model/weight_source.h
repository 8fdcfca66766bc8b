// SPDX-License-Identifier: Apache-2.0
// Where the numbers of a model come from: its files, or a random generator.
#pragma once

#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/weights/copy_progress.h"
#include "girih/examples/llm/weights/weight_files.h"
#include "girih/runtime/array.h"

#include <cstdint>
#include <string>

namespace girih::llm {

class WeightSource {
public:
  virtual ~WeightSource() = default;
  virtual bool has(const std::string &name) const = 0;
  /// Whether it is stored in eight bits with a scale for each block.
  virtual bool scaled(const std::string &name) const = 0;
  /// Writes a tensor into memory of its shape, in that memory's dtype and on
  /// its device; one with scales is multiplied by them unless `into` is e4m3.
  /// Throws ModelError where it is missing or of another shape.
  virtual void read(const std::string &name, const Array &into) = 0;
};

/// Tensors of the files of a model.
class FileWeights final : public WeightSource {
public:
  /// Holds the files against the config. Throws ModelError that lists what is
  /// wrong.
  FileWeights(WeightFiles files, const ModelConfig &config,
              OnCopyProgress on_progress = {});
  bool has(const std::string &name) const override;
  bool scaled(const std::string &name) const override;
  void read(const std::string &name, const Array &into) override;

private:
  void read_scaled(const StoredTensor &stored, const Array &into);

  WeightFiles files_;
  CopyMeter meter_;
};

/// Normally distributed numbers, the same for a name and a seed on every
/// device; norms are 1 and biases small.
class RandomWeights final : public WeightSource {
public:
  explicit RandomWeights(const ModelConfig &config, std::uint64_t seed = 0);
  bool has(const std::string &name) const override;
  bool scaled(const std::string &) const override { return eight_bits_; }
  void read(const std::string &name, const Array &into) override;

private:
  bool tied_, eight_bits_;
  std::uint64_t seed_;
};

} // namespace girih::llm
