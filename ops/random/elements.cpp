// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/random/elements.h"

#include <algorithm>
#include <deque>

namespace girih::ops {

namespace {

Kernel make_kernel(const Drawing &drawing, int rank) {
  KernelSource source;
  source.name = drawing.name;
  source.where = std::source_location::current();
  const auto add = [&](std::string name, Direction way) {
    source.operand_names.push_back(std::move(name));
    source.directions.push_back(way);
  };
  if (drawing.arrays)
    add("x", Direction::in);
  for (int i = 0; i < drawing.numbers; ++i)
    add("number" + std::to_string(i), Direction::in);
  add("seed", Direction::in);
  add("offset", Direction::in);
  const int strides = rank > 1 ? rank : 0;
  for (int i = 0; i < strides; ++i)
    add("stride" + std::to_string(i), Direction::in);
  add("out", Direction::out);
  if (rank > 1)
    source.name += "_rank" + std::to_string(rank);
  source.arrangement = [](std::span<const Tensor> operands) {
    Arrangement out;
    for (const Tensor &each : operands)
      out.operands.push_back(arrange::elementwise_operand(each));
    return out;
  };
  const int count = static_cast<int>(source.directions.size());
  source.application = [=](Recorder &recorder) {
    std::deque<In> ins;
    for (int i = 0; i + 1 < count; ++i)
      ins.emplace_back(recorder, i);
    Out out(recorder, count - 1);
    Tiles arrays, numbers;
    int at = 0;
    const auto next = [&]() -> In & {
      return ins[static_cast<std::size_t>(at++)];
    };
    for (int i = 0; i < drawing.arrays; ++i)
      arrays.emplace_back(next());
    for (int i = 0; i < drawing.numbers; ++i)
      numbers.emplace_back(next());
    const Tile seed = next(), offset = next();
    std::optional<Tile> place;
    if (strides == 0)
      place = out.offsets(0);
    for (int d = 0; d < strides; ++d) {
      const Tile part = out.offsets(d) * next();
      place = place ? *place + part : part;
    }
    const bool whole = drawing.arrays == 0 && out.dtype() == f64;
    out = drawing.apply(bits_at(seed, offset, *place, whole), arrays, numbers,
                        out.dtype());
  };
  return Kernel(std::move(source));
}

// The strides that the elements would have in row-major order.
Array in_order(const Array &like) {
  Dims strides;
  strides.rank = like.rank();
  std::int64_t stride = 1;
  for (int d = like.rank(); d-- > 0;) {
    strides.sizes[static_cast<std::size_t>(d)] = stride;
    stride *= like.size(d);
  }
  // Its strides are read, never its memory.
  return view_of(like, like.shape(), strides);
}

} // namespace

DrawingKernels::DrawingKernels(const Drawing &drawing) : drawing_(drawing) {
  for (int rank = 0; rank <= max_rank; ++rank)
    kernels_.push_back(make_kernel(drawing, rank));
}

void launch_drawing(const Call &call, const DrawingKernels &kernels,
                    const std::optional<Array> &array,
                    std::initializer_list<double> numbers,
                    const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                    const Array &out) {
  std::array<Array, 3> views{out, in_order(out), out};
  if (array)
    views[0] = *array;
  collapse(views);
  const Array &places = views[1], &target = views[2];
  std::vector<Array> by_value;
  for (double number : numbers)
    by_value.push_back(Array::scalar(number, out.dtype() == f64 ? f64 : f32));
  by_value.push_back(seed.as(i64));
  by_value.push_back(offset.as(i64));
  if (target.rank() > 1)
    for (std::int64_t stride : places.strides())
      by_value.push_back(Array::scalar(stride, i64));
  std::vector<const Array *> operands;
  if (array)
    operands.push_back(&views[0]);
  for (const Array &each : by_value)
    operands.push_back(&each);
  operands.push_back(&target);
  LaunchOptions options{.config = {}, .stream = call.stream};
  if (target.rank() <= 1 && bits(out.dtype()) == 16)
    options.config = block_of(out, /*accesses=*/2);
  kernels.of_rank(target.rank()).run(operands, options, call.where);
}

void check_seed(const Call &call, const ArrayOrNumber &seed,
                const ArrayOrNumber &offset,
                const std::optional<Array> &beside) {
  const Argument of_seed{"seed", seed}, of_offset{"offset", offset};
  const Argument all[] = {{"x", beside}, of_seed, of_offset};
  call.check_same_device(all);
  for (const Argument &each : {of_seed, of_offset}) {
    if (!each.array)
      continue;
    call.check_dtype(each, integers);
    call.check_rank(each, 0);
  }
  call.require(seed.is_array() || seed.is_integer(), "seed must be an integer");
  call.require(offset.is_array() || offset.is_integer(),
               "offset must be an integer");
}

Shaped named_result(const Call &call, const std::vector<std::int64_t> &shape,
                    DType dtype) {
  call.require(shape.size() <= max_rank,
               "shape must have at most 8 dimensions");
  call.require(std::ranges::all_of(shape, [](auto n) { return n >= 0; }),
               "shape must not have negative sizes");
  if (std::ranges::find(floats, dtype) == std::end(floats))
    call.fail(ErrorId::dtype, "dtype cannot be " + std::string(name(dtype)), {},
              "f64, f32, f16 and bf16 are possible");
  return {dims_of(shape), dtype};
}

std::vector<KernelEntry> drawing_entries(const DrawingKernels &kernels,
                                         bool strided) {
  const Drawing &drawing = kernels.drawing();
  const auto entry = [&](int rank) {
    return KernelEntry{
        .name = kernels.of_rank(rank).name(),
        .kernel = kernels.of_rank(rank),
        .dtypes = {bf16, f32},
        .size_names = {"M", "N"},
        .sizes = {4096, 4096},
        .picture_sizes = {2, 3},
        .operands = [=](DType dtype, std::span<const std::int64_t> n) {
          std::vector<OperandShape> all;
          const OperandShape array =
              rank == 1 ? OperandShape{dtype, {n[0] * n[1]}, {}}
                        : OperandShape{dtype, {n[0], n[1]}, {n[1] + 8, 1}};
          if (drawing.arrays)
            all.push_back(array);
          for (int i = 0; i < drawing.numbers; ++i)
            all.push_back({f32, {}, {}, true});
          for (int i = 0; i < 2 + (rank > 1 ? rank : 0); ++i)
            all.push_back({i64, {}, {}, true});
          all.push_back(array);
          return all;
        }};
  };
  std::vector<KernelEntry> entries{entry(1)};
  if (strided)
    entries.push_back(entry(2));
  return entries;
}

} // namespace girih::ops
