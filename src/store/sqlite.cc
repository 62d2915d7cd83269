// SPDX-License-Identifier: Apache-2.0
// The schema is version 1; its number is SQLite's user_version. Migrations only go forward: a newer file is refused.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "store/database.h"
#include "store/rules.h"
#include "store/store.h"

namespace superspan::store {
namespace {

namespace json = boost::json;
using base::ErrorCode;

constexpr std::int64_t kApplicationId = 0x53505354;  // "SPST"
constexpr std::int64_t kSchemaVersion = 1;

// Exclusive: one superspand a file. NORMAL: a commit writes the log and does not wait for the disk; flush() does, so
// both together are FULL. A checkpoint (which waits for the disk twice) is tidy()'s work; the limit is for the case
// that there is never time for it.
constexpr const char* kSettings =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 16384;"  // pages: 64 MiB
    "PRAGMA trusted_schema = OFF;";

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE counters ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  epoch INTEGER NOT NULL,"
    "  next_number INTEGER NOT NULL,"
    "  latest_namespace INTEGER,"
    "  latest_bit INTEGER"
    ") STRICT;"
    "CREATE TABLE policies ("
    "  name TEXT PRIMARY KEY,"
    "  number INTEGER NOT NULL UNIQUE CHECK (number BETWEEN 1 AND 16777215),"
    "  namespace INTEGER NOT NULL CHECK (namespace BETWEEN 0 AND 255),"
    "  bit INTEGER NOT NULL CHECK (bit BETWEEN 0 AND 63),"
    "  from_epoch INTEGER NOT NULL,"
    "  revision INTEGER NOT NULL,"
    "  created_ns INTEGER NOT NULL,"  // since 1970-01-01 UTC
    "  ended INTEGER NOT NULL CHECK (ended IN (0, 1)),"
    "  ended_because TEXT NOT NULL,"
    "  ended_ns INTEGER NOT NULL,"
    "  expression TEXT NOT NULL,"
    "  taps TEXT NOT NULL,"   // JSON array of names
    "  tools TEXT NOT NULL,"  // JSON array of names
    "  record INTEGER NOT NULL,"
    "  stream INTEGER NOT NULL,"
    "  duration_s INTEGER NOT NULL,"
    "  packets INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  snaplen INTEGER NOT NULL,"
    "  owner TEXT NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  ticket TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO counters VALUES (1, 0, 1, NULL, NULL);"
    "PRAGMA application_id = 1397773140;"
    "PRAGMA user_version = 1;"
    "COMMIT;";
static_assert(kApplicationId == 1397773140 && kSchemaVersion == 1);

constexpr const char* kSelect =
    "SELECT name, number, namespace, bit, from_epoch, revision, created_ns, ended, ended_because, ended_ns, expression,"
    " taps, tools, record, stream, duration_s, packets, bytes, snaplen, owner, reason, ticket"
    " FROM policies ORDER BY name";
constexpr const char* kInsert = "INSERT INTO policies VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

std::string names_text(const std::vector<std::string>& names) {
  return json::serialize(json::array(names.begin(), names.end()));
}

std::vector<std::string> names_of(const std::string& text) {
  boost::system::error_code broken;
  const json::value value = json::parse(text, broken);
  std::vector<std::string> names;
  if (broken || !value.is_array()) return names;
  for (const auto& name : value.get_array()) {
    if (name.is_string()) names.emplace_back(name.get_string());
  }
  return names;
}

std::int64_t nanoseconds(base::WallTime time) {
  return time.time_since_epoch().count();
}
base::WallTime wall_time(std::int64_t count) {
  return base::WallTime(base::Duration(count));
}

Policy read_policy(const Statement& row) {
  Policy policy;
  int at = 0;
  policy.name = row.text(at++);
  policy.number = static_cast<std::uint32_t>(row.integer(at++));
  policy.name_space = static_cast<std::uint8_t>(row.integer(at++));
  policy.bit = static_cast<std::uint8_t>(row.integer(at++));
  policy.from_epoch = static_cast<std::uint32_t>(row.integer(at++));
  policy.revision = static_cast<std::uint64_t>(row.integer(at++));
  policy.created = wall_time(row.integer(at++));
  policy.ended = row.integer(at++) != 0;
  policy.ended_because = row.text(at++);
  policy.ended_at = wall_time(row.integer(at++));
  policy.text.expression = row.text(at++);
  policy.text.taps = names_of(row.text(at++));
  policy.text.tools = names_of(row.text(at++));
  policy.text.record = row.integer(at++) != 0;
  policy.text.stream = row.integer(at++) != 0;
  policy.text.duration_s = static_cast<std::uint64_t>(row.integer(at++));
  policy.text.packets = static_cast<std::uint64_t>(row.integer(at++));
  policy.text.bytes = static_cast<std::uint64_t>(row.integer(at++));
  policy.text.snaplen = static_cast<std::uint32_t>(row.integer(at++));
  policy.text.owner = row.text(at++);
  policy.text.reason = row.text(at++);
  policy.text.ticket = row.text(at++);
  return policy;
}

void bind_policy(Statement& row, const Policy& policy) {
  row.bind(policy.name);
  row.bind(policy.number);
  row.bind(policy.name_space);
  row.bind(policy.bit);
  row.bind(policy.from_epoch);
  row.bind(static_cast<std::int64_t>(policy.revision));
  row.bind(nanoseconds(policy.created));
  row.bind(std::int64_t{policy.ended});
  row.bind(policy.ended_because);
  row.bind(nanoseconds(policy.ended_at));
  row.bind(policy.text.expression);
  row.bind(names_text(policy.text.taps));
  row.bind(names_text(policy.text.tools));
  row.bind(std::int64_t{policy.text.record});
  row.bind(std::int64_t{policy.text.stream});
  row.bind(static_cast<std::int64_t>(policy.text.duration_s));
  row.bind(static_cast<std::int64_t>(policy.text.packets));
  row.bind(static_cast<std::int64_t>(policy.text.bytes));
  row.bind(policy.text.snaplen);
  row.bind(policy.text.owner);
  row.bind(policy.text.reason);
  row.bind(policy.text.ticket);
}

// The prepared statements live as long as the connection: a commit compiles no SQL.
struct Statements {
  Statement begin, commit, rollback, insert, remove, counters;
};

// A second descriptor of the write-ahead log, to wait for the disk on another thread. SQLite keeps no POSIX locks on
// the log, so closing it takes none away.
class Log {
 public:
  Log(std::string file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}
  Log(Log&& other) noexcept : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  Log& operator=(Log&&) = delete;
  ~Log() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  static base::Result<Log> open(const std::string& file) {
    // The name, too, must survive.
    const Log folder(file, ::open(std::filesystem::path(file).parent_path().c_str(), O_RDONLY | O_CLOEXEC));
    if (folder.descriptor_ < 0 || ::fsync(folder.descriptor_) != 0) return folder.broken();
    Log log(file, ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (log.descriptor_ < 0) return log.broken();
    return log;
  }

  // Once it has failed it stays failed: the kernel tells of lost pages only once, and the next fdatasync may succeed
  // without having written them.
  base::Status flush() {
    if (failed_) return std::unexpected(*failed_);
    if (::fdatasync(descriptor_) == 0) return {};
    failed_ = broken().error();
    failed_->hint = "see to the disk, then restart superspand";
    return std::unexpected(*failed_);
  }

 private:
  std::unexpected<base::Error> broken() const {
    return base::fail(
        ErrorCode::kInternal,
        "the controller's disk refuses the log of the state file: " + std::system_category().message(errno),
        "check space and health of that disk", file_);
  }
  std::string file_;
  int descriptor_;
  std::optional<base::Error> failed_;
};

constexpr std::size_t kCommitsBetweenTidying = 64;

class SqliteStore final : public Store {
 public:
  SqliteStore(Database database, Statements statements, Counters counters, Log log)
      : log_(std::move(log)), database_(std::move(database)), statements_(std::move(statements)), counters_(counters) {}

