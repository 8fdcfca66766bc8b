// SPDX-License-Identifier: Apache-2.0
// Signatures of operators, and calls by name.
#include "girih/ops/arguments.h"
#include "girih/ops/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace girih::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace ops;

TEST(SignatureTest, Parameters) {
  const Signature parsed = parse_signature(
      "f(x, ys: arrays, n: int = -1, *, sizes: ints = (1, 2), to: dtype?, "
      "mode: str = 'a b', limit: float = inf) -> values, indices");
  EXPECT_EQ(parsed.name, "f");
  EXPECT_THAT(parsed.results, ElementsAre("values", "indices"));
  ASSERT_EQ(parsed.parameters.size(), 7u);
  const auto &all = parsed.parameters;
  EXPECT_EQ(all[0].type, "array");
  EXPECT_EQ(all[0].default_text, "");
  EXPECT_EQ(all[1].type, "arrays");
  EXPECT_FALSE(all[2].named_only);
  EXPECT_EQ(std::get<std::int64_t>(parse_default(all[2].default_text)), -1);
  EXPECT_TRUE(all[3].named_only);
  EXPECT_THAT(
      std::get<std::vector<std::int64_t>>(parse_default(all[3].default_text)),
      ElementsAre(1, 2));
  EXPECT_TRUE(all[4].optional);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(
      parse_default(all[4].default_text)));
  EXPECT_EQ(std::get<std::string>(parse_default(all[5].default_text)), "a b");
  EXPECT_TRUE(std::isinf(std::get<double>(parse_default(all[6].default_text))));
  EXPECT_FALSE(parsed.only_arrays());
}

TEST(SignatureTest, MistakesAreOurs) {
  EXPECT_THROW(parse_signature("f"), InternalError);
  EXPECT_THROW(parse_signature("f(x: tensor)"), InternalError);
  EXPECT_THROW(parse_default("one"), InternalError);
}

TEST(SignatureTest, EveryOperatorHasOneThatFits) {
  for (const OpEntry &op : all_ops()) {
    SCOPED_TRACE(op.signature_text);
    const Signature parsed = parse_signature(op.signature_text);
    EXPECT_EQ(parsed.parameters.size(), op.inputs);
    EXPECT_EQ(parsed.results.size(), op.outputs);
    EXPECT_FALSE(op.formula.empty());
    EXPECT_FALSE(op.dtypes.empty());
    for (const Parameter &each : parsed.parameters)
      if (!each.default_text.empty())
        EXPECT_NO_THROW(parse_default(each.default_text)) << each.name;
  }
}

TEST(CallByNameTest, GivesWhatTheFunctionGives) {
  const double numbers[] = {1, 2, 3};
  const Array x = Array::from(numbers, {3}, f32, host_device);
  const OpEntry &add = find_op("add");
  const Stream stream;
  const Call call{add.name(), std::source_location::current(), stream};
  const std::vector<Value> values{x, 2.5, std::int64_t{2}};
  const auto shaped = add.results(call, values);
  ASSERT_EQ(shaped.size(), 1u);
  EXPECT_EQ(shaped[0].dtype, f32);
  const std::vector<Array> outs{Array::empty({3}, f32, host_device)};
  add.run(call, values, outs);
  EXPECT_THAT(outs[0].to_vector(), ElementsAre(6, 7, 8));
}

TEST(CallByNameTest, Mistakes) {
  const Stream stream;
  const OpEntry &add = find_op("add");
  const Call call{add.name(), std::source_location::current(), stream};
  try {
    add.results(call, std::vector<Value>{std::string("x"), 1.0, 1.0});
    FAIL();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::argument);
    EXPECT_THAT(error.what(), HasSubstr("add: a must be an array or a number"));
  }
  EXPECT_THROW(find_op("no_such_op"), RuntimeError);
}

} // namespace
} // namespace girih::testing
