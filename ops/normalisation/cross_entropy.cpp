// SPDX-License-Identifier: Apache-2.0
// cross_entropy: loss[i...] = -weight[t] * log_softmax(logits)[i..., t], t =
// target[i...]; with label smoothing s it is (1 - s) of that and s / C of the
// sum of the same over all classes. A target of floats has the share of each
// class: loss[i...] is then the sum over c of target[i..., c] times that of c
//
// Shapes: logits [N, C, d...] and target [N, d...], or [C] and []; shares have
// the shape of logits; weight [C]. reduction: none, sum, or mean, the sum
// divided by that of weight[t], of shares by the number of rows. Dtypes: f64
// f32 f16 bf16, target i64 i32 or that of logits. One pass finds each row's
// largest logit and sum of exponentials; no probabilities are stored.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: torch.nn.functional.cross_entropy.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/cross_entropy_kernels.h"
#include "girih/ops/normalisation/softmax_family.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

namespace kernels = cross_entropy_kernels;

constexpr DType indices_or_shares[] = {i64, i32, bf16, f32, f16, f64};

// Whether a target says how much of a row each class has.
bool has_shares(const Array &target) { return is_float(target.dtype()); }

struct CrossEntropy {
  static constexpr std::string_view signature =
      "cross_entropy(logits, target, weight: array? = None, "
      "ignore_index: int = -100, reduction: str = 'mean', "
      "label_smoothing: float = 0) -> out";
  static Shaped result(const Call &, const Array &logits, const Array &target,
                       const std::optional<Array> &weight,
                       std::int64_t ignore_index, std::string_view reduction,
                       double label_smoothing);
  static void launch(const Call &, const Array &logits, const Array &target,
                     const std::optional<Array> &weight,
                     std::int64_t ignore_index, std::string_view reduction,
                     double label_smoothing, const Array &out);
};

int class_dim(const Array &logits) { return logits.rank() == 1 ? 0 : 1; }

Shaped CrossEntropy::result(const Call &call, const Array &logits,
                            const Array &target,
                            const std::optional<Array> &weight,
                            std::int64_t ignore_index,
                            std::string_view reduction,
                            double label_smoothing) {
  const Argument x{"logits", logits}, t{"target", target}, w{"weight", weight};
  call.check_same_device({x, t, w});
  call.check_dtype(x, floats);
  call.check_dtype(t, indices_or_shares);
  call.check_dtype(w, floats);
  call.check_rank(x, 1, max_rank);
  const int along = class_dim(logits);
  const Dims rows = reduced_shape(logits, {&along, 1}, false);
  if (has_shares(target)) {
    call.check_same_dtype(x, t);
    call.require(ignore_index < 0,
                 "ignore_index must be negative where target has shares of "
                 "classes",
                 {t});
    if (!std::ranges::equal(target.shape(), logits.shape()))
      call.fail(ErrorId::shape,
                "target must have the shape of logits, as it has shares of "
                "classes",
                {x, t});
  } else if (!std::ranges::equal(target.shape(),
                                 std::span<const std::int64_t>(rows)))
    call.fail(ErrorId::shape,
              "target must have the shape of logits without the classes",
              {x, t});
  call.check_shape(w, {logits.size(along)}, {x});
  call.require(reduction == "none" || reduction == "mean" || reduction == "sum",
               "reduction must be none, mean or sum");
  call.require(label_smoothing >= 0 && label_smoothing <= 1,
               "label_smoothing must be from 0 to 1");
  return {reduction == "none" ? rows : Dims{}, logits.dtype()};
}

// One call: views [kept..., C] and [kept...] of its arrays, and what rows get.
struct Loss {
  const Call &call;
  Array logits, target;
  std::optional<Array> weight;
  LaneViews lanes;
  DType type;

  Array rows() const {
    return allocate_result(
        logits.shape().first(static_cast<std::size_t>(lanes.kept)), type,
        logits.device(), call.stream);
  }
  Array number() const {
    return allocate_result({}, type, logits.device(), call.stream);
  }
  Array total(const Array &of, const Array &into) const {
    const Array through = Array::scalar(0, type);
    std::vector<int> dims(static_cast<std::size_t>(of.rank()));
    for (int d = 0; d < of.rank(); ++d)
      dims[static_cast<std::size_t>(d)] = d;
    launch_reduction(call, sum_kernels(), of, dims, false, {&through, 1},
                     {&into, 1});
    return into;
  }
  Config blocks() const {
    Config config;
    config.blocks = {{"BM", std::min<std::int64_t>(lanes.last, 128) > 16
                                ? std::int64_t{128}
                                : std::int64_t{16}}};
    return config;
  }
  Array classes() const;
  // The sum of losses over that of counted, or over a number.
  void mean(const Array &losses, const Array &counted, const Array &out) const;
  void mean_by_number(const Array &losses, const Array &count,
                      const Array &out) const;
  LaneBlocks tiles() const;
  void write(std::int64_t ignored, double smoothing, const Array &loss,
             const Array &counted) const;
  void write_of_shares(double smoothing, const Array &loss) const;
};

