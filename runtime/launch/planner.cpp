// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/planner.h"
#include "girih/runtime/launch/parameter_list.h"

#include "girih/compiler/config_fit.h"
#include "girih/compiler/default_config.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/env.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/launch/specialise.h"
#include "girih/runtime/launch/tuning_key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <sstream>
#include <utility>

namespace girih {
namespace {

// A kernel that sees ever new shapes starts its table anew now and then.
constexpr std::size_t most_plans = 4096;

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1);
}

Shapes shapes_of(std::span<const Array *const> arrays) {
  Shapes shapes;
  for (const Array *array : arrays)
    shapes.emplace_back(array->shape().begin(), array->shape().end());
  return shapes;
}

std::vector<OperandClass> classes_of(std::span<const Array *const> arrays) {
  std::vector<OperandClass> known;
  for (const Array *array : arrays)
    known.push_back(classify(*array));
  return known;
}

/// The lines of `now` that `before` does not have.
std::string changes(const std::string &before, const std::string &now) {
  std::istringstream old_lines(before), new_lines(now);
  std::string text, old_line, new_line;
  while (std::getline(new_lines, new_line)) {
    if (!std::getline(old_lines, old_line))
      old_line.clear();
    if (new_line != old_line)
      text += fmt::format("{}{} (was {})", text.empty() ? "" : "; ", new_line,
                          old_line.substr(old_line.find(':') + 2));
  }
  return text;
}

/// What calls need to know of a Program that was recorded elsewhere.
KernelSource source_of(const Program &program) {
  KernelSource source;
  source.name = program.name;
  for (const ArrangedOperand &operand : program.operands) {
    source.operand_names.push_back(operand.name);
    source.directions.push_back(operand.direction);
  }
  return source;
}

compiler::Checks wanted_checks(Device device) {
  compiler::Checks checks;
  checks.bounds = env_has("GIRIH_DEBUG", "bounds");
  checks.race = env_has("GIRIH_DEBUG", "race");
  checks.nan = env_has("GIRIH_DEBUG", "nan");
  return device.kind == Device::Kind::host ? checks : compiler::Checks();
}

} // namespace

Kernel::State::State(KernelSource kernel_source)
    : source(std::move(kernel_source)), number(next_number()) {}

Kernel::State::State(Program program)
    : source(source_of(program)), recorded(std::move(program)),
      number(next_number()) {}

void KernelPlanner::fail_operand(ErrorId id, std::size_t operand,
                                 const std::string &what,
                                 std::string help) const {
  fail(id,
       fmt::format("kernel {}: operand {} {}", source_.name,
                   source_.operand_names[operand], what),
       {.help = std::move(help)});
}

void KernelPlanner::check_operands() {
  // Numbers come along to any device.
  const auto found = std::ranges::find_if(
      arrays_, [](auto *each) { return !each->by_value(); });
  const std::size_t first =
      found == arrays_.end()
          ? 0
          : static_cast<std::size_t>(found - arrays_.begin());
  for (std::size_t at = 0; at < arrays_.size(); ++at) {
    const Array &array = *arrays_[at];
    if (array.by_value()) {
      if (source_.directions[at] != Direction::in)
        fail_operand(ErrorId::argument, at,
                     "is written, but it is a number passed by value");
      continue;
    }
    if (!array.data() && array.numel() > 0)
      fail_operand(ErrorId::null_pointer, at, "is an Array without memory",
                   "make it with Array::empty, or wrap memory");
    if (array.device() != arrays_[first]->device())
      fail_operand(ErrorId::device, at,
                   fmt::format("is on {}, but {} is on {}",
                               array.device().to_string(),
                               source_.operand_names[first],
                               arrays_[first]->device().to_string()),
                   "copy with array.to(device)");
    if (bits(array.dtype()) == 4)
      check_pairs(at);
  }
  device_ = arrays_[first]->device();
}

/// Two elements share a byte: rows must begin at whole bytes, and what is
/// written must end there.
void KernelPlanner::check_pairs(std::size_t at) const {
  const Array &array = *arrays_[at];
  if (array.rank() == 0 || array.numel() == 0)
    return;
  const std::string what =
      fmt::format("is {} with strides [{}]: ", array.to_string(),
                  fmt::join(array.strides(), ", "));
  if (array.size(-1) > 1 && array.stride(-1) != 1)
    fail_operand(ErrorId::stride, at,
                 what + "4-bit elements of the last dimension must follow one "
                        "another",
                 "copy it with array.to(device)");
  for (int dim = 0; dim + 1 < array.rank(); ++dim)
    if (array.size(dim) > 1 && array.stride(dim) % 2 != 0)
      fail_operand(ErrorId::stride, at,
                   what + "rows of 4-bit elements must begin at whole bytes",
                   "use rows of an even number of elements");
  if (source_.directions[at] != Direction::in && array.size(-1) % 2 != 0)
    fail_operand(ErrorId::size, at,
                 what + "written 4-bit elements fill whole bytes, so the last "
                        "size must be even",
                 "use rows of an even number of elements");
}

