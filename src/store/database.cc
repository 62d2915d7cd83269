// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include <sqlite3.h>

namespace superspan::store {
namespace {

using base::ErrorCode;

std::unexpected<base::Error> failure(sqlite3* database) {
  const std::string words = sqlite3_errmsg(database);
  const char* path = sqlite3_db_filename(database, "main");
  const std::string file = path == nullptr ? "" : path;
  switch (sqlite3_errcode(database) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return base::fail(ErrorCode::kConflict, "another process uses the state file", "stop the other superspand", file);
    case SQLITE_NOTADB:
      return base::fail(ErrorCode::kInvalid, "the file is no superspan state", "choose another state directory", file);
    case SQLITE_CORRUPT:
      return base::fail(ErrorCode::kInternal, "the state file is damaged: " + words,
                        "restore it from a backup, or move it away to begin without policies", file);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return base::fail(ErrorCode::kDenied, "cannot write the state file: " + words,
                        "check that the directory exists, and its owner and mode", file);
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return base::fail(ErrorCode::kInternal, "the controller's disk refuses the state file: " + words,
                        "check space and health of that disk", file);
    case SQLITE_CONSTRAINT:
      return base::fail(ErrorCode::kConflict, words, {}, file);
    default:
      return base::fail(ErrorCode::kInternal, "state file: " + words, {}, file);
  }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}
void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Statement::Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}

void Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), next_++, value);
}
void Statement::bind(std::string_view value) {
  sqlite3_bind_text(statement_.get(), next_++, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
}
void Statement::bind_null() {
  sqlite3_bind_null(statement_.get(), next_++);
}

base::Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(database_);
}

base::Status Statement::run() {
  while (true) {
    const auto row = step();
    next_ = 1;
    if (!row) {
      auto error = row.error();
      sqlite3_reset(statement_.get());
      return std::unexpected(std::move(error));
    }
    if (!*row) break;
  }
  sqlite3_reset(statement_.get());
  return {};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto count = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string{} : std::string(bytes, count);
}

base::Result<Database> Database::open(const std::string& file) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (raw == nullptr) return base::fail(ErrorCode::kInternal, "no memory for the state file", {}, file);
  if (code != SQLITE_OK) return failure(raw);
  return database;
}

base::Status Database::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(database_.get());
  return {};
}

base::Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) return failure(database_.get());
  return Statement(database_.get(), raw);
}

std::string Database::wal_file() const {
  return sqlite3_filename_wal(sqlite3_db_filename(database_.get(), "main"));
}

base::Result<std::int64_t> Database::integer(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

}  // namespace superspan::store
