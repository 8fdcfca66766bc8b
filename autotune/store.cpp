// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/store.h"

#include "girih/autotune/store_rows.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <utility>

namespace girih::autotune {
namespace {

constexpr int schema_version = 1;
constexpr int application = 0x47495249; // GIRI

constexpr const char *schema = R"(
CREATE TABLE timing (
  kernel TEXT NOT NULL, dtypes TEXT NOT NULL, bucket TEXT NOT NULL,
  classes TEXT NOT NULL, device TEXT NOT NULL, compiler TEXT NOT NULL,
  config TEXT NOT NULL, kernel_name TEXT NOT NULL, shape TEXT NOT NULL,
  status TEXT NOT NULL, seconds REAL NOT NULL, spread REAL NOT NULL,
  runs INTEGER NOT NULL, registers INTEGER NOT NULL, threads INTEGER NOT NULL,
  local_bytes INTEGER NOT NULL, shared_bytes INTEGER NOT NULL,
  compile_seconds REAL NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (kernel, dtypes, bucket, classes, device, compiler, config, shape)
) WITHOUT ROWID;
CREATE TABLE choice (
  kernel TEXT NOT NULL, dtypes TEXT NOT NULL, bucket TEXT NOT NULL,
  classes TEXT NOT NULL, device TEXT NOT NULL, compiler TEXT NOT NULL,
  config TEXT NOT NULL, kernel_name TEXT NOT NULL, shape TEXT NOT NULL,
  seconds REAL NOT NULL, fallback_seconds REAL NOT NULL, how TEXT NOT NULL,
  PRIMARY KEY (kernel, dtypes, bucket, classes, device, compiler)
) WITHOUT ROWID;
)";

constexpr const char *timing_columns =
    "kernel, dtypes, bucket, classes, device, compiler, config, kernel_name, "
    "shape, status, seconds, spread, runs, registers, threads, local_bytes, "
    "shared_bytes, compile_seconds, note";
constexpr const char *choice_columns =
    "kernel, dtypes, bucket, classes, device, compiler, config, kernel_name, "
    "shape, seconds, fallback_seconds, how";
constexpr const char *key_is =
    "kernel = ?1 AND dtypes = ?2 AND bucket = ?3 AND classes = ?4 AND "
    "device = ?5 AND compiler = ?6";

std::string help_for(int result, Store::Mode mode) {
  switch (result & 0xff) {
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return "it is damaged or no store: move it away, or name another one by "
           "GIRIH_TUNE_STORE; girih-tune makes a new one";
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return "another process has held it for too long: try again";
  case SQLITE_FULL:
    return "the disk is full: make room, or name another one by "
           "GIRIH_TUNE_STORE";
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
  case SQLITE_PERM:
    return mode == Store::Mode::write
               ? "it must be in a folder that can be written to: name another "
                 "one by GIRIH_TUNE_STORE"
               : "girih-tune makes one";
  default:
    return "name another one by GIRIH_TUNE_STORE";
  }
}

[[noreturn]] void fail(const std::string &path, const std::string &what,
                       const std::string &help) {
  throw RuntimeError(
      ErrorId::file,
      {fmt::format("store of tuned Configs {}: {}", path, what), help});
}

} // namespace

std::string store_path() {
  if (const auto named = env("GIRIH_TUNE_STORE"))
    return *named == "off" ? std::string() : *named;
  if (const auto data = env("XDG_DATA_HOME"))
    return *data + "/girih/tuned.sqlite";
  if (const auto home = env("HOME"))
    return *home + "/.local/share/girih/tuned.sqlite";
  return {};
}

/// A prepared statement; the numbers of columns and parameters are those of
/// the SQL.
class Store::Statement {
public:
  Statement(const Store &store, const std::string &sql) : store_(store) {
    store.check(sqlite3_prepare_v2(store.database_, sql.c_str(), -1,
                                   &statement_, nullptr),
                "reading it");
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement &) = delete;
  Statement &operator=(const Statement &) = delete;

  Statement &bind(const std::string &text) {
    store_.check(sqlite3_bind_text(statement_, ++bound_, text.data(),
                                   static_cast<int>(text.size()),
                                   SQLITE_TRANSIENT),
                 "reading it");
    return *this;
  }
  Statement &bind(double number) {
    store_.check(sqlite3_bind_double(statement_, ++bound_, number),
                 "reading it");
    return *this;
  }
  Statement &bind(std::int64_t number) {
    store_.check(sqlite3_bind_int64(statement_, ++bound_, number),
                 "reading it");
    return *this;
  }
  Statement &bind(const TuningKey &key) {
    for (const std::string *part : {&key.kernel, &key.dtypes, &key.bucket,
                                    &key.classes, &key.device, &key.compiler})
      bind(*part);
    return *this;
  }

