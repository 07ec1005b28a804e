// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_output.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <Octopole_Config.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <perf/driver/driver_error.hpp>

#ifdef OCTOPOLE_HAVE_HDF5
#include <core/precompute/Octopole_Hdf5File.hpp>
#endif

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

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

using Shape = std::vector<std::size_t>;

std::string with_blanks(const Shape& shape) {
  std::string text;
  for (const std::size_t e : shape) text.append(text.empty() ? "" : " ").append(std::to_string(e));
  return text;
}

/// One XDMF data item that refers to a dataset of the HDF5 file.
std::string data_item(const std::string& hdf5, const std::string& dataset, const Shape& shape) {
  return "<DataItem Format=\"HDF\" NumberType=\"Float\" Precision=\"8\" Dimensions=\"" +
         with_blanks(shape) + "\">" + escaped(hdf5) + ":" + dataset + "</DataItem>";
}

/// The part of a dataset whose last indices are `last`, of shape `kept`.
std::string hyperslab(const std::string& hdf5, const std::string& dataset, const Shape& shape,
                      const Shape& kept, const Shape& last) {
  Shape start(kept.size()), stride(shape.size(), 1), count = kept;
  start.insert(start.end(), last.begin(), last.end());
  count.insert(count.end(), last.size(), 1);
  const std::string rows =
      with_blanks(start) + " " + with_blanks(stride) + " " + with_blanks(count);
  return "<DataItem ItemType=\"HyperSlab\" Dimensions=\"" + with_blanks(kept) +
         "\"><DataItem Format=\"XML\" NumberType=\"Int\" Dimensions=\"3 " +
         std::to_string(shape.size()) + "\">" + rows + "</DataItem>" +
         data_item(hdf5, dataset, shape) + "</DataItem>";
}

/// The attributes of one output: an XDMF attribute is real and has one right-hand side, so that
/// there are as many as parts and sides: potential, potential_re, potential_2, potential_im_2.
std::string attributes(const std::string& hdf5, const KernelInfo& kernel, const OutputInfo& output,
                       std::size_t n, std::size_t sides) {
  const std::size_t components = output.components();
  // A Hessian's six are in the order of Tensor6.
  const char* type = components == 1   ? "Scalar"
                     : components == 3 ? "Vector"
                     : components == 6 ? "Tensor6"
                                       : "Tensor";
  const std::string name = name_of(output.output), dataset = "/" + name;
  const Shape shape = kernel.output_extents(output, n, sides);
  Shape kept{n};
  for (const std::size_t e : output.extents)
    if (e > 1) kept.push_back(e);
  std::string text;
  for (std::size_t part = 0; part < kernel.parts(); ++part)
    for (std::size_t side = 0; side < sides; ++side) {
      Shape last;
      std::string label = name;
      if (kernel.complex) {
        last.push_back(part);
        label.append(part == 0 ? "_re" : "_im");
      }
      if (sides > 1) {
        last.push_back(side);
        label.append("_").append(std::to_string(side));
      }
      text += "   <Attribute Name=\"" + label + "\" AttributeType=\"" + type +
              "\" Center=\"Node\">" +
              (last.empty() ? data_item(hdf5, dataset, shape)
                            : hyperslab(hdf5, dataset, shape, kept, last)) +
              "</Attribute>\n";
    }
  return text;
}

/// The points as a cloud (Polyvertex) with their values. `hdf5` is the name of the file beside this
/// one.
std::string xdmf_text(const std::string& hdf5, std::size_t n, const Options& o) {
  const std::string count = std::to_string(n);
  std::string text =
      "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n <Domain>\n  <Grid Name=\"octopole\" "
      "GridType=\"Uniform\">\n"
      "   <Topology TopologyType=\"Polyvertex\" NumberOfElements=\"" +
      count +
      "\" NodesPerElement=\"1\"/>\n"
      "   <Geometry GeometryType=\"XYZ\">" +
      data_item(hdf5, "/targets", {n, 3}) + "</Geometry>\n";
  for (const OutputInfo& output : o.kernel_info().outputs)
    if (contains(o.outputs, output.output))
      text += attributes(hdf5, o.kernel_info(), output, n, o.right_hand_sides);
  return text + "  </Grid>\n </Domain>\n</Xdmf>\n";
}

#ifdef OCTOPOLE_HAVE_HDF5
void write_hdf5(const std::string& path, const Options& o, const PointSet& points,
                const Result& result, const std::string& json) {
  const std::size_t n = points.n_targets();
  auto file = Impl::Hdf5File::create(path);
  file.write("/targets", points.target_coordinates().data(), {n, 3});
  for (const OutputInfo& output : o.kernel_info().outputs)
    if (contains(o.outputs, output.output))
      file.write(std::string("/") + name_of(output.output), result[output.output].data(),
                 o.kernel_info().output_extents(output, n, o.right_hand_sides));
  file.write_string_attribute("/", "run", json);
  file.close();
}
#else
void write_hdf5(const std::string&, const Options&, const PointSet&, const Result&,
                const std::string&) {}  // refused before
#endif

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
    if (lower_case_extension(o.output) != "h5")
      throw BadInput("--output", in_quotes(o.output), "a file name that ends in .h5");
    apart_from_input("--output", o.output);
    m_hdf5.emplace("--output", o.output);
    if (m_hdf5->temporary() == m_hdf5->path())
      throw BadInput("--output", in_quotes(o.output) + " (no regular file)",
                     "a file that can be written");
    const std::string xdmf = fs::path(o.output).replace_extension(".xdmf").string();
    apart_from_input("--output", xdmf);
    m_xdmf.emplace("--output", xdmf);
  }
  if (!o.json.empty()) {
    apart_from_input("--json", o.json);
    for (const auto* other : {&m_hdf5, &m_xdmf})
      if (*other && same((*other)->path(), o.json))
        throw BadInput("--json", in_quotes(o.json) + ", written by --output", "another file");
    m_json.emplace("--json", o.json);
  }
}

void OutputFiles::write(const Options& o, const PointSet& points, const Result& result,
                        const std::string& json) {
  if (m_hdf5) {
    write_hdf5(m_hdf5->temporary(), o, points, result, json);
    write_text(m_xdmf->temporary(),
               xdmf_text(fs::path(m_hdf5->path()).filename().string(), points.n_targets(), o));
  }
  if (m_json) write_text(m_json->temporary(), json);
  for (auto* destination : {&m_hdf5, &m_xdmf, &m_json})
    if (*destination) (*destination)->commit();
}

}  // namespace Octopole::Driver