void KernelPlanner::check_written(const Program &program) {
  for (std::size_t at = 0; at < arrays_.size(); ++at) {
    if (program.operands[at].direction == Direction::in)
      continue;
    if (arrays_[at]->read_only())
      fail_operand(ErrorId::argument, at,
                   "is written, but its Array is "
                   "read-only",
                   "pass one that may be written, such as a copy");
    if (overlaps_itself(*arrays_[at]))
      fail_operand(
          ErrorId::stride, at,
          fmt::format("is written, but elements of {} share memory",
                      arrays_[at]->to_string()),
          "an output needs an element of its own for each index; copy it "
          "with array.to(device)");
  }
}

std::string KernelPlanner::signature() const {
  std::string text;
  for (const Array *array : arrays_)
    text += fmt::format("{}{} ", name(array->dtype()), array->rank());
  return text;
}

static std::pair<std::vector<DType>, std::vector<int>>
dtypes_and_ranks(std::span<const Array *const> arrays) {
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  for (const Array *array : arrays) {
    dtypes.push_back(array->dtype());
    ranks.push_back(array->rank());
  }
  return {std::move(dtypes), std::move(ranks)};
}

std::shared_ptr<const BlockRoles> KernelPlanner::roles() {
  const std::string key = signature();
  {
    std::lock_guard lock(state_.mutex);
    if (const auto known = state_.roles.find(key); known != state_.roles.end())
      return known->second;
  }
  const auto [dtypes, ranks] = dtypes_and_ranks(arrays_);
  auto made =
      std::make_shared<const BlockRoles>(analyse_roles(source_, dtypes, ranks));
  std::lock_guard lock(state_.mutex);
  return state_.roles.emplace(key, std::move(made)).first->second;
}

void KernelPlanner::check_recorded(bool index32) const {
  const Program &program = *state_.recorded;
  if (program.index32 && !index32)
    fail(ErrorId::size, fmt::format("kernel {}: the Program was recorded for "
                                    "arrays of less than 2^31 elements",
                                    source_.name));
  for (std::size_t at = 0; at < arrays_.size(); ++at) {
    const ArrangedOperand &operand = program.operands[at];
    const Array &array = *arrays_[at];
    if (array.dtype() != operand.dtype)
      fail_operand(ErrorId::dtype, at,
                   fmt::format("is {}, but the Program was recorded for {}",
                               array.to_string(), name(operand.dtype)));
    if (array.rank() != operand.rank)
      fail_operand(ErrorId::rank, at,
                   fmt::format("is {}, but the Program was recorded for rank "
                               "{}",
                               array.to_string(), operand.rank));
    if (!has_class(array, operand.known))
      fail_operand(ErrorId::stride, at,
                   fmt::format("is {} of class {}, but the Program relies on "
                               "{}",
                               array.to_string(), to_string(classify(array)),
                               to_string(operand.known)),
                   "record the Program for such arrays");
  }
}

Config KernelPlanner::choose_config() {
  if (state_.recorded) {
    if (requested_ && *requested_ != state_.recorded->config)
      fail(ErrorId::argument,
           fmt::format("kernel {}: the Program was recorded with Config {}",
                       source_.name, state_.recorded->config.to_string()));
    return state_.recorded->config;
  }
  if (requested_ && !tunable_)
    return *requested_;
  Config fallback =
      requested_
          ? *requested_
          : compiler::default_config(*roles(), shapes_of(arrays_),
                                     target_of(device_), classes_of(arrays_));
  std::optional<Config> tuned = tuned_config(fallback);
  if (!tuned)
    return fallback;
  untuned_ = std::move(fallback);
  return std::move(*tuned);
}

