// SPDX-License-Identifier: Apache-2.0
// A disk in memory that fails on purpose, for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "recorder/disk.h"

namespace superspan::recorder {

// Files by name. Not thread-safe.
class MemoryDisk final : public Disk {
 public:
  std::map<std::string, base::Bytes> files;
  std::vector<std::size_t> write_sizes;              // of all appends, in order
  std::uint64_t capacity_bytes = ~std::uint64_t{0};  // more: kLimit, with as much written as fits
  bool write_fails = false;                          // kUnavailable, with half of the bytes written
  bool sync_fails = false;
  bool create_fails = false;
  int syncs = 0;

  base::Result<std::unique_ptr<File>> create(const std::filesystem::path& path) override {
    if (create_fails) return base::fail(base::ErrorCode::kUnavailable, "input/output error");
    const std::string name = path.filename().string();
    if (files.contains(name)) return base::fail(base::ErrorCode::kConflict, "file exists");
    files[name] = {};
    return std::make_unique<MemoryFile>(*this, name);
  }

 private:
  class MemoryFile final : public File {
   public:
    MemoryFile(MemoryDisk& disk, std::string name) : disk_(disk), name_(std::move(name)) {}
    base::Status append(base::BytesView bytes) override {
      disk_.write_sizes.push_back(bytes.size());
      std::size_t fits = bytes.size();
      if (disk_.write_fails) fits /= 2;
      fits = std::min<std::size_t>(fits, disk_.capacity_bytes - std::min(disk_.capacity_bytes, disk_.used()));
      const base::BytesView written = bytes.first(fits);
      base::Bytes& file = disk_.files[name_];
      file.insert(file.end(), written.begin(), written.end());
      if (disk_.write_fails) return base::fail(base::ErrorCode::kUnavailable, "input/output error");
      if (fits < bytes.size()) return base::fail(base::ErrorCode::kLimit, "no space left on device");
      return {};
    }
    base::Status sync() override {
      ++disk_.syncs;
      if (disk_.sync_fails) return base::fail(base::ErrorCode::kUnavailable, "input/output error");
      return {};
    }
    base::Status truncate(std::uint64_t bytes) override {
      disk_.files[name_].resize(bytes);
      return {};
    }

   private:
    MemoryDisk& disk_;
    std::string name_;
  };

  [[nodiscard]] std::uint64_t used() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, content] : files) bytes += content.size();
    return bytes;
  }
};

}  // namespace superspan::recorder
