// SPDX-License-Identifier: Apache-2.0
#include "operands.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

namespace girih::testing {
namespace {

class EmbeddingTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(EmbeddingTest);

std::vector<double> rows_of(const std::vector<double> &weight,
                            const std::vector<double> &ids, std::size_t rows,
                            std::size_t columns) {
  std::vector<double> out;
  for (const double id : ids)
    for (std::size_t d = 0; d < columns; ++d)
      out.push_back(id < 0 || id >= static_cast<double>(rows)
                        ? 0
                        : weight[static_cast<std::size_t>(id) * columns + d]);
  return out;
}

Array ids_of(const std::vector<std::int64_t> &shape, DType dtype, Device device,
             std::int64_t rows) {
  auto random = random_engine();
  std::uniform_int_distribution<std::int64_t> any(0, rows - 1);
  std::int64_t count = 1;
  for (const std::int64_t size : shape)
    count *= size;
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double &value : values)
    value = static_cast<double>(any(random));
  return Array::from(values, shape, dtype, device);
}

void check(const Array &ids, std::int64_t rows, std::int64_t columns,
           DType dtype, Layout weight_layout = Layout::contiguous,
           Layout out_layout = Layout::contiguous) {
  SCOPED_TRACE(std::string(girih::name(dtype)) + " " + name(weight_layout) +
               " -> " + name(out_layout) + " columns " +
               std::to_string(columns));
  auto random = random_engine();
  const Operand weight({rows, columns}, dtype, ids.device(), weight_layout,
                       Values::reals, random);
  std::vector<std::int64_t> shape(ids.shape().begin(), ids.shape().end());
  shape.push_back(columns);
  const Operand out(shape, dtype, ids.device(), out_layout);
  ops::embedding_out(ids, weight.array(), out.array());
  EXPECT_TRUE(
      same_values(out.values(), rows_of(weight.values(), ids.to_vector(),
                                        static_cast<std::size_t>(rows),
                                        static_cast<std::size_t>(columns))));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(EmbeddingTest, EveryDtype) {
  for (const DType dtype : {f64, f32, f16, bf16, i64, i32, i16, i8, u8})
    for (const DType ids : {i32, i64})
      check(ids_of({5, 3}, ids, device(), 11), 11, 37, dtype);
}

TEST_P(EmbeddingTest, EverySize) {
  for (const std::int64_t columns : {0, 1, 2, 8, 31, 1024})
    for (const std::int64_t count : {0, 1, 2, 65})
      if (!on_interpreter() || columns * count < 3000)
        check(ids_of({count}, i64, device(), 7), 7, columns, bf16);
}

TEST_P(EmbeddingTest, EveryLayout) {
  for (const Layout weight : all_layouts)
    for (const Layout out : all_layouts)
      check(ids_of({3, 7}, i64, device(), 13), 13, 24, bf16, weight, out);
  const Array ids = ids_of({4, 6, 3}, i32, device(), 13);
  check(ids.transpose(0, 1), 13, 16, f32);
  check(ids.slice(2, 0, 3, 2), 13, 16, f32);
  check(ids.select(0, 1).select(0, 1).select(0, 1), 13, 16, f32);
}

TEST_P(EmbeddingTest, OutOfRange) {
  const double values[] = {2, -1, 3, 1e9, -1e9, 0};
  const Array ids = Array::from(values, {6}, i64, device());
  if (!on_interpreter())
    return check(ids, 3, 16, f32);
  // GIRIH_DEBUG=bounds is on.
  const Array weight = Array::zeros({3, 4}, f32, device());
  try {
    ops::embedding(ids, weight);
    ADD_FAILURE() << "no error";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::bounds) << error.what();
  }
}

TEST(EmbeddingErrorsTest, NameTheArgument) {
  const auto expect = [](ErrorId id, const std::string &text, auto work) {
    try {
      work();
      ADD_FAILURE() << "no error";
    } catch (const RuntimeError &error) {
      EXPECT_EQ(error.id(), id);
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
          << error.what();
    }
  };
  const Array weight = Array::zeros({3, 4}, f32, host_device);
  expect(ErrorId::dtype, "embedding: ids cannot be f32",
         [&] { ops::embedding(weight, weight); });
  expect(ErrorId::shape, "embedding: weight must have 2 dimensions", [&] {
    ops::embedding(Array::zeros({3}, i64, host_device),
                   Array::zeros({3}, f32, host_device));
  });
}

} // namespace
} // namespace girih::testing