std::string KernelPlanner::identity(const Config &fallback) {
  const std::string signed_by = signature();
  {
    const std::lock_guard lock(state_.mutex);
    if (const auto known = state_.identities.find(signed_by);
        known != state_.identities.end())
      return known->second;
  }
  const auto [dtypes, ranks] = dtypes_and_ranks(arrays_);
  std::string made =
      kernel_identity(source_, *roles(), dtypes, ranks, fallback);
  const std::lock_guard lock(state_.mutex);
  return state_.identities.emplace(signed_by, std::move(made)).first->second;
}

/// What the provider chooses, if the kernel can run with it.
std::optional<Config> KernelPlanner::tuned_config(const Config &fallback) {
  const std::shared_ptr<ConfigProvider> provider = current_config_provider();
  if (!provider || !provider->knows(source_.name))
    return std::nullopt;
  const TuningKey key = make_tuning_key(identity(fallback), arrays_, device_);
  std::optional<Config> found =
      ask(*provider, {source_, arrays_, device_, key, fallback});
  if (!found || *found == fallback)
    return std::nullopt;
  const std::string reason = compiler::misfit(
      *found, *roles(), shapes_of(arrays_), target_of(device_));
  if (reason.empty())
    return found;
  log_line("tune", fmt::format("{}: tuned Config {} is not used: {}",
                               source_.name, found->to_string(), reason));
  return std::nullopt;
}

std::string KernelPlanner::traits(const Config &config, bool index32) const {
  std::string text =
      fmt::format("device: {}\nConfig: {}\nindices: {} bits\n",
                  device_.to_string(), config.to_string(), index32 ? 32 : 64);
  for (std::size_t at = 0; at < arrays_.size(); ++at)
    text += fmt::format("{}: {} rank {} {}\n", source_.operand_names[at],
                        name(arrays_[at]->dtype()), arrays_[at]->rank(),
                        to_string(classify(*arrays_[at])));
  return text;
}

Program KernelPlanner::record_for(const Config &config, bool index32) {
  if (state_.recorded) {
    check_recorded(index32);
    return *state_.recorded;
  }
  const auto start = std::chrono::steady_clock::now();
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  std::vector<OperandClass> classes;
  for (std::size_t at = 0; at < arrays_.size(); ++at) {
    const Array &array = *arrays_[at];
    dtypes.push_back(array.dtype());
    ranks.push_back(array.rank());
    classes.push_back(classify(array));
    // A constant that is written is refused once the Program is there.
    if (source_.directions[at] == Direction::out)
      classes.back().settled = false;
  }
  Program program = record(source_, dtypes, ranks, classes, config, index32);
  const std::chrono::duration<double> spent =
      std::chrono::steady_clock::now() - start;
  record_seconds_ += spent.count();
  return program;
}

Program KernelPlanner::program() {
  check_operands();
  return record_for(choose_config(), fits_index32(arrays_));
}

Program KernelPlanner::launched_program() {
  check_operands();
  Config config = choose_config();
  std::shared_ptr<const Variant> known = variant(config, false);
  if (!overlaps(config, count_programs(*known)))
    return known->program;
  config.pdl = true;
  return variant(config, false, known.get())->program;
}

std::int64_t KernelPlanner::count_programs(const Variant &variant) const {
  const Program &program = variant.program;
  const Shapes shapes = shapes_of(arrays_);
  check_grids(program, shapes);
  check_call_outputs(program, variant.limited, shapes);
  std::int64_t programs = 1;
  bool overflow = false, empty = false;
  for (std::int64_t size : grid_of(program, shapes)) {
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(
        programs, std::max<std::int64_t>(size, 1), &programs);
  }
  if (empty)
    return 0;
  if (overflow || programs > INT32_MAX)
    fail(ErrorId::size,
         fmt::format("kernel {}: more than 2^31 - 1 programs", source_.name),
         {.help = "use larger block sizes"});
  return programs;
}

void KernelPlanner::log_variant(const std::string &traits,
                                const Executable &code) {
  std::string before;
  {
    std::lock_guard lock(state_.mutex);
    before = std::exchange(state_.last_traits, traits);
  }
  if (!env_has("GIRIH_LOG", "compile"))
    return;
  std::string why = before.empty() ? "first use" : changes(before, traits);
  std::string how = fmt::format(
      "compiled in {:.1f} ms, assembled in {:.1f} ms, loaded in {:.2f} ms",
      1e3 * code.compile_seconds, 1e3 * code.assemble_seconds,
      1e3 * code.load_seconds);
  if (code.origin == KernelReport::Origin::disk)
    how = fmt::format("from the disk cache, loaded in {:.2f} ms",
                      1e3 * code.load_seconds);
  log_line("compile", fmt::format("{} for {}: {}; {}", source_.name,
                                  short_name(code.target), how, why));
}

