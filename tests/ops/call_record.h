// SPDX-License-Identifier: Apache-2.0
// Which operators the tests called, with what dtype and on which executor, and
// what became of those tests: a file that `./x ops --json` reads. Where
// GIRIH_OP_RESULTS names a file, each program of operator tests keeps it.
//
// One line a test: outcome, tab, the test's name, and for each call a tab and
// `op dtype executor`. A test that does not run keeps its line; while a program
// runs, the lines of what it is to run are gone, so that a crash passes
// nothing.
#pragma once

#include "girih/ops/observer.h"

#include <map>
#include <set>
#include <string>

namespace girih::testing {

/// `op dtype executor` of a call in this process.
std::string text_of(const ops::ObservedCall &call);

class CallRecord {
public:
  explicit CallRecord(std::string path);

  /// Begins a run: of the lines in the file only those stay whose test exists;
  /// those of tests that will run are kept aside.
  void begin(const std::set<std::string> &existing,
             const std::set<std::string> &running);
  /// From here to end_test() calls of any thread are seen.
  void begin_test();
  void end_test(const std::string &test, bool passed);
  /// A test that found nothing to do keeps the line it had.
  void skip_test(const std::string &test);
  /// Writes the file; false where that fails.
  bool save() const;

private:
  std::string path_;
  std::map<std::string, std::string> lines_, before_; // by test
};

} // namespace girih::testing
