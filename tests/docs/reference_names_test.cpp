// SPDX-License-Identifier: Apache-2.0
// Every operation that an arrangement, an application or a program with kernels
// may call is on a page of the reference, and in an example there that is a
// test.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace girih::testing {
namespace {

using Names = std::set<std::string>;

std::string text_of(const std::string &path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

// A header without its comments and what its classes keep for themselves.
std::string public_part(const std::string &header) {
  std::string out;
  std::istringstream lines(text_of(header + ".h"));
  bool hidden = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "private:" || line == "protected:")
      hidden = true;
    if (line == "public:" || line == "};")
      hidden = false;
    if (!hidden)
      out += line.substr(0, line.find("//")) + "\n";
  }
  return out;
}

// What functions with these types of results are called in headers of a folder.
Names declared(const std::string &folder,
               std::initializer_list<const char *> headers,
               const std::string &types) {
  const std::regex declaration("(?:" + types +
                               R"()[ \n]+[&*]?(\w+|operator[^\s\w(\[]+)\()");
  Names names;
  for (const char *header : headers) {
    std::string text = public_part(folder + header);
    for (std::sregex_iterator at(text.begin(), text.end(), declaration), end;
         at != end; ++at)
      names.insert((*at)[1]);
  }
  return names;
}

// Pages, and the examples on them that are text of a test.
struct Reference {
  std::string text, examples;

  explicit Reference(std::initializer_list<const char *> pages) {
    for (const char *page : pages) {
      std::istringstream lines(
          text_of("docs/reference/" + std::string(page) + ".md"));
      bool example = false, tested = false;
      for (std::string line; std::getline(lines, line);) {
        text += line + "\n";
        if (line.starts_with("```")) {
          example = !example && tested;
          tested = false;
        } else if (example) {
          examples += line + "\n";
        } else if (!line.empty()) {
          tested = line.starts_with("<!-- file: tests/");
        }
      }
    }
  }
};

void expect_explained(Names names, const Reference &reference,
                      const Names &not_the_users) {
  for (const std::string &each : not_the_users)
    EXPECT_EQ(names.erase(each), 1U) << each << "() is not declared";
  for (const std::string &each : names) {
    bool is_operator = each.starts_with("operator");
    std::string use = is_operator ? " " + each.substr(8) + " " : each + "(";
    if (each == "operator!" || each == "operator~")
      use = " " + each.substr(8);
    std::string mention = is_operator ? each.substr(8) : use;
    EXPECT_NE(reference.text.find(mention), std::string::npos)
        << "docs/reference does not explain " << each << "()";
    EXPECT_NE(reference.examples.find(use), std::string::npos)
        << "docs/reference has no tested example of " << each << "()";
  }
}

TEST(ReferenceNames, EveryMetaOperation) {
  const Reference reference({"meta_operations"});
  if (reference.text.empty())
    GTEST_SKIP() << "the pages are not below the working directory";
  Names names = declared("dsl/", {"tensor"},
                         "Tensor|Size|int|auto|std::vector<Size>|"
                         "std::string|Arrangement");
  EXPECT_GT(names.size(), 20U);
  // as_partial() is partial(); index() is of an entry between brackets.
  expect_explained(names, reference, {"as_partial", "index"});
}

TEST(ReferenceNames, EveryOperationOfTiles) {
  const Reference reference({"tile_operations", "tile_lanes", "tile_control"});
  if (reference.text.empty())
    GTEST_SKIP() << "the pages are not below the working directory";
  Names names = declared(
      "dsl/",
      {"functions", "shapes", "reductions", "control", "random", "values"},
      "Tiles?|void|Range|Index|Shape|DType|Dim|pair<Tile, Tile>|"
      "array<Tile, 4>");
  EXPECT_GT(names.size(), 120U);
  // What `over` is if left, and what full() of an integer calls.
  expect_explained(names, reference, {"all_dims", "full_tile"});
}

TEST(ReferenceNames, EveryCallOfTheRuntime) {
  const Reference reference({"runtime", "meta_operations"});
  if (reference.text.empty())
    GTEST_SKIP() << "the pages are not below the working directory";
  Names names = declared(
      "runtime/",
      {"array", "cuda_kernel", "device", "event", "graph", "kernel", "pool",
       "stream"},
      "Array|void|bool|int|double|int64_t|size_t|string|DType|Device|Access|"
      "DLManagedTensor|DLManagedTensorVersioned|Stream|Graph|Kernel|CudaKernel|"
      "KernelReport|Program|PoolStatistics|DeviceProperties|KernelSource|"
      "span<const std::\\w+>|vector<double>|shared_ptr<void>");
  EXPECT_GT(names.size(), 60U);
  // The call itself, launch() without a list, and what an argument of a
  // CudaKernel says to the runtime.
  expect_explained(names, reference,
                   {"operator", "run", "alignment", "array", "bytes"});
}

} // namespace
} // namespace girih::testing
