// SPDX-License-Identifier: Apache-2.0
// cross_entropy: loss[i...] = -weight[t] * log_softmax(logits)[i..., t], t =
// target[i...]; with label smoothing s it is (1 - s) of that and s / C of the
// sum of the same over all classes
//
// Shapes: logits [N, C, d...] and target [N, d...], or [C] and []; weight [C].
// reduction: none, sum, or mean, the sum divided by that of weight[t]. Dtypes:
// f64 f32 f16 bf16, target i64 i32. One pass finds each row's largest logit and
// sum of exponentials; no probabilities are stored.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: torch.nn.functional.cross_entropy with class indices.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/cross_entropy_kernels.h"
#include "girih/ops/normalisation/softmax_family.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

namespace kernels = cross_entropy_kernels;

constexpr DType indices[] = {i64, i32};

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
                            const std::optional<Array> &weight, std::int64_t,
                            std::string_view reduction,
                            double label_smoothing) {
  const Argument x{"logits", logits}, t{"target", target}, w{"weight", weight};
  call.check_same_device({x, t, w});
  call.check_dtype(x, floats);
  call.check_dtype(t, indices);
  call.check_dtype(w, floats);
  call.check_rank(x, 1, max_rank);
  const int along = class_dim(logits);
  const Dims rows = reduced_shape(logits, {&along, 1}, false);
  if (!std::ranges::equal(target.shape(), std::span<const std::int64_t>(rows)))
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
  void mean(const Array &losses, const Array &counted, const Array &out) const;
  void write(std::int64_t ignored, double smoothing, const Array &loss,
             const Array &counted) const;
};

// The sums over the classes of weight * x.
Array Loss::classes() const {
  const Array out = rows();
  LaneViews views = lanes;
  views.columns = false;
  const LaneBlocks tiles =
      lane_blocks(views, logits.dtype(), logits.device(), false, 2, 4);
  std::vector<const Array *> operands{&logits};
  if (weight)
    operands.push_back(&*weight);
  operands.push_back(&out);
  run_with(call, kernels::classes(weight.has_value()), tiles.config(),
           operands);
  return out;
}

// Up to here one program adds up the rows sooner than launches of many begin.
constexpr std::int64_t few_rows = 16384;

void Loss::mean(const Array &losses, const Array &counted,
                const Array &out) const {
  if (lanes.rows == 0 || lanes.rows > few_rows) {
    const Array sum = total(losses, number()), count = total(counted, number());
    const Array *operands[] = {&sum, &count, &out};
    return call.run(kernels::quotient(), operands);
  }
  const Array of_rows[] = {losses.reshape({-1}), counted.reshape({-1}),
                           unsqueezed(out, 0)};
  const Array *operands[] = {&of_rows[0], &of_rows[1], &of_rows[2]};
  Config config;
  const std::int64_t at_once =
      std::min<std::int64_t>(power_of_two(lanes.rows), 2048);
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

void CrossEntropy::launch(const Call &call, const Array &logits,
                          const Array &target,
                          const std::optional<Array> &weight,
                          std::int64_t ignore_index, std::string_view reduction,
                          double label_smoothing, const Array &out) {
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
  if (!reduces)
    return;
  if (reduction == "sum") {
    loss.total(values, out);
    return;
  }
  loss.mean(values, counted, out);
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
