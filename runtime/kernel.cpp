// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/kernel.h"

#include "girih/dsl/record.h"
#include "girih/runtime/capture.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/host/parallel.h"
#include "girih/runtime/launch/gpu_launch.h"
#include "girih/runtime/launch/parameter_list.h"
#include "girih/runtime/launch/planner.h"
#include "girih/runtime/launch/tuning_key.h"
#include "girih/runtime/memory.h"

#include <fmt/format.h>

namespace girih {
namespace {

/// The same error at the line of the call; where it is about a line of the
/// kernel, with a note.
[[noreturn]] void rethrow_at(const RuntimeError &error,
                             const std::string &kernel,
                             std::source_location where) {
  Diagnostic diagnostic = error.diagnostic();
  const SourceLine call(where);
  if (!diagnostic.where.known())
    diagnostic.where = call;
  else if (diagnostic.where.to_string() != call.to_string())
    diagnostic.note(call, "in this call of kernel " + printable_name(kernel));
  throw RuntimeError(std::move(diagnostic));
}

/// A mistake in the kernel, with the call that brought it to light; once where
/// a kernel calls itself.
[[noreturn]] void rethrow_from(const CompileError &error,
                               const std::string &kernel,
                               std::source_location where) {
  Diagnostic diagnostic = error.diagnostic();
  const SourceLine call(where);
  const std::string text = "in this call of kernel " + printable_name(kernel);
  if (diagnostic.notes.empty() || diagnostic.notes.back().text != text ||
      diagnostic.notes.back().where.to_string() != call.to_string())
    diagnostic.note(call, text);
  throw CompileError(std::move(diagnostic));
}

void run_on_host(const Plan &plan, const std::int64_t *parameters) {
  if (plan.checked) [[unlikely]]
    compiler::run_checked(*plan.checked, parameters, plan.checks);
  else
    run_parallel(plan.code->host->entry(), parameters, plan.programs,
                 plan.code->scratch_bytes);
}

/// On the host a launch that is captured is a step of the graph.
void capture_on_host(Capture &capture, const Plan &plan,
                     std::span<const std::int64_t> parameters,
                     std::span<const Array *const> arrays,
                     const std::string &name) {
  for (const Array *array : arrays)
    capture.keep(array->owner());
  capture.name_kernel(name);
  capture.work.steps.emplace_back(
      [plan, words = std::vector(parameters.begin(), parameters.end())] {
        run_on_host(plan, words.data());
      });
}

void note_written(Capture &capture, const Plan &plan,
                  std::span<const Array *const> arrays, const Stream &stream) {
  std::vector<const Array *> written;
  for (const int at : plan.writes)
    written.push_back(arrays[static_cast<std::size_t>(at)]);
  capture.note_work(stream, written);
}

std::int64_t blocks_of(const Plan &plan) {
  const Executable &code = *plan.code;
  // Blocks that share the rounds of programs have something to do in any case.
  if (code.stream_flags > 0)
    return code.function.resident_blocks / code.blocks * code.blocks;
  if (const int resident = code.function.resident_blocks; resident > 0) {
    const std::int64_t clusters =
        (plan.programs + code.blocks - 1) / code.blocks;
    return std::min<std::int64_t>(clusters, resident / code.blocks) *
           code.blocks;
  }
  return plan.programs * code.blocks;
}

/// Where blocks that share the rounds of programs leave sums for each other, in
/// the order of the stream.
class LeftSums {
public:
  LeftSums(const Plan &plan, std::int64_t blocks, const Stream &stream) {
    const Executable &code = *plan.code;
    if (code.stream_flags == 0)
      return;
    const auto count = static_cast<std::size_t>(blocks);
    const std::size_t bytes =
        count * static_cast<std::size_t>(code.stream_bytes);
    sums_ = stream.bound() ? allocate_on(stream, bytes)
                           : allocate(bytes, plan.device);
    flags_ = allocate_zeros(
        stream, plan.device,
        count * static_cast<std::size_t>(code.stream_flags) * sizeof(int));
    if (Capture *capture = capture_on(plan.device)) {
      capture->keep(sums_);
      capture->keep(flags_);
    }
  }
  StreamMemory memory() const { return {sums_.get(), flags_.get()}; }

private:
  std::shared_ptr<void> sums_, flags_;
};

void execute(const Plan &plan, const KernelSource &source, CallWords &call,
             std::span<const Array *const> arrays, const Stream &stream,
             const cuda::LaunchSite *site) {
  if (stream.bound() && stream.device() != plan.device)
    fail(ErrorId::device,
         fmt::format("kernel {}: the stream is of {}, the arrays are on {}",
                     source.name, stream.device().to_string(),
                     plan.device.to_string()),
         {.help = "take a stream of the arrays' device"});
  check_overlap(plan, source, arrays);
  if (plan.programs == 0 && !plan.checked)
    return;
  call.become_parameters(arrays);
  if (plan.device.kind == Device::Kind::host) {
    if (Capture *capture = capture_on(plan.device)) [[unlikely]]
      return capture_on_host(*capture, plan, call.words(), arrays, source.name);
    return run_on_host(plan, call.words().data());
  }
  const Executable &code = *plan.code;
  const std::int64_t blocks = blocks_of(plan);
  const LeftSums left(plan, blocks, stream);
  ParameterList list(call.words(), code, arrays, left.memory());
  launch_on_gpu({.gpu = *code.gpu,
                 .function = code.function.function,
                 .grid = {static_cast<unsigned>(blocks), 1, 1},
                 .block = {static_cast<unsigned>(code.threads), 1, 1},
                 .shared_bytes = static_cast<unsigned>(code.shared_bytes),
                 .parameters = call.words().data(),
                 .parameter_bytes = call.words().size_bytes(),
                 .parameter_list = list.data(),
                 .pdl = code.pdl,
                 .sync = plan.sync},
                arrays, stream, site);
  if (Capture *capture = capture_on(plan.device)) [[unlikely]]
    note_written(*capture, plan, arrays, stream);
}

void check_count(const KernelSource &source, std::size_t count) {
  if (count != static_cast<std::size_t>(source.arity()))
    throw RuntimeError(ErrorId::count, {source.name, source.arity(), count});
  if (count > max_operands)
    fail(ErrorId::argument,
         fmt::format("kernel {} has {} operands; the most is {}", source.name,
                     count, max_operands));
}

/// What the plan of a call depends on besides: which Configs are known.
std::uint32_t epoch_of(const LaunchOptions &options) {
  return options.config && !options.tunable ? 0 : config_generation();
}

std::vector<const Array *> pointers_to(std::span<const Array> arrays) {
  std::vector<const Array *> pointers;
  for (const Array &array : arrays)
    pointers.push_back(&array);
  return pointers;
}

} // namespace

Kernel::Kernel(KernelSource source)
    : state_(std::make_shared<State>(std::move(source))) {}

Kernel::Kernel(Program program)
    : state_(std::make_shared<State>(std::move(program))) {}

const std::string &Kernel::name() const { return state_->source.name; }
int Kernel::arity() const { return state_->source.arity(); }
const KernelSource &Kernel::source() const { return state_->source; }

Kernel Kernel::with(const std::string &name, ConstantValue value,
                    std::source_location where) const {
  check_constant_name(name, where);
  if (state_->recorded)
    throw RuntimeError(
        ErrorId::argument,
        {fmt::format("kernel {}: constant {} cannot be changed in a Program "
                     "that was recorded",
                     this->name(), name)},
        where);
  const std::string key = name + " " + value.to_string();
  std::lock_guard lock(state_->mutex);
  std::shared_ptr<State> &derived = state_->derived[key];
  if (!derived) {
    KernelSource source = state_->source;
    source.constants.insert_or_assign(name, value);
    derived = std::make_shared<State>(std::move(source));
  }
  return Kernel(derived);
}

void Kernel::launch(std::span<const Array> arrays, const LaunchOptions &options,
                    std::source_location where) const {
  run(pointers_to(arrays), options, where);
}

namespace {

/// The arrays of a launch that is captured: what it reads is settled where
/// nothing writes it that may still run when it begins.
std::vector<Array> settled_arrays(const Capture &capture,
                                  const KernelSource &source,
                                  std::span<const Array *const> arrays) {
  std::vector<Array> marked;
  for (std::size_t at = 0; at < arrays.size(); ++at) {
    const Array &array = *arrays[at];
    const bool settled = source.directions[at] != Direction::out &&
                         !array.by_value() && !capture.written_by_noted(array);
    const Access access =
        array.read_only() ? Access::constant : Access::settled;
    marked.push_back(settled ? array.with_access(access) : array);
  }
  return marked;
}

} // namespace

void Kernel::run(std::span<const Array *const> arrays,
                 const LaunchOptions &options, std::source_location where) const
    try {
  check_count(state_->source, arrays.size());
  const Capture *capture = current_capture();
  if (!capture || !capture->follows_noted(options.stream)) [[likely]]
    return run_planned(arrays, options, where);
  const std::vector<Array> marked =
      settled_arrays(*capture, state_->source, arrays);
  run_planned(pointers_to(marked), options, where);
} catch (const RuntimeError &error) {
  rethrow_at(error, name(), where);
} catch (const CompileError &error) {
  rethrow_from(error, name(), where);
}

void Kernel::run_planned(std::span<const Array *const> arrays,
                         const LaunchOptions &options,
                         const std::source_location &where) const {
  const KernelSource &source = state_->source;
  const Config *config = options.config ? &*options.config : nullptr;
  CallWords call(arrays, config, epoch_of(options));
  RecentPlans::Slot *slot =
      RecentPlans::slot(state_->number, call.hash(), where.line());
  if (slot && slot->kernel == state_->number && slot->plan &&
      slot->plan->matches(call, config) && slot->line == where.line() &&
      slot->file == where.file_name()) [[likely]] {
    execute(*slot->plan, source, call, arrays, options.stream, slot->site);
    return;
  }
  const auto plan =
      KernelPlanner(*state_, arrays, config, options.tunable).plan(call);
  const auto *site =
      cuda::intern_site(source.name, where.file_name(), where.line());
  if (slot)
    *slot = {state_->number, plan, site, where.file_name(), where.line()};
  execute(*plan, source, call, arrays, options.stream, site);
}

KernelReport Kernel::prepare(std::span<const Array> arrays,
                             const LaunchOptions &options) const {
  check_count(state_->source, arrays.size());
  const auto pointers = pointers_to(arrays);
  const Config *config = options.config ? &*options.config : nullptr;
  const CallWords call(pointers, config, epoch_of(options));
  const auto plan =
      KernelPlanner(*state_, pointers, config, options.tunable).plan(call);
  KernelReport report;
  report.config = plan->config;
  report.programs = plan->programs;
  report.record_seconds = plan->record_seconds;
  if (!plan->code)
    return report;
  const Executable &code = *plan->code;
  report.target = short_name(code.target);
  report.origin = code.origin;
  report.threads = code.threads;
  report.registers = code.function.registers;
  report.local_bytes = code.function.local_bytes;
  report.shared_bytes = code.shared_bytes + code.function.static_shared;
  report.compile_seconds = code.compile_seconds;
  report.assemble_seconds = code.assemble_seconds;
  report.load_seconds = code.load_seconds;
  return report;
}

Program Kernel::program(std::span<const Array> arrays,
                        const LaunchOptions &options) const {
  check_count(state_->source, arrays.size());
  const auto pointers = pointers_to(arrays);
  const Config *config = options.config ? &*options.config : nullptr;
  return KernelPlanner(*state_, pointers, config, options.tunable).program();
}

Program Kernel::launched_program(std::span<const Array> arrays,
                                 const LaunchOptions &options) const {
  check_count(state_->source, arrays.size());
  const auto pointers = pointers_to(arrays);
  const Config *config = options.config ? &*options.config : nullptr;
  return KernelPlanner(*state_, pointers, config, options.tunable)
      .launched_program();
}

} // namespace girih
