// SPDX-License-Identifier: Apache-2.0
// Where the numbers of a model come from: its files, or a random generator.
#pragma once

#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/weights/weight_files.h"
#include "girih/runtime/array.h"

#include <cstdint>
#include <functional>
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

/// Bytes that have been read, of how many.
using Progress = std::function<void(std::int64_t done, std::int64_t all)>;

/// Tensors of the files of a model.
class FileWeights final : public WeightSource {
public:
  explicit FileWeights(WeightFiles files, Progress progress = {});
  bool has(const std::string &name) const override;
  bool scaled(const std::string &name) const override;
  void read(const std::string &name, const Array &into) override;

private:
  void read_scaled(const StoredTensor &stored, const Array &into);

  WeightFiles files_;
  Progress progress_;
  std::int64_t done_ = 0;
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