  base::Result<Contents> load() override {
    Contents contents{counters_, {}};
    auto rows = database_.prepare(kSelect);
    if (!rows) return std::unexpected(rows.error());
    while (true) {
      const auto row = rows->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return contents;
      contents.policies.push_back(read_policy(*rows));
    }
  }

  base::Status commit(const Change& change) override {
    if (auto good = check_counters(counters_, change.counters); !good) return good;
    if (auto begun = statements_.begin.run(); !begun) return begun;
    auto done = write(change);
    if (done) done = statements_.commit.run();
    if (!done) {
      // SQLite may have rolled back by itself already; then this does nothing but complain.
      const auto ignored = statements_.rollback.run();
      (void)ignored;
      return done;
    }
    counters_ = change.counters;
    ++commits_since_tidy_;
    return {};
  }

  base::Status flush() override { return log_.flush(); }

  void tidy() override {
    if (commits_since_tidy_ < kCommitsBetweenTidying) return;
    commits_since_tidy_ = 0;
    // The log is still good if this fails; the next commit will tell if the disk is not.
    const auto ignored = database_.execute("PRAGMA wal_checkpoint(PASSIVE)");
    (void)ignored;
  }

 private:
  base::Status write(const Change& change) {
    for (const auto& name : change.removed) {
      if (auto done = remove(name); !done) return done;
    }
    // First all away, then all in: two policies of one change may swap numbers.
    for (const auto& policy : change.put) {
      if (auto done = remove(policy.name); !done) return done;
    }
    for (const auto& policy : change.put) {
      bind_policy(statements_.insert, policy);
      if (auto done = statements_.insert.run(); !done) {
        return done.error().code == ErrorCode::kConflict ? base::Status(number_taken(policy)) : done;
      }
    }
    return write_counters(change.counters);
  }