// Of kernels that go over the classes.
LaneBlocks Loss::tiles() const {
  LaneViews views = lanes;
  views.columns = false;
  return lane_blocks(views, logits.dtype(), logits.device(), false, 2, 4);
}

// The sums over the classes of weight * x.
Array Loss::classes() const {
  const Array out = rows();
  std::vector<const Array *> operands{&logits};
  if (weight)
    operands.push_back(&*weight);
  operands.push_back(&out);
  run_with(call, kernels::classes(weight.has_value()), tiles().config(),
           operands);
  return out;
}

// Up to here one program adds up the rows sooner than launches of many begin.
constexpr std::int64_t few_rows = 16384;

void Loss::mean_by_number(const Array &losses, const Array &count,
                          const Array &out) const {
  const Array sum = total(losses, number());
  const Array *operands[] = {&sum, &count, &out};
  call.run(kernels::quotient(), operands);
}

void Loss::mean(const Array &losses, const Array &counted,
                const Array &out) const {
  if (lanes.rows == 0 || lanes.rows > few_rows)
    return mean_by_number(losses, total(counted, number()), out);
  const Array of_rows[] = {losses.reshape({-1}), counted.reshape({-1}),
                           unsqueezed(out, 0)};
  const Array *operands[] = {&of_rows[0], &of_rows[1], &of_rows[2]};
  Config config;
  const std::int64_t at_once =
      std::min<std::int64_t>(power_of_two(lanes.rows), 262144 / bits(type));
  config.blocks = {{"BN", at_once}};
  config.num_warps =
      static_cast<int>(std::clamp<std::int64_t>(at_once / 128, 1, 16));
  run_with(call, kernels::mean(), config, operands);
}

void Loss::write(std::int64_t ignored, double smoothing, const Array &loss,
                 const Array &counted) const {
  const Array sums[] = {rows(), rows()};
  const int dims[] = {lanes.kept};
  launch_reduction(call, softmax_family::sums(), logits, dims, false, {}, sums);
  std::vector<Array> arrays{logits, target, sums[0], sums[1]};
  if (weight)
    arrays.push_back(*weight);
  if (smoothing > 0) {
    const auto count = static_cast<double>(lanes.depth);
    arrays.push_back(classes());
    arrays.push_back(weight ? total(*weight, number())
                            : Array::scalar(count, type));
    arrays.push_back(Array::scalar(1 - smoothing, type));
    arrays.push_back(Array::scalar(smoothing / count, type));
  }
  arrays.push_back(Array::scalar(ignored, i64));
  arrays.push_back(loss);
  arrays.push_back(counted);
  std::vector<const Array *> operands;
  for (const Array &each : arrays)
    operands.push_back(&each);
  run_with(call, kernels::loss(lanes.kept, weight.has_value(), smoothing > 0),
           blocks(), operands);
}

void Loss::write_of_shares(double smoothing, const Array &loss) const {
  const Array sums[] = {rows(), rows()};
  const int dims[] = {lanes.kept};
  launch_reduction(call, softmax_family::sums(), logits, dims, false, {}, sums);
  const Array own = Array::scalar(1 - smoothing, type),
              mixed = Array::scalar(
                  smoothing / static_cast<double>(lanes.depth), type);
  std::vector<const Array *> operands{&logits, &target};
  if (weight)
    operands.push_back(&*weight);
  for (const Array *each : {&sums[0], &sums[1], &own, &mixed, &loss})
    operands.push_back(each);
  run_with(call, kernels::shares(weight.has_value()), tiles().config(),
           operands);
}

void launch_shares(const Call &call, const Array &logits, const Array &target,
                   const std::optional<Array> &weight,
                   std::string_view reduction, double label_smoothing,
                   const Array &out) {
  const DType type = computed(logits.dtype());
  const int along = class_dim(logits);
  const bool reduces = reduction != "none";
  std::array<Array, 3> views{
      logits, target,
      reduces ? allocate_result(reduced_shape(logits, {&along, 1}, false), type,
                                logits.device(), call.stream)
              : out};
  const LaneViews lanes = lane_views(views, 2, {&along, 1}, false, true);
  const Loss loss{call, views[0], views[1], weight, lanes, type};
  if (lanes.rows > 0)
    loss.write_of_shares(label_smoothing, views[2]);
  if (reduction == "mean")
    loss.mean_by_number(
        views[2], Array::scalar(static_cast<double>(lanes.rows), type), out);
  else if (reduces)
    loss.total(views[2], out);
}

