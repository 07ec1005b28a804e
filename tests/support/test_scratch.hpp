// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_TEST_SCRATCH_HPP
#define OCTOPOLE_TEST_SCRATCH_HPP

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

/// A folder of one test's own, gone afterwards.
class Scratch {
 public:
  Scratch() {
    static int count = 0;
    m_folder = std::filesystem::temp_directory_path() /
               ("octopole-test-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    // A process of the same number may have been killed before it was done.
    std::filesystem::remove_all(m_folder);
    std::filesystem::create_directories(m_folder);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Path of a file in it; converts to both std::string and a path.
  struct Path : std::filesystem::path {
    using path::path;
    Path(std::filesystem::path p) : path(std::move(p)) {}
    operator std::string() const { return string(); }
    Path operator/(const std::string& name) const {
      return Path(static_cast<const path&>(*this) / name);
    }
  };
  Path operator/(const std::string& name) const { return Path(m_folder / name); }

  /// Writes a text file and returns its path.
  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = *this / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  std::filesystem::path m_folder;
};

#endif
