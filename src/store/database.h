// SPDX-License-Identifier: Apache-2.0
// A thin owner of an SQLite connection and its statements; errors as values. Internal to store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace superspan::store {

// A prepared statement. bind() in order of the question marks, then run() or step() until it is false.
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement);
  void bind(std::int64_t value);
  void bind(std::string_view value);  // copied
  void bind_null();
  [[nodiscard]] base::Result<bool> step();  // true: there is a row
  [[nodiscard]] base::Status run();         // to the end; the statement can be bound and run again
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
};

class Database {
 public:
  [[nodiscard]] static base::Result<Database> open(const std::string& file);
  [[nodiscard]] base::Status execute(const char* sql);
  [[nodiscard]] base::Result<Statement> prepare(const char* sql);
  // The single integer that a query yields.
  [[nodiscard]] base::Result<std::int64_t> integer(const char* sql);
  // The file that commits are written to first; in WAL mode it exists after the first access.
  [[nodiscard]] std::string wal_file() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace superspan::store