  /// Whether there is another row.
  bool step(const char *doing) {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) {
      column_ = 0;
      return true;
    }
    if (result != SQLITE_DONE)
      store_.check(result, doing);
    return false;
  }
  std::string text() {
    const auto *bytes = sqlite3_column_text(statement_, column_);
    const int size = sqlite3_column_bytes(statement_, column_++);
    return bytes ? std::string(reinterpret_cast<const char *>(bytes),
                               static_cast<std::size_t>(size))
                 : std::string();
  }
  double number() { return sqlite3_column_double(statement_, column_++); }
  std::int64_t integer() { return sqlite3_column_int64(statement_, column_++); }
  TuningKey key() {
    TuningKey key;
    for (std::string *part : {&key.kernel, &key.dtypes, &key.bucket,
                              &key.classes, &key.device, &key.compiler})
      *part = text();
    return key;
  }

  // Rows whose text is none of ours are passed over.
  std::optional<TimingRow> timing() {
    TimingRow row{.key = key(), .kernel_name = {}, .shape = {}, .outcome = {}};
    Outcome &outcome = row.outcome;
    const std::string config = text();
    row.kernel_name = text();
    row.shape = text();
    const auto status = parse_status(text());
    outcome.seconds = number();
    outcome.spread = number();
    outcome.runs = static_cast<int>(integer());
    outcome.registers = static_cast<int>(integer());
    outcome.threads = static_cast<int>(integer());
    outcome.local_bytes = integer();
    outcome.shared_bytes = integer();
    outcome.compile_seconds = number();
    outcome.note = text();
    const auto parsed = read_config(config);
    if (!status || !parsed)
      return std::nullopt;
    outcome.status = *status;
    outcome.config = *parsed;
    return row;
  }
  std::optional<ChoiceRow> choice() {
    ChoiceRow row{
        .key = key(), .kernel_name = {}, .shape = {}, .config = {}, .how = {}};
    const auto parsed = read_config(text());
    row.kernel_name = text();
    row.shape = text();
    row.seconds = number();
    row.fallback_seconds = number();
    row.how = text();
    if (!parsed)
      return std::nullopt;
    row.config = *parsed;
    return row;
  }

private:
  const Store &store_;
  sqlite3_stmt *statement_ = nullptr;
  int bound_ = 0, column_ = 0;
};

void Store::check(int result, const char *doing) const {
  if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW)
    return;
  const std::string text =
      database_ ? sqlite3_errmsg(database_) : sqlite3_errstr(result);
  fail(path_, fmt::format("{}: {}", doing, text), help_for(result, mode_));
}

void Store::run(const char *sql) const {
  check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), "writing it");
}

/// What a writer that was killed left half done is in a journal beside the
/// store; only somebody who may write can take it back. Where that fails,
/// reading says so.
static void take_back(const std::string &path, double patience) {
  std::error_code ignored;
  sqlite3 *database = nullptr;
  if (std::filesystem::exists(path + "-journal", ignored) &&
      sqlite3_open_v2(path.c_str(), &database,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                      nullptr) == SQLITE_OK) {
    sqlite3_busy_timeout(database, static_cast<int>(1000 * patience));
    sqlite3_exec(database, "SELECT count(*) FROM sqlite_master", nullptr,
                 nullptr, nullptr);
  }
  sqlite3_close(database);
}

Store::Store(const std::string &path, Mode mode, double patience)
    : path_(path), mode_(mode) {
  if (path.empty())
    fail("-", "there is none",
         "GIRIH_TUNE_STORE, XDG_DATA_HOME or HOME say where it is");
  if (mode == Mode::write) {
    std::error_code ignored; // opening says what is wrong
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path(), ignored);
  }
  if (mode == Mode::read_only) {
    if (std::error_code ignored; !std::filesystem::exists(path, ignored))
      fail(path, "there is no such file", "a sweep by girih-tune makes one");
    take_back(path, patience);
  }
  const int flags = mode == Mode::write
                        ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                        : SQLITE_OPEN_READONLY;
  try {
    check(sqlite3_open_v2(path.c_str(), &database_, flags | SQLITE_OPEN_NOMUTEX,
                          nullptr),
          "opening it");
    sqlite3_busy_timeout(database_, static_cast<int>(1000 * patience));
    sqlite3_limit(database_, SQLITE_LIMIT_LENGTH, 1 << 20);
    prepare_schema();
  } catch (...) {
    sqlite3_close(database_);
    throw;
  }
}

Store::~Store() { sqlite3_close(database_); }

Store::Store(Store &&other) noexcept
    : path_(std::move(other.path_)), mode_(other.mode_),
      database_(std::exchange(other.database_, nullptr)) {}

Store &Store::operator=(Store &&other) noexcept {
  std::swap(path_, other.path_);
  std::swap(mode_, other.mode_);
  std::swap(database_, other.database_);
  return *this;
}