std::shared_ptr<const Variant> KernelPlanner::variant(const Config &config,
                                                      bool with_code,
                                                      const Variant *same) {
  const bool index32 = fits_index32(arrays_);
  const std::string key = traits(config, index32);
  std::shared_ptr<const Variant> known;
  {
    std::lock_guard lock(state_.mutex);
    if (const auto at = state_.variants.find(key); at != state_.variants.end())
      known = at->second;
  }
  if (known && (known->code || !with_code))
    return known;
  auto made = std::make_shared<Variant>();
  made->traits = key;
  if (const Variant *from = known ? known.get() : same) {
    made->program = from->program;
    made->limited = from->limited;
  } else {
    made->program = record_for(config, index32);
    made->limited = limited_outputs(made->program);
  }
  made->program.config = config;
  if (with_code) {
    made->code = executable_for(made->program, device_);
    log_variant(key, *made->code);
  }
  std::lock_guard lock(state_.mutex);
  std::shared_ptr<const Variant> &slot = state_.variants[key];
  if (!slot || (with_code && !slot->code))
    slot = std::move(made);
  return slot;
}

// Each program tells the device that the next kernel may come, which takes 1.2
// ns of all of them together (an H200, 2026-11-26): of many small programs that
// is more than what the launch of the next kernel costs.
constexpr int most_overlapping = 16; // programs on a multiprocessor

bool KernelPlanner::overlaps(const Config &config,
                             std::int64_t programs) const {
  if (config.pdl || device_.kind != Device::Kind::cuda)
    return false;
  const DeviceProperties &device = properties(device_);
  return device.compute_capability >= 90 && programs > 0 &&
         programs <= most_overlapping * std::int64_t{device.processors};
}

std::shared_ptr<const Plan> KernelPlanner::make_plan(const CallWords &call) {
  check_operands();
  const Config config = choose_config();
  if (!untuned_)
    return plan_with(call, config);
  try {
    return plan_with(call, config);
  } catch (const Error &error) {
    log_line("tune",
             fmt::format("{}: tuned Config {} is not used: {}", source_.name,
                         config.to_string(), error.what()));
  }
  return plan_with(call, *untuned_);
}

std::shared_ptr<const Plan> KernelPlanner::plan_with(const CallWords &call,
                                                     Config config) {
  std::shared_ptr<const Variant> known = variant(config, false);
  auto plan = std::make_shared<Plan>();
  plan->hash = call.hash();
  plan->epoch = call.epoch();
  plan->words.assign(call.words().begin(), call.words().end());
  if (requested_)
    plan->requested = *requested_;
  plan->device = device_;
  plan->programs = count_programs(*known);
  if (overlaps(config, plan->programs)) {
    config.pdl = true;
    known = variant(config, false, known.get());
  }
  plan->config = config;
  check_written(known->program);
  for (std::size_t at = 0; at < arrays_.size(); ++at) {
    plan->ranges.push_back(byte_range(*arrays_[at]));
    if (known->program.operands[at].direction != Direction::in)
      plan->writes.push_back(static_cast<int>(at));
  }
  plan->sync = env_has("GIRIH_DEBUG", "sync");
  // The checks of what this call may write come before the work of compiling.
  check_overlap(*plan, source_, arrays_);
  plan->checks = wanted_checks(device_);
  if (plan->checks.any())
    plan->checked = {known, &known->program};
  else if (plan->programs > 0)
    plan->code = variant(config, true)->code;
  if (plan->code && !can_describe(*plan->code, arrays_)) {
    // The copy engine cannot reach these operands: threads copy them.
    plan->config.warp_specialize = false;
    plan->code = variant(plan->config, true, known.get())->code;
  }
  plan->record_seconds = record_seconds_;
  return plan;
}

std::shared_ptr<const Plan> KernelPlanner::plan(const CallWords &call) {
  {
    std::lock_guard lock(state_.mutex);
    const auto [first, last] = state_.plans.equal_range(call.hash());
    for (auto at = first; at != last; ++at)
      if (at->second->matches(call, requested_))
        return at->second;
  }
  std::shared_ptr<const Plan> made = make_plan(call);
  std::lock_guard lock(state_.mutex);
  if (state_.plans.size() >= most_plans)
    state_.plans.clear();
  state_.plans.emplace(made->hash, made);
  return made;
}

} // namespace girih
