// SPDX-License-Identifier: Apache-2.0
// Mistakes in Configs, as texts and as structs.
#include "expect_error.h"

namespace girih::testing {
namespace {

using Id = ErrorId;

TEST(ConfigErrors, Texts) {
  struct {
    const char *text, *says;
  } const cases[] = {
      {"num_warps", "`num_warps` is not of the form name=value"},
      {"num_warps=", "field num_warps is ``, not an integer from 1 to 32"},
      {"num_warps=many", "field num_warps is `many`"},
      {"num_warps=4x", "field num_warps is `4x`"},
      {"num_warps=4.5", "field num_warps is `4.5`"},
      {"num_warps=0", "not an integer from 1 to 32"},
      {"num_warps=64", "field num_warps is `64`"},
      {"num_stages=0", "field num_stages is `0`, not an integer from 1 to 64"},
      {"num_ctas=17", "field num_ctas is `17`, not an integer from 1 to 16"},
      {"split_k=-1", "field split_k is `-1`"},
      {"warp_specialize=yes", "not an integer from 0 to 1"},
      {"persistent=2", "field persistent is `2`"},
      {"order=spiral", "`spiral`, not row_major, grouped:N, descending, "
                       "descending:N or hilbert"},
      {"order=grouped", "`grouped`, not row_major, grouped:N, descending, "
                        "descending:N or hilbert"},
      {"order=grouped:", "field order is ``"},
      {"order=grouped:0", "field order is `0`"},
      {"num_warp=4", "unknown field `num_warp`"},
      {"bm=64", "unknown field `bm`"},
      {"B-M=64", "unknown field `B-M`"},
      {"=64", "unknown field ``"},
      {"BM=0", "field BM is `0`"},
      {"BM=99999999999999999999", "field BM is"},
      {"BM=64 BM=64", "field BM is given twice"},
      {"BM=64, BN=64", "field BM is `64,`"},
  };
  for (auto [text, says] : cases)
    expect_error(Id::config, [text = text] { AT, parse_config(text); }, says);
  expect_error(
      Id::config, [] { AT, parse_config("BM"); }, "BK=64 BM=128 num_warps=8");
}

// Records a kernel with a block size B and this Config.
void expect_config_error(Id id, const Config &config, std::string_view says) {
  auto source = make_source(
      "scale",
      [](Tensor a, Tensor c) {
        auto b = block_size("B");
        return arranged(a.tile({b}), c.tile({b}));
      },
      [](In a, Out c) { c = a * 2; });
  try {
    record_kernel(source, 1, config);
    ADD_FAILURE() << "no error: " << says;
  } catch (const Error &error) {
    EXPECT_EQ(error.id_name(), catalogue_entry(id).name) << error.what();
    EXPECT_NE(std::string(error.what()).find(says), std::string::npos)
        << error.what();
    EXPECT_NE(error.where().file.find("config_errors_test"), std::string::npos);
  }
}

TEST(ConfigErrors, Structs) {
  auto with = [](auto change) {
    Config config;
    config.blocks = {{"B", 64}};
    change(config);
    return config;
  };
  auto check = [&](std::string_view says, auto change) {
    expect_config_error(Id::config, with(change), says);
  };
  check("field num_warps is 0, not from 1 to 32",
        [](Config &c) { c.num_warps = 0; });
  check("field num_warps is 1000", [](Config &c) { c.num_warps = 1000; });
  check("field num_stages is -3", [](Config &c) { c.num_stages = -3; });
  check("field num_ctas is 0", [](Config &c) { c.num_ctas = 0; });
  check("field split_k is 0", [](Config &c) { c.split_k = 0; });
  check("field order is 0, not from 1 to 65536",
        [](Config &c) { c.order = {ProgramOrder::Kind::grouped, 0}; });
  check("field order is neither row_major nor grouped",
        [](Config &c) { c.order.kind = static_cast<ProgramOrder::Kind>(9); });
  expect_config_error(Id::block_unknown,
                      with([](Config &c) { c.blocks = {{"b", 4}}; }),
                      "sets block size b, which kernel scale does not have");
  expect_config_error(Id::block_range,
                      with([](Config &c) { c.blocks["B"] = 0; }),
                      "block size B is 0");
  expect_config_error(Id::block_missing,
                      with([](Config &c) { c.blocks.clear(); }),
                      "no value for block size B of kernel scale");
  expect_config_error(Id::block_unknown,
                      with([](Config &c) { c.blocks["BB"] = 4; }),
                      "sets block size BB, which kernel scale does not have");
  expect_config_error(Id::block_range,
                      with([](Config &c) { c.blocks["B"] = 1 << 21; }),
                      "it must be between 1 and 1048576");
}

} // namespace
} // namespace girih::testing
