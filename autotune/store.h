// SPDX-License-Identifier: Apache-2.0
// Store: what was measured, in a file that processes share.
#pragma once

#include "girih/autotune/outcome.h"
#include "girih/runtime/config_provider.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace girih::autotune {

/// A candidate's row.
struct TimingRow {
  TuningKey key;
  std::string kernel_name;
  std::string shape; // exact, as Problem::shape()
  Outcome outcome;
};

/// What runs for a key.
struct ChoiceRow {
  TuningKey key;
  std::string kernel_name;
  std::string shape; // that was measured
  Config config;
  double seconds = 0, fallback_seconds = 0;
  std::string how; // strategy: "guided, 24 of 180 candidates"
};

/// GIRIH_TUNE_STORE, or girih/tuned.sqlite in XDG_DATA_HOME or in
/// .local/share of HOME; empty where there is none or it is `off`.
std::string store_path();

/// A SQLite file. One row a (key, Config), so that timings outlast the list of
/// candidates, and one a key for the choice. Every change is a transaction of
/// its own: what has returned is there, whatever ends the process. Several
/// processes may have it open. Not to be used by two threads at a time.
class Store {
public:
  enum class Mode : std::uint8_t { read_only, write };
  /// Opens the file; `write` makes it, and its folder, where there is none.
  /// Throws RuntimeError [file], saying what to do, for a file that is missing,
  /// corrupt, no store, of another version, locked for longer than `patience`
  /// seconds, or on a full disk; so do all members.
  explicit Store(const std::string &path, Mode mode, double patience = 5);
  ~Store();
  Store(Store &&) noexcept;
  Store &operator=(Store &&) noexcept;

  const std::string &path() const { return path_; }

  void put(const TimingRow &row);
  void put(const ChoiceRow &row);
  /// Rows of a key, of all shapes in its bucket.
  std::vector<TimingRow> timings(const TuningKey &key) const;
  std::optional<ChoiceRow> choice(const TuningKey &key) const;
  /// All choices for a device and a compiler, or for any where empty.
  std::vector<ChoiceRow> choices(const std::string &device = {},
                                 const std::string &compiler = {}) const;
  std::vector<TimingRow> all_timings() const;
  /// Choices of kernels of that name and dtypes on a device, whatever their
  /// shape, kernel hash and compiler: where a search may begin.
  std::vector<ChoiceRow> related(const std::string &kernel_name,
                                 const TuningKey &key) const;

  /// All rows as JSON.
  std::string export_json() const;
  /// Adds rows of export_json()'s text; of two rows with the same key that with
  /// more runs stays, of choices the faster one. In one transaction. Throws
  /// RuntimeError [file] for other text, and nothing is added. Gives the
  /// number of rows in the text.
  int import_json(std::string_view text);
  /// The same from another store.
  int merge(const Store &other);

private:
  class Statement;
  void check(int result, const char *doing) const;
  void run(const char *sql) const;
  void prepare_schema();
  void in_transaction(const std::function<void()> &body);

  std::string path_;
  Mode mode_;
  sqlite3 *database_ = nullptr;
};

} // namespace girih::autotune
