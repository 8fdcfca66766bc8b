// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/sizes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace girih::ops {

namespace {

// Elements of a tile: on a GPU 16 bytes a thread of four warps.
std::int64_t tile_elements(const Array &out) {
  if (out.device().kind == Device::Kind::host)
    return 16384;
  return 128 * 16 / std::max<std::int64_t>(bits(out.dtype()) / 8, 1);
}

// Tiles that fit the last two dimensions: rows that are short are taken several
// at a time, and where operands lie across each other both sides are wide. A
// CPU's default does the former.
std::optional<Config> tiles_of(std::span<const Array> views) {
  const Array &out = views.back();
  const std::int64_t rows = power_of_two(out.size(-2)),
                     columns = power_of_two(out.size(-1)),
                     elements = tile_elements(out);
  const bool across =
      std::any_of(views.begin(), views.end(), [](const Array &view) {
        return view.stride(-1) > 1 && view.stride(-2) == 1;
      });
  if (!across && out.device().kind == Device::Kind::host)
    return std::nullopt;
  std::int64_t most = elements;
  while (across && most * most > elements)
    most /= 2;
  Config config;
  const std::int64_t wide = std::min(columns, most);
  config.blocks = {{"BM", std::min(rows, elements / wide)}, {"BN", wide}};
  return config;
}

// Where the second cache has the arrays, programs of four warps end sooner than
// others start, one in 90 cycles on a multiprocessor: these have sixteen. What
// comes from memory, and what makes few programs, takes longer by them
// (docs/decisions.md, 82).
std::optional<Config> cached_block(std::span<const Array> views) {
  constexpr std::int64_t programs = 2048, wider = 4;
  const Array &out = views.back();
  std::int64_t bytes = 0, most_elements = 0; // of a tile of four warps
  for (const Array &view : views) {
    bytes += out.numel() * bits(view.dtype()) / 8;
    most_elements = std::max(most_elements, tile_elements(view));
  }
  if (out.device().kind == Device::Kind::host || out.dtype() == b1 ||
      out.numel() < programs * most_elements ||
      bytes > properties(out.device()).l2_bytes)
    return std::nullopt;
  Config config;
  config.blocks = {{"BLOCK", wider * tile_elements(out)}};
  config.num_warps = 4 * wider;
  return config;
}

// Beside a mask a thread takes as many lanes as fill 16 bytes of the output:
// for those of the mask it would have to hand values to others.
std::optional<Config> masked_block(std::span<const Array> views) {
  const Array &out = views.back();
  const bool masked =
      std::any_of(views.begin(), views.end() - 1,
                  [](const Array &view) { return view.dtype() == b1; });
  if (!masked || bits(out.dtype()) < 16 ||
      out.device().kind == Device::Kind::host)
    return std::nullopt;
  Config config;
  config.blocks = {{"BLOCK", tile_elements(out)}};
  return config;
}

// Inputs whose rows repeat one element have that element instead, where another
// one has whole rows: it is then read once for all lanes of a row. The result
// has a bit for each such operand.
std::int64_t share_columns(std::span<Array> inputs,
                           std::span<const Array *const> operands) {
  const auto repeats = [](const Array &view) {
    return view.rank() >= 2 && view.size(-1) > 1 && view.stride(-1) == 0;
  };
  if (std::ranges::all_of(inputs, repeats))
    return 0;
  std::int64_t shared = 0;
  for (Array &view : inputs) {
    if (!repeats(view))
      continue;
    view = view.select(-1, 0);
    shared |= std::int64_t{1}
              << (std::ranges::find(operands, &view) - operands.begin());
  }
  return shared;
}

} // namespace

std::optional<Config> block_of(const Array &out, int accesses) {
  constexpr std::int64_t programs = 1056;
  while (accesses > 1 && out.numel() < programs * accesses * tile_elements(out))
    accesses /= 2;
  const std::int64_t block = accesses * tile_elements(out);
  if (out.device().kind == Device::Kind::host || accesses == 1)
    return std::nullopt;
  Config config;
  config.blocks = {{"BLOCK", block}};
  return config;
}

void launch_elementwise(const Call &call, const Kernel &kernel,
                        std::span<const Array> inputs,
                        std::span<const Array> outs, int accesses) {
  // The last array decides the order of dimensions: an output.
  // Arrays of one number stand behind the others.
  std::array<Array, max_collapsed> views;
  std::array<const Array *, max_collapsed> operands{};
  const std::span<const std::int64_t> shape = outs.front().shape();
  const bool several = outs.front().numel() > 1;
  std::size_t arrays = 0, numbers = 0, count = 0;
  const auto add = [&](const Array &array) {
    if (array.by_value()) {
      operands[count++] = &array;
      return;
    }
    // One number is read once, and not for each lane.
    if (several && array.numel() == 1) {
      Array &number = views[views.size() - ++numbers];
      number = view_of(array, Dims{}, Dims{});
      operands[count++] = &number;
      return;
    }
    views[arrays] = std::ranges::equal(array.shape(), shape)
                        ? array
                        : array.broadcast_to(shape);
    operands[count++] = &views[arrays++];
  };
  std::ranges::for_each(inputs, add);
  std::ranges::for_each(outs, add);
  collapse({views.data(), arrays});
  LaunchOptions options{.config = {}, .stream = call.stream, .tunable = true};
  if (views[0].rank() >= 2)
    options.config = tiles_of({views.data(), arrays});
  else if (accesses > 1)
    options.config = block_of(outs.front(), accesses);
  else if (!(options.config = cached_block({views.data(), arrays})))
    options.config = masked_block({views.data(), arrays});
  const std::int64_t shared = share_columns(
      {views.data(), arrays - outs.size()}, {operands.data(), count});
  (shared == 0 ? kernel : kernel.with(arrange::shared_columns, shared))
      .run({operands.data(), count}, options, call.where);
}

Dims broadcast_all(const Call &call,
                   std::initializer_list<Argument> arguments) {
  Dims shape;
  for (const Argument &argument : arguments) {
    if (!argument.array)
      continue;
    const auto wider = broadcast_shapes(shape, argument.array->shape());
    if (!wider) {
      std::vector<std::string_view> names;
      for (const Argument &each : arguments)
        if (each.array)
          names.push_back(each.name);
      call.fail(ErrorId::shape,
                fmt::format("{} cannot be broadcast together",
                            fmt::join(names, " and ")),
                arguments);
    }
    shape = *wider;
  }
  return shape;
}

namespace {

// Those that stand for all dtypes in lists of kernels: the widths that are
// stored, and the types that are computed in.
std::vector<DType> representative(std::span<const DType> types) {
  std::vector<DType> some;
  for (DType type : types)
    if (type == bf16 || type == f32 || type == i32 || type == b1)
      some.push_back(type);
  return some;
}

} // namespace

KernelEntry elementwise_entry(const Kernel &kernel,
                              std::span<const DType> types, int inputs,
                              DType (*result)(DType), int numbers) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = representative(types),
          .size_names = {"N"},
          .sizes = {1 << 24},
          .picture_sizes = {5},
          .operands = [=](DType dtype, std::span<const std::int64_t> sizes) {
            const DType out = result(dtype);
            const DType number =
                computed(is_float(out) && !is_float(dtype) ? out : dtype);
            std::vector<OperandShape> all(static_cast<std::size_t>(inputs),
                                          {dtype, {sizes[0]}, {}});
            all.insert(all.end(), static_cast<std::size_t>(numbers),
                       {number, {}, {}, true});
            all.push_back({out, {sizes[0]}, {}});
            return all;
          }};
}

} // namespace girih::ops
