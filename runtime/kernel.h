// SPDX-License-Identifier: Apache-2.0
// Kernel: an arrangement and an application that can be called.
#pragma once

#include "girih/dsl/dsl.h"
#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace girih {

/// How to run one call. Without a Config the default one for the operands'
/// sizes and the device is used.
struct LaunchOptions {
  std::optional<Config> config;
  Stream stream; // ignored on the host
  /// `config` is only what runs where nothing was tuned (config_provider.h);
  /// else it is what runs.
  bool tunable = false;
};

/// What a call with given arrays runs; made by Kernel::prepare.
struct KernelReport {
  enum class Origin : std::uint8_t { compiled, disk };
  Config config;
  std::string target;               // "sm_90a", "host:znver4"
  Origin origin = Origin::compiled; // where its code came from at first
  std::int64_t programs = 0;
  int threads = 0;               // of one program
  int registers = 0;             // of one thread; 0 on the host
  std::int64_t local_bytes = 0;  // spilled to memory, a thread
  std::int64_t shared_bytes = 0; // of one program
  double record_seconds = 0, compile_seconds = 0, assemble_seconds = 0,
         load_seconds = 0;
};

/// The first array of a call and the line of that call.
struct CallArgument {
  CallArgument(const Array &value, // NOLINT: implicit by design
               std::source_location line = std::source_location::current())
      : array(value), where(line) {}
  const Array &array;
  std::source_location where;
};

/// A callable kernel; a cheap, thread-safe value handle. make() only keeps the
/// two functions: recording and compiling happen at the first call.
class Kernel {
public:
  explicit Kernel(KernelSource source);
  /// A kernel recorded elsewhere, such as parse_program(text). Its dtypes,
  /// ranks and Config are fixed; a call whose arrays lack what the Program
  /// relies on, an alignment for one, throws RuntimeError.
  explicit Kernel(Program program);

  const std::string &name() const;
  int arity() const;
  const KernelSource &source() const;

  /// Runs on the device of the arrays, which must agree. On the host it returns
  /// when done, on a GPU when submitted. Throws RuntimeError (rank, dtype,
  /// device, stride, overlap, null, size) naming the operand, or CompileError
  /// from recording and compiling.
  template <class... Arrays>
  void operator()(CallArgument first, const Arrays &...rest) const {
    const std::array<const Array *, 1 + sizeof...(rest)> pointers{&first.array,
                                                                  &rest...};
    run(pointers, {}, first.where);
  }
  void
  launch(std::span<const Array> arrays, const LaunchOptions &options = {},
         std::source_location where = std::source_location::current()) const;
  /// The same without copying Arrays together.
  void run(std::span<const Array *const> arrays, const LaunchOptions &options,
           std::source_location where) const;

  /// This kernel with a value for constexpr_value(name):
  /// `k.with("CAUSAL", true)(q, k, v, o)`. Kernels with equal constants share
  /// what was compiled. Throws CompileError [constexpr-name], and RuntimeError
  /// for a kernel that was recorded elsewhere.
  Kernel
  with(const std::string &name, ConstantValue value,
       std::source_location where = std::source_location::current()) const;

  /// Does all that a first call does, save running: later calls are fast.
  KernelReport prepare(std::span<const Array> arrays,
                       const LaunchOptions &options = {}) const;

  /// The Program that a call with such arrays compiles, and so its Config.
  Program program(std::span<const Array> arrays,
                  const LaunchOptions &options = {}) const;
  /// The same with what the runtime adds to the Config for the device.
  Program launched_program(std::span<const Array> arrays,
                           const LaunchOptions &options = {}) const;

  struct State; // launch/planner.h

private:
  void run_planned(std::span<const Array *const> arrays,
                   const LaunchOptions &options,
                   const std::source_location &where) const;

  explicit Kernel(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// Makes a Kernel. `arrangement` takes one Tensor per operand and returns
/// arranged(...); `application` takes as many In, Out, InOut. A differing count
/// does not compile. Operands are called a, b, c, ... in messages unless named.
template <class Arrangement, class Application>
Kernel make(std::string name, Arrangement arrangement, Application application,
            std::vector<std::string> operand_names = {},
            std::source_location where = std::source_location::current()) {
  return Kernel(make_source(std::move(name), std::move(arrangement),
                            std::move(application), std::move(operand_names),
                            where));
}

} // namespace girih
