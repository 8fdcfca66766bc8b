// SPDX-License-Identifier: Apache-2.0
#include "call_record.h"

#include "girih/dsl/support/env.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace girih::testing {

namespace {

struct Seen {
  std::mutex mutex;
  std::set<std::string> calls;
};

Seen &seen() {
  static Seen all;
  return all;
}

void note(const ops::ObservedCall &call) {
  const std::lock_guard lock(seen().mutex);
  seen().calls.insert(text_of(call));
}

std::set<std::string> take_seen() {
  ops::call_observer = nullptr;
  const std::lock_guard lock(seen().mutex);
  return std::exchange(seen().calls, {});
}

/// The name in a line of the file.
std::string test_of(const std::string &line) {
  const std::size_t begin = line.find('\t') + 1;
  return line.substr(begin, line.find('\t', begin) - begin);
}

} // namespace

std::string text_of(const ops::ObservedCall &call) {
  const char *executor = "cuda";
  if (call.device.kind == Device::Kind::host)
    executor = env("GIRIH_DEBUG") && (env_has("GIRIH_DEBUG", "bounds") ||
                                      env_has("GIRIH_DEBUG", "race") ||
                                      env_has("GIRIH_DEBUG", "nan"))
                   ? "interpreter"
                   : "host";
  return std::string(call.op) + " " + std::string(name(call.dtype)) + " " +
         executor;
}

CallRecord::CallRecord(std::string path) : path_(std::move(path)) {}

void CallRecord::begin(const std::set<std::string> &existing,
                       const std::set<std::string> &running) {
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);)
    if (const std::string test = test_of(line); existing.contains(test))
      (running.contains(test) ? before_ : lines_)[test] = line;
}

void CallRecord::begin_test() {
  take_seen();
  ops::call_observer = &note;
}

void CallRecord::end_test(const std::string &test, bool passed) {
  const std::set<std::string> calls = take_seen();
  if (calls.empty())
    return;
  std::string line = (passed ? "passed\t" : "failed\t") + test;
  for (const std::string &call : calls)
    line += "\t" + call;
  lines_[test] = line;
}

void CallRecord::skip_test(const std::string &test) {
  take_seen();
  if (const auto old = before_.find(test); old != before_.end())
    lines_[test] = old->second;
}

bool CallRecord::save() const {
  const std::filesystem::path path(path_);
  std::error_code failure;
  if (path.has_parent_path())
    std::filesystem::create_directories(path.parent_path(), failure);
  const std::string fresh = path_ + ".new";
  std::ofstream file(fresh);
  for (const auto &[test, line] : lines_)
    file << line << "\n";
  file.close();
  if (!file)
    return false;
  std::filesystem::rename(fresh, path, failure);
  return !failure;
}

namespace {

using ::testing::TestInfo;
using ::testing::UnitTest;

std::string full_name(const TestInfo &test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

/// In the bundle other tests are part of the program, which call operators but
/// do not compare what each gives.
bool concerns_operators(const TestInfo &test) {
  return std::string(test.file()).find("tests/ops/") != std::string::npos;
}

class Recorder : public ::testing::EmptyTestEventListener {
public:
  explicit Recorder(const std::string &path) : record_(path) {}

  void OnTestProgramStart(const UnitTest &all) override {
    std::set<std::string> existing, running;
    for (int i = 0; i < all.total_test_suite_count(); ++i) {
      const ::testing::TestSuite &suite = *all.GetTestSuite(i);
      for (int j = 0; j < suite.total_test_count(); ++j) {
        const TestInfo &test = *suite.GetTestInfo(j);
        if (!concerns_operators(test))
          continue;
        existing.insert(full_name(test));
        if (test.should_run())
          running.insert(full_name(test));
      }
    }
    record_.begin(existing, running);
    save();
  }
  void OnTestStart(const TestInfo &test) override {
    if (concerns_operators(test))
      record_.begin_test();
  }
  void OnTestEnd(const TestInfo &test) override {
    if (!concerns_operators(test))
      return;
    if (test.result()->Skipped())
      record_.skip_test(full_name(test));
    else
      record_.end_test(full_name(test), test.result()->Passed());
  }
  void OnTestProgramEnd(const UnitTest &) override { save(); }

private:
  void save() {
    if (!record_.save())
      std::fprintf(stderr, "the file of GIRIH_OP_RESULTS cannot be written\n");
  }

  CallRecord record_;
};

// GoogleTest owns its listeners.
[[maybe_unused]] const bool listening = [] {
  const auto path = env("GIRIH_OP_RESULTS");
  if (path)
    UnitTest::GetInstance()->listeners().Append(new Recorder(*path));
  return path.has_value();
}();

} // namespace
} // namespace girih::testing
