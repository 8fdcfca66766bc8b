// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/digit_sort.h"

#include "girih/ops/ordering/digit_kernels.h"
#include "girih/ops/ordering/order_keys.h"
#include "girih/ops/sizes.h"

namespace girih::ops::order {

namespace {

// Fewer programs than that leave a GPU's multiprocessors idle.
constexpr std::int64_t few_pieces = 132;
// A program of digit_merge reads what was written down of all pieces, as long
// as those are few.
constexpr std::int64_t most_added_alone = 96;

// Elements and where they come from.
struct Elements {
  Array values, places;
};

// The state of one call.
struct DigitSort {
  const Call &call;
  const Array &x;
  const LaneViews &lanes;
  std::int64_t piece = 0, count = 0;
  Config config;
  DigitForm form;
  Array starts, ahead, totals; // digit_kernels.h

  DigitSort(const Call &of, const Array &source, const LaneViews &views,
            bool descending);
  Elements scratch() const;
  void make_runs(const Elements &from, const Array &shift,
                 const Elements &to) const;
  void merge(const Elements &from, const Array &shift,
             const Elements &to) const;

private:
  Array array_of(std::int64_t last, DType dtype) const;
};

DigitSort::DigitSort(const Call &of, const Array &source,
                     const LaneViews &views, bool descending)
    : call(of), x(source), lanes(views) {
  const bool on_gpu = x.device().kind == Device::Kind::cuda;
  piece = !on_gpu ? 16384 : bits(x.dtype()) == 64 ? 2048 : 4096;
  const bool few = lanes.rows * pieces_of(lanes.depth, piece) < few_pieces;
  if (few && on_gpu)
    piece /= 2;
  count = pieces_of(lanes.depth, piece);
  config.blocks = {{"T", piece}};
  if (on_gpu)
    config.num_warps =
        static_cast<int>(piece / (few || bits(x.dtype()) == 64 ? 256 : 512));
  form = {lanes.kept, descending, false, count > most_added_alone};
  starts = array_of(count * digit_count, i32);
  if (form.summed) {
    ahead = array_of(count * digit_count, i32);
    totals = array_of(digit_count, i32);
  }
}

// [kept..., last]
Array DigitSort::array_of(std::int64_t last, DType dtype) const {
  Dims shape = dims_of(x.shape().first(static_cast<std::size_t>(lanes.kept)));
  shape.sizes[static_cast<std::size_t>(shape.rank++)] = last;
  return allocate_result(shape, dtype, x.device(), call.stream);
}

Elements DigitSort::scratch() const {
  return {array_of(lanes.depth, x.dtype()), array_of(lanes.depth, i32)};
}

void DigitSort::make_runs(const Elements &from, const Array &shift,
                          const Elements &to) const {
  if (form.first) {
    const Array *operands[] = {&from.values, &shift, &to.values, &to.places,
                               &starts};
    return run_with(call, digit_runs_kernel(form), config, operands);
  }
  const Array *operands[] = {&from.values, &from.places, &shift,
                             &to.values,   &to.places,   &starts};
  run_with(call, digit_runs_kernel(form), config, operands);
}

void DigitSort::merge(const Elements &from, const Array &shift,
                      const Elements &to) const {
  if (!form.summed) {
    const Array *operands[] = {&from.values, &from.places, &shift,
                               &starts,      &to.values,   &to.places};
    return run_with(call, digit_merge_kernel(form), config, operands);
  }
  const Array length = Array::scalar(piece, i32);
  const Array *sums[] = {&starts, &length, &ahead, &totals};
  Config few_digits;
  few_digits.blocks = {{"D", 16}};
  run_with(call, digit_sums_kernel(form.kept), few_digits, sums);
  const Array *operands[] = {&from.values, &from.places, &shift,    &ahead,
                             &totals,      &to.values,   &to.places};
  run_with(call, digit_merge_kernel(form), config, operands);
}

} // namespace

void launch_digit_sort(const Call &call, const Array &x, const LaneViews &lanes,
                       bool descending, const Array &values,
                       const Array &indices) {
  DigitSort sort(call, x, lanes, descending);
  const Elements runs = sort.scratch();
  Elements from{x, {}};
  const std::int64_t digits = digits_of(x.dtype());
  for (std::int64_t digit = 0; digit < digits; ++digit) {
    const Array shift = Array::scalar(8 * digit, i32);
    sort.form.first = digit == 0;
    sort.make_runs(from, shift, runs);
    if (digit + 1 == digits)
      return sort.merge(runs, shift, {values, indices});
    if (digit == 0)
      from = sort.scratch();
    sort.merge(runs, shift, from);
  }
}

std::vector<KernelEntry> digit_entries() {
  using Sizes = std::span<const std::int64_t>;
  using Operands = std::vector<OperandShape>;
  const auto entry = [](const Kernel &kernel, std::string_view config,
                        std::function<Operands(DType, Sizes)> operands) {
    return KernelEntry{.name = kernel.name(),
                       .kernel = kernel,
                       .dtypes = {bf16, f32, f64},
                       .size_names = {"M", "N", "C"},
                       .sizes = {64, 151936, 38},
                       .picture_sizes = {2, 5, 3},
                       .operands = std::move(operands),
                       .config = config};
  };
  const OperandShape shift{i32, {}, {}, true};
  const auto elements = [](DType x, Sizes n, DType places) {
    return Operands{{x, {n[0], n[1]}, {}}, {places, {n[0], n[1]}, {}}};
  };
  const auto counts = [](Sizes n, std::int64_t pieces) {
    return OperandShape{i32, {n[0], pieces * digit_count}, {}};
  };
  const auto joined = [](Operands first, const Operands &second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  std::vector<KernelEntry> all;
  for (bool descending : {false, true}) {
    DigitForm form;
    form.descending = descending;
    all.push_back(entry(
        digit_runs_kernel(form), "T=4096 num_warps=8", [=](DType x, Sizes n) {
          Operands operands = joined(elements(x, n, i32), {shift});
          operands = joined(operands, elements(x, n, i32));
          return joined(operands, {counts(n, n[2])});
        }));
    all.push_back(entry(
        digit_merge_kernel(form), "T=4096 num_warps=8", [=](DType x, Sizes n) {
          return joined(joined(elements(x, n, i32), {shift, counts(n, n[2])}),
                        elements(x, n, i64));
        }));
    form.summed = true;
    all.push_back(entry(
        digit_merge_kernel(form), "T=4096 num_warps=8", [=](DType x, Sizes n) {
          return joined(joined(elements(x, n, i32),
                               {shift, counts(n, n[2]), counts(n, 1)}),
                        elements(x, n, i64));
        }));
    form.first = true;
    all.push_back(entry(digit_runs_kernel(form), "T=4096 num_warps=8",
                        [=](DType x, Sizes n) {
                          return joined(joined({{x, {n[0], n[1]}, {}}, shift},
                                               elements(x, n, i32)),
                                        {counts(n, n[2])});
                        }));
  }
  all.push_back(entry(digit_sums_kernel(1), "D=16", [=](DType, Sizes n) {
    return Operands{counts(n, n[2]), shift, counts(n, n[2]), counts(n, 1)};
  }));
  return all;
}

} // namespace girih::ops::order