void Store::prepare_schema() {
  const auto pragma = [&](const char *name) {
    Statement statement(*this, fmt::format("PRAGMA {}", name));
    statement.step("reading it");
    return statement.integer();
  };
  const auto look = [&] {
    return std::pair{pragma("application_id"), pragma("user_version")};
  };
  // Of one moment: another process may be making the store.
  run("BEGIN");
  auto [mark, version] = look();
  run("COMMIT");
  if (mode_ == Mode::write && mark == 0 && version == 0)
    in_transaction([&] {
      std::tie(mark, version) = look(); // another process may have been faster
      if (mark != 0 || pragma("schema_version") != 0)
        return;
      run(schema);
      run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                      application, schema_version)
              .c_str());
      std::tie(mark, version) = look();
    });
  if (mark == 0 && version == 0 && pragma("schema_version") == 0)
    fail(path_, "it is empty: what made it was ended before it wrote anything",
         "a sweep by girih-tune fills it");
  if (mark != application)
    fail(path_, "it is a database of another program",
         "name another one by GIRIH_TUNE_STORE");
  if (version != schema_version)
    fail(path_,
         fmt::format("it is of version {}, and this program reads {}", version,
                     schema_version),
         "use it with the program that made it, or name another one by "
         "GIRIH_TUNE_STORE");
}

void Store::in_transaction(const std::function<void()> &body) {
  run("BEGIN IMMEDIATE");
  try {
    body();
    run("COMMIT");
  } catch (...) {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

void Store::put(const TimingRow &row) {
  const Outcome &each = row.outcome;
  Statement statement(*this,
                      fmt::format("INSERT OR REPLACE INTO timing ({}) VALUES "
                                  "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                  timing_columns));
  statement.bind(row.key)
      .bind(each.config.to_string())
      .bind(row.kernel_name)
      .bind(row.shape)
      .bind(std::string(name(each.status)))
      .bind(each.seconds)
      .bind(each.spread)
      .bind(std::int64_t{each.runs})
      .bind(std::int64_t{each.registers})
      .bind(std::int64_t{each.threads})
      .bind(each.local_bytes)
      .bind(each.shared_bytes)
      .bind(each.compile_seconds)
      .bind(each.note);
  statement.step("writing it");
}

void Store::put(const ChoiceRow &row) {
  Statement statement(*this,
                      fmt::format("INSERT OR REPLACE INTO choice ({}) VALUES "
                                  "(?,?,?,?,?,?,?,?,?,?,?,?)",
                                  choice_columns));
  statement.bind(row.key)
      .bind(row.config.to_string())
      .bind(row.kernel_name)
      .bind(row.shape)
      .bind(row.seconds)
      .bind(row.fallback_seconds)
      .bind(row.how);
  statement.step("writing it");
}

std::vector<TimingRow> Store::timings(const TuningKey &key) const {
  Statement statement(*this, fmt::format("SELECT {} FROM timing WHERE {}",
                                         timing_columns, key_is));
  statement.bind(key);
  std::vector<TimingRow> rows;
  while (statement.step("reading it"))
    if (auto row = statement.timing())
      rows.push_back(std::move(*row));
  return rows;
}

std::vector<TimingRow> Store::all_timings() const {
  Statement statement(*this,
                      fmt::format("SELECT {} FROM timing", timing_columns));
  std::vector<TimingRow> rows;
  while (statement.step("reading it"))
    if (auto row = statement.timing())
      rows.push_back(std::move(*row));
  return rows;
}

std::optional<ChoiceRow> Store::choice(const TuningKey &key) const {
  Statement statement(*this, fmt::format("SELECT {} FROM choice WHERE {}",
                                         choice_columns, key_is));
  statement.bind(key);
  return statement.step("reading it") ? statement.choice() : std::nullopt;
}

std::vector<ChoiceRow> Store::choices(const std::string &device,
                                      const std::string &compiler) const {
  Statement statement(
      *this, fmt::format("SELECT {} FROM choice WHERE (?1 = '' OR device = ?1) "
                         "AND (?2 = '' OR compiler = ?2)",
                         choice_columns));
  statement.bind(device).bind(compiler);
  std::vector<ChoiceRow> rows;
  while (statement.step("reading it"))
    if (auto row = statement.choice())
      rows.push_back(std::move(*row));
  return rows;
}

std::vector<ChoiceRow> Store::related(const std::string &kernel_name,
                                      const TuningKey &key) const {
  Statement statement(
      *this, fmt::format("SELECT {} FROM choice WHERE kernel_name = ?1 AND "
                         "dtypes = ?2 AND device = ?3",
                         choice_columns));
  statement.bind(kernel_name).bind(key.dtypes).bind(key.device);
  std::vector<ChoiceRow> rows;
  while (statement.step("reading it"))
    if (auto row = statement.choice())
      rows.push_back(std::move(*row));
  return rows;
}

} // namespace girih::autotune
