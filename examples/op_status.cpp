// SPDX-License-Identifier: Apache-2.0
#include "op_status.h"

#include <girih/dsl/support/diagnostics.h>

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <vector>

namespace girih {

namespace {

struct Counts {
  int passed = 0, failed = 0; // tests
  void count(bool test_passed) { ++(test_passed ? passed : failed); }
  const char *status() const {
    return failed ? "failed" : passed ? "passed" : "not run";
  }
};

/// Of one operator on one executor.
struct Results {
  Counts all;
  std::map<std::string, Counts> by_dtype;
};

using ByOp = std::map<std::string, std::map<std::string, Results>>;

std::vector<std::string> cells(const std::string &line) {
  std::vector<std::string> out;
  std::istringstream text(line);
  for (std::string cell; std::getline(text, cell, '\t');)
    out.push_back(cell);
  return out;
}

/// Counts one test; false for a line of another form.
bool count_line(const std::string &line, ByOp &found) {
  const std::vector<std::string> row = cells(line);
  if (row.size() < 3 || (row[0] != "passed" && row[0] != "failed"))
    return false;
  const bool passed = row[0] == "passed";
  std::map<std::pair<std::string, std::string>, bool> counted;
  for (std::size_t i = 2; i < row.size(); ++i) {
    std::istringstream call(row[i]);
    std::string op, dtype, executor;
    if (!(call >> op >> dtype >> executor))
      return false;
    Results &results = found[op][executor];
    results.by_dtype[dtype].count(passed);
    if (counted.emplace(std::pair(op, executor), true).second)
      results.all.count(passed);
  }
  return true;
}

ByOp read(const std::filesystem::path &folder) {
  ByOp found;
  std::error_code missing;
  for (const auto &each :
       std::filesystem::directory_iterator(folder, missing)) {
    // Beside them may lie one that is just being written.
    if (each.path().extension() != ".txt")
      continue;
    std::ifstream file(each.path());
    int number = 0;
    for (std::string line; std::getline(file, line);) {
      ++number;
      if (!count_line(line, found))
        throw RuntimeError(ErrorId::file,
                           {each.path().string() + ", line " +
                                std::to_string(number) +
                                ": is not what a test of operators writes",
                            "delete it; the next run of the tests writes it"});
    }
  }
  return found;
}

} // namespace

std::string with_test_status(std::string_view ops_json,
                             const std::filesystem::path &folder) {
  ByOp found = read(folder);
  auto all = nlohmann::ordered_json::parse(ops_json);
  for (nlohmann::ordered_json &op : all) {
    nlohmann::ordered_json tests;
    for (const std::string executor : op["executors"]) {
      const Results &results = found[op["name"]][executor];
      nlohmann::ordered_json &out = tests[executor];
      out["status"] = results.all.status();
      out["tests"] = results.all.passed + results.all.failed;
      for (const std::string dtype : op["dtypes"]) {
        const auto counts = results.by_dtype.find(dtype);
        out["dtypes"][dtype] = counts == results.by_dtype.end()
                                   ? Counts().status()
                                   : counts->second.status();
      }
    }
    op["tests"] = tests;
  }
  return all.dump(1);
}

} // namespace girih
