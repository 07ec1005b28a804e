// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_FUZZ_INPUT_HPP
#define OCTOPOLE_FUZZ_INPUT_HPP

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <perf/driver/driver_error.hpp>

namespace Octopole::Fuzz {

/// The bytes that libFuzzer hands over, as a file of its own that is gone afterwards. Each has a name of
/// its own: HDF5 keeps damaged files open and takes the same name for the same file.
class InputFile {
 public:
  InputFile(const std::uint8_t* data, std::size_t bytes, const char* extension) {
    static int count = 0;
    m_path = std::filesystem::temp_directory_path() / ("octopole-fuzz-" + std::to_string(getpid()) +
                                                       "-" + std::to_string(count++) + extension);
    std::FILE* file = std::fopen(m_path.c_str(), "wb");
    if (!file || std::fwrite(data, 1, bytes, file) != bytes || std::fclose(file) != 0) std::abort();
  }
  ~InputFile() {
    std::error_code ignored;
    std::filesystem::remove(m_path, ignored);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::string path() const { return m_path.string(); }

 private:
  std::filesystem::path m_path;
};

/// Readers refuse by std::runtime_error, BadInput among them, with a message in which nothing of the file
/// steers a terminal. Whatever else they throw, std::bad_alloc for one, ends the program.
template <class Read>
void refusing(Read read) {
  try {
    read();
  } catch (const std::runtime_error& e) {
    if (!*e.what() || Driver::printable(e.what()) != e.what()) std::abort();
  }
}

}  // namespace Octopole::Fuzz

#endif