void CrossEntropy::launch(const Call &call, const Array &logits,
                          const Array &target,
                          const std::optional<Array> &weight,
                          std::int64_t ignore_index, std::string_view reduction,
                          double label_smoothing, const Array &out) {
  if (has_shares(target))
    return launch_shares(call, logits, target, weight, reduction,
                         label_smoothing, out);
  const bool reduces = reduction != "none";
  std::array<Array, 3> views{logits, target, reduces ? target : out};
  const int along = class_dim(logits);
  const LaneViews lanes = lane_views(views, 1, {&along, 1}, false, true);
  const Loss loss{call,   views[0], views[1],
                  weight, lanes,    computed(logits.dtype())};
  const Array counted = loss.rows();
  const Array values = reduces ? loss.rows() : views[2];
  if (lanes.rows > 0)
    loss.write(ignore_index, label_smoothing, values, counted);
  if (reduction == "mean")
    loss.mean(values, counted, out);
  else if (reduces)
    loss.total(values, out);
}

// Operands of representative calls, [N, C].
std::vector<OperandShape> loss_operands(DType dtype,
                                        std::span<const std::int64_t> n,
                                        bool weighted, bool smoothed) {
  const DType type = computed(dtype);
  const OperandShape row{type, {n[0]}, {}}, number{type, {}, {}, true};
  std::vector<OperandShape> all{
      {dtype, {n[0], n[1]}, {}}, {i64, {n[0]}, {}}, row, row};
  if (weighted)
    all.push_back({dtype, {n[1]}, {}});
  if (smoothed) {
    all.push_back(row);
    all.push_back(weighted ? OperandShape{type, {}, {}} : number);
    all.push_back(number);
    all.push_back(number);
  }
  all.push_back({i64, {}, {}, true});
  all.push_back(row);
  all.push_back(row);
  return all;
}

KernelEntry
entry(const Kernel &kernel,
      std::function<std::vector<OperandShape>(DType,
                                              std::span<const std::int64_t>)>
          operands) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {bf16, f32},
          .size_names = {"N", "C"},
          .sizes = {4096, 151936},
          .picture_sizes = {3, 5},
          .operands = std::move(operands)};
}

} // namespace

Array cross_entropy(const Array &logits, const Array &target,
                    const std::optional<Array> &weight,
                    std::int64_t ignore_index, std::string_view reduction,
                    double label_smoothing, const Stream &stream,
                    std::source_location where) {
  return compute<CrossEntropy>(stream, where, logits, target, weight,
                               ignore_index, reduction, label_smoothing);
}

void cross_entropy_out(const Array &logits, const Array &target,
                       const Array &out, const std::optional<Array> &weight,
                       std::int64_t ignore_index, std::string_view reduction,
                       double label_smoothing, const Stream &stream,
                       std::source_location where) {
  compute_into<CrossEntropy>(stream, where, std::tie(out), logits, target,
                             weight, ignore_index, reduction, label_smoothing);
}

OpEntry entry_of_cross_entropy() {
  using Sizes = std::span<const std::int64_t>;
  std::vector<KernelEntry> entries;
  for (bool weighted : {false, true}) {
    for (bool smoothed : {false, true})
      entries.push_back(entry(
          kernels::loss(1, weighted, smoothed), [=](DType dtype, Sizes n) {
            return loss_operands(dtype, n, weighted, smoothed);
          }));
    entries.push_back(
        entry(kernels::classes(weighted), [=](DType dtype, Sizes n) {
          std::vector<OperandShape> all{{dtype, {n[0], n[1]}, {}}};
          if (weighted)
            all.push_back({dtype, {n[1]}, {}});
          all.push_back({computed(dtype), {n[0]}, {}});
          return all;
        }));
  }
  for (bool weighted : {false, true})
    entries.push_back(
        entry(kernels::shares(weighted), [=](DType dtype, Sizes n) {
          const OperandShape matrix{dtype, {n[0], n[1]}, {}};
          const OperandShape row{computed(dtype), {n[0]}, {}};
          const OperandShape number{computed(dtype), {}, {}, true};
          std::vector<OperandShape> all{matrix, matrix};
          if (weighted)
            all.push_back({dtype, {n[1]}, {}});
          for (const OperandShape &each : {row, row, number, number, row})
            all.push_back(each);
          return all;
        }));
  entries.push_back(entry(kernels::quotient(), [](DType dtype, Sizes) {
    const OperandShape number{computed(dtype), {}, {}};
    return std::vector<OperandShape>{number, number, {dtype, {}, {}}};
  }));
  entries.push_back(entry(kernels::mean(), [](DType dtype, Sizes n) {
    const OperandShape row{computed(dtype), {n[0]}, {}};
    return std::vector<OperandShape>{row, row, {dtype, {1}, {}}};
  }));
  return op_entry<CrossEntropy>(
      {"normalisation",
       "the negative log-likelihood of the target classes",
       {std::begin(floats), std::end(floats)},
       std::move(entries)});
}

} // namespace girih::ops