  base::Status remove(const std::string& name) {
    statements_.remove.bind(name);
    return statements_.remove.run();
  }

  base::Status write_counters(const Counters& counters) {
    Statement& row = statements_.counters;
    row.bind(counters.epoch);
    row.bind(counters.next_number);
    if (counters.latest) {
      row.bind(counters.latest->name_space);
      row.bind(counters.latest->bit);
    } else {
      row.bind_null();
      row.bind_null();
    }
    return row.run();
  }

  Log log_;
  Database database_;
  Statements statements_;
  Counters counters_;
  std::size_t commits_since_tidy_ = 0;
};

// The version of the schema in the file, made if the file is empty.
base::Status prepare_schema(Database& database, const std::string& file) {
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto application = database.integer("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*version == 0 && *application == 0 && *tables == 0) return database.execute(kSchema);
  if (*application != kApplicationId) {
    return base::fail(ErrorCode::kInvalid, "the file is a database of another program",
                      "choose another state directory", file);
  }
  if (*version > kSchemaVersion) {
    return base::fail(ErrorCode::kInvalid,
                      "the state file was made by a newer version (schema " + std::to_string(*version) +
                          ", this one knows " + std::to_string(kSchemaVersion) + ")",
                      "run that version, or choose another state directory", file);
  }
  return {};
}

base::Status check_integrity(Database& database, const std::string& file) {
  auto check = database.prepare("PRAGMA quick_check(1)");
  if (!check) return std::unexpected(check.error());
  const auto row = check->step();
  if (!row) return std::unexpected(row.error());
  if (*row && check->text(0) == "ok") return {};
  return base::fail(ErrorCode::kInternal, "the state file is damaged: " + check->text(0),
                    "restore it from a backup, or move it away to begin without policies", file);
}

base::Result<Counters> read_counters(Database& database) {
  auto row = database.prepare("SELECT epoch, next_number, latest_namespace, latest_bit FROM counters");
  if (!row) return std::unexpected(row.error());
  const auto found = row->step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return base::fail(ErrorCode::kInternal, "the state file has no counters", "restore it from a backup");
  Counters counters;
  counters.epoch = static_cast<std::uint32_t>(row->integer(0));
  counters.next_number = static_cast<std::uint32_t>(row->integer(1));
  if (!row->is_null(2)) {
    counters.latest = Slot{static_cast<std::uint8_t>(row->integer(2)), static_cast<std::uint8_t>(row->integer(3))};
  }
  return counters;
}

base::Result<Statements> prepare_statements(Database& database) {
  auto begin = database.prepare("BEGIN IMMEDIATE");
  auto commit = database.prepare("COMMIT");
  auto rollback = database.prepare("ROLLBACK");
  auto insert = database.prepare(kInsert);
  auto remove = database.prepare("DELETE FROM policies WHERE name = ?");
  auto counters =
      database.prepare("UPDATE counters SET epoch = ?, next_number = ?, latest_namespace = ?, latest_bit = ?");
  for (auto* statement : {&begin, &commit, &rollback, &insert, &remove, &counters}) {
    if (!*statement) return std::unexpected(statement->error());
  }
  return Statements{std::move(*begin),  std::move(*commit), std::move(*rollback),
                    std::move(*insert), std::move(*remove), std::move(*counters)};
}

base::Result<std::unique_ptr<Store>> open(const std::string& file) {
  auto database = Database::open(file);
  if (!database) return std::unexpected(database.error());
  if (auto done = database->execute(kSettings); !done) return std::unexpected(done.error());
  if (auto done = check_integrity(*database, file); !done) return std::unexpected(done.error());
  if (auto done = prepare_schema(*database, file); !done) return std::unexpected(done.error());
  auto counters = read_counters(*database);
  if (!counters) return std::unexpected(counters.error());
  auto statements = prepare_statements(*database);
  if (!statements) return std::unexpected(statements.error());
  auto log = Log::open(database->wal_file());
  if (!log) return std::unexpected(log.error());
  if (auto done = log->flush(); !done) return std::unexpected(done.error());
  return std::make_unique<SqliteStore>(std::move(*database), std::move(*statements), *counters, std::move(*log));
}

}  // namespace

base::Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& file) {
  const mode_t before = ::umask(0077);
  auto store = open(file);
  ::umask(before);
  if (!store && store.error().place.empty()) store.error().place = file;
  return store;
}

}  // namespace superspan::store
