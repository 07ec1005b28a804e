// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_output.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/writers/driver_writers.hpp>

namespace Octopole::Driver {
namespace fs = std::filesystem;
namespace {

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file)
    throw std::runtime_error(path + ": found an error while writing, expected room for " +
                             std::to_string(text.size()) + " bytes");
}

}  // namespace

Destination::Destination(const std::string& option, const std::string& path) : m_option(option) {
  const auto refuse = [&](const std::string& why) {
    throw BadInput(option, in_quotes(path) + " (" + why + ")", "a file that can be written");
  };
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::is_directory(status)) refuse("a directory");
  if (fs::exists(status) && access(path.c_str(), W_OK) != 0) refuse(std::strerror(errno));
  if (fs::exists(status) &&
      !fs::is_regular_file(status)) {  // /dev/stdout or a pipe: nothing to rename
    m_path = m_temporary = path;
    return;
  }
  const fs::path real =
      fs::weakly_canonical(path, error);  // a link stays a link, its target is replaced
  m_path = error ? path : real.string();
  m_temporary = m_path + ".partial-" + std::to_string(getpid());
  const int file = open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) refuse(std::strerror(errno));
  close(file);
  fs::remove(m_temporary, error);  // it was a question only
}

Destination::Destination(Destination&& other) noexcept
    : m_option(std::move(other.m_option)),
      m_path(std::move(other.m_path)),
      m_temporary(std::exchange(other.m_temporary, {})) {}

Destination::~Destination() {
  std::error_code ignored;
  if (!m_temporary.empty() && m_temporary != m_path) fs::remove(m_temporary, ignored);
}

void Destination::commit() {
  if (m_temporary != m_path) fs::rename(m_temporary, m_path);
  m_temporary.clear();
}

OutputFiles::OutputFiles(const Options& o) {
  const auto same = [](const std::string& a, const std::string& b) {
    std::error_code error;
    return fs::weakly_canonical(a, error) == fs::weakly_canonical(b, error);
  };
  const auto apart_from_input = [&](const char* option, const std::string& path) {
    if (!o.input.empty() && same(o.input, path))
      throw BadInput(option, in_quotes(path) + ", the input", "another file");
    if (!o.targets.empty() && same(o.targets, path))
      throw BadInput(option, in_quotes(path) + ", the targets", "another file");
  };
  if (!o.output.empty()) {
    apart_from_input("--output", o.output);
    m_results.emplace("--output", o.output);
    if (m_results->temporary() == m_results->path())
      throw BadInput("--output", in_quotes(o.output) + " (no regular file)",
                     "a file that can be written");
    if (lower_case_extension(o.output) == "h5") {
      const std::string xdmf = fs::path(o.output).replace_extension(".xdmf").string();
      apart_from_input("--output", xdmf);
      m_xdmf.emplace("--output", xdmf);
    }
  }
  if (!o.json.empty()) {
    apart_from_input("--json", o.json);
    for (const auto* other : {&m_results, &m_xdmf})
      if (*other && same((*other)->path(), o.json))
        throw BadInput("--json", in_quotes(o.json) + ", written by --output", "another file");
    m_json.emplace("--json", o.json);
  }
}

void OutputFiles::write(const Options& o, const PointSet& points, const Result& result,
                        const std::string& json, const AllRows& rows) {
  const Results results{o, points, result, json, rows};
  if (m_results) {
    const std::string extension = lower_case_extension(o.output);
    const auto write = extension == "csv" ? write_csv : extension == "npz" ? write_npz : write_hdf5;
    write(m_results->temporary(), results);
  }
  if (m_xdmf)
    write_text(m_xdmf->temporary(),
               xdmf_text(fs::path(m_results->path()).filename().string(), results));
  if (m_json) write_text(m_json->temporary(), json);
  for (auto* destination : {&m_results, &m_xdmf, &m_json})
    if (*destination) (*destination)->commit();
}

std::vector<std::string> OutputFiles::names() const {
  std::vector<std::string> names;
  for (const auto* destination : {&m_results, &m_xdmf, &m_json})
    if (*destination) names.push_back((*destination)->path());
  return names;
}

}  // namespace Octopole::Driver
