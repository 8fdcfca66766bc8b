// SPDX-License-Identifier: Apache-2.0
// From a call to its plan: checks, Config, recording, code. Not installed.
#pragma once

#include "girih/dsl/recorder.h"
#include "girih/dsl/roles.h"
#include "girih/runtime/launch/plan.h"

#include <map>
#include <string>
#include <unordered_map>

namespace girih {

/// One compiled form of a kernel: dtypes, ranks, classes, index width, device
/// and Config are fixed, sizes are not.
struct Variant {
  Program program;
  std::vector<LimitedOutput> limited;
  std::string traits; // one `name: value` line each, for GIRIH_LOG=compile
  std::shared_ptr<const Executable> code; // null until programs are to be run
};

struct Kernel::State {
  explicit State(KernelSource kernel_source);
  explicit State(Program program);

  const KernelSource source;
  const std::optional<Program> recorded; // elsewhere: nothing is recorded here
  const std::uint64_t number;            // never 0, never given twice
  ForkMutex mutex;                       // guards what follows
  std::map<std::string, std::shared_ptr<const BlockRoles>> roles;
  std::map<std::string, std::string> identities; // by signature
  std::map<std::string, std::shared_ptr<const Variant>> variants;
  std::unordered_multimap<std::uint64_t, std::shared_ptr<const Plan>> plans;
  std::string last_traits;
  /// Kernels that with() made of this one, by name and value.
  std::map<std::string, std::shared_ptr<State>> derived;
};

/// Makes the plan of one call.
class KernelPlanner {
public:
  /// `config`, where there is one, is demanded unless `tunable`.
  KernelPlanner(Kernel::State &state, std::span<const Array *const> arrays,
                const Config *config, bool tunable = false)
      : state_(state), source_(state.source), arrays_(arrays),
        requested_(config), tunable_(tunable) {}

  /// From the kernel's plans, else made. Throws all that a call can.
  std::shared_ptr<const Plan> plan(const CallWords &call);
  /// Only records.
  Program program();
  /// The same, as a call of the device would run it.
  Program launched_program();

private:
  std::shared_ptr<const Plan> make_plan(const CallWords &call);
  std::shared_ptr<const Plan> plan_with(const CallWords &call, Config config);
  void check_operands();
  void check_pairs(std::size_t at) const;
  void check_written(const Program &program);
  Config choose_config();
  std::optional<Config> tuned_config(const Config &fallback);
  std::string identity(const Config &fallback);
  void check_recorded(bool index32) const;
  std::shared_ptr<const BlockRoles> roles();
  std::string signature() const;
  std::string traits(const Config &config, bool index32) const;
  Program record_for(const Config &config, bool index32);
  /// `same` is the kernel under a Config that differs in `pdl` only, or null.
  std::shared_ptr<const Variant> variant(const Config &config, bool with_code,
                                         const Variant *same = nullptr);
  bool overlaps(const Config &config, std::int64_t programs) const;
  void log_variant(const std::string &traits, const Executable &code);
  std::int64_t count_programs(const Variant &variant) const;
  [[noreturn]] void fail_operand(ErrorId id, std::size_t operand,
                                 const std::string &what,
                                 std::string help = {}) const;

  Kernel::State &state_;
  const KernelSource &source_;
  std::span<const Array *const> arrays_;
  const Config *requested_;
  bool tunable_;
  std::optional<Config> untuned_; // what would run were nothing tuned
  Device device_;
  double record_seconds_ = 0;
};

} // namespace girih
