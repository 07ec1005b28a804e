// SPDX-License-Identifier: BSD-3-Clause
#include <Octopole_Config.hpp>

#ifdef OCTOPOLE_HAVE_HDF5

#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <core/precompute/Octopole_Hdf5File.hpp>

namespace Octopole::Impl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// An identifier and the function that gives it back.
class Owned {
 public:
  Owned(hid_t id, herr_t (*close)(hid_t)) : m_id(id), m_close(close) {}
  Owned(Owned&& other) noexcept : m_id(std::exchange(other.m_id, -1)), m_close(other.m_close) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    if (m_id >= 0) m_close(m_id);
  }
  operator hid_t() const { return m_id; }
  explicit operator bool() const { return m_id >= 0; }

 private:
  hid_t m_id;
  herr_t (*m_close)(hid_t);
};

/// HDF5 prints its own error stack by default; ours is one line. The setting belongs to the host
/// program, so it is put back.
class Silence {
 public:
  Silence() {
    H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Silence() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  H5E_auto2_t m_function = nullptr;
  void* m_data = nullptr;
};

template <class T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
}

bool numeric(hid_t type) {
  const H5T_class_t c = H5Tget_class(type);
  return c == H5T_INTEGER || c == H5T_FLOAT;
}

/// A compound of two floating-point numbers r and i, as h5py writes numpy's complex numbers.
bool complex_numbers(hid_t type) {
  if (H5Tget_class(type) != H5T_COMPOUND || H5Tget_nmembers(type) != 2) return false;
  for (const char* name : {"r", "i"}) {
    const int member = H5Tget_member_index(type, name);
    if (member < 0 || H5Tget_member_class(type, unsigned(member)) != H5T_FLOAT) return false;
  }
  return true;
}

Owned open_dataset(hid_t file, std::string_view path) {
  return {H5Dopen2(file, std::string(path).c_str(), H5P_DEFAULT), H5Dclose};
}

/// Group or dataset, for attributes.
Owned open_object(hid_t file, std::string_view path) {
  return {H5Oopen(file, std::string(path).c_str(), H5P_DEFAULT), H5Oclose};
}

std::vector<std::size_t> extents(hid_t space) {
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> dims(rank > 0 ? rank : 0);
  if (rank > 0) H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  return {dims.begin(), dims.end()};
}

Owned dataspace(const std::vector<std::size_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose};
}

/// One element of fixed length; an empty text takes one byte, for HDF5 has no type of none.
Owned string_type(std::size_t length) {
  Owned type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, length ? length : 1);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

/// Both kinds of string there are: variable length (h5py's default) and fixed, that of at most
/// `longest` bytes. `read(type, buffer)` is H5Dread or H5Aread on a scalar of that memory type.
template <class Read>
bool read_text(hid_t type, hid_t space, std::uintmax_t longest, Read read, std::string& text) {
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) return false;
  if (H5Tis_variable_str(type) > 0) {
    Owned memory(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    char* buffer = nullptr;
    if (read(memory, &buffer) < 0) return false;
    text = buffer ? buffer : "";
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, &buffer);
    return true;
  }
  const std::size_t length = H5Tget_size(type);
  if (length == 0 || length > longest) return false;
  text.assign(length, '\0');
  if (read(type, text.data()) < 0) return false;
  text.erase(text.find_last_not_of('\0') + 1);
  return true;
}

/// Bytes of the file that one byte of it may become: 1 as it is stored, 1032 by deflate at its very
/// best, infinity where the data lie elsewhere or another filter was at work.
double most_bytes_per_byte(hid_t layout) {
  const H5D_layout_t kind = H5Pget_layout(layout);
  if (kind == H5D_CONTIGUOUS) return H5Pget_external_count(layout) == 0 ? 1 : infinity;
  if (kind != H5D_CHUNKED) return kind == H5D_COMPACT ? 1 : infinity;
  double most = 1;
  for (int i = 0, n = H5Pget_nfilters(layout); i < n; ++i) {
    unsigned flags = 0, settings = 0;
    std::size_t no_values = 0;
    const H5Z_filter_t filter = H5Pget_filter2(layout, static_cast<unsigned>(i), &flags, &no_values,
                                               nullptr, 0, nullptr, &settings);
    if (filter == H5Z_FILTER_DEFLATE)
      most *= 1032;
    else if (filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
      return infinity;
  }
  return most;
}

/// Elements of a chunk, which HDF5 reads as a whole; 0 where there are none.
double chunk_elements(hid_t layout) {
  hsize_t extents[H5S_MAX_RANK];
  if (H5Pget_layout(layout) != H5D_CHUNKED) return 0;
  double elements = 1;
  for (int d = 0, rank = H5Pget_chunk(layout, H5S_MAX_RANK, extents); d < rank; ++d)
    elements *= static_cast<double>(extents[d]);
  return elements;
}

double memory_of_the_machine() {
  return double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
}

std::string bytes_text(double bytes) {
  char text[40];
  std::snprintf(text, sizeof text, bytes < 1e15 ? "%.0f bytes" : "%.3g bytes", bytes);
  return text;
}

/// "shape (4, 3)"
std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "shape (";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

std::uintmax_t bytes_of_file(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? std::numeric_limits<std::uintmax_t>::max() : bytes;
}

}  // namespace

static_assert(std::is_same_v<hid_t, std::int64_t>, "HDF5 1.10 or newer is needed");

Hdf5File Hdf5File::open_read_only(const std::string& path) {
  Silence silence;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) {
    std::error_code ignored;
    const bool there = std::filesystem::exists(path, ignored);
    throw std::runtime_error(path + ": found " +
                             (!there          ? "no such file"
                              : is_hdf5(path) ? "a damaged or truncated HDF5 file"
                                              : "a file that HDF5 cannot open") +
                             ", expected a readable HDF5 file");
  }
  return {file, path};
}

Hdf5File Hdf5File::open_read_write(const std::string& path) {
  Silence silence;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  if (file < 0) throw std::runtime_error(path + ": cannot be opened as an HDF5 file for writing");
  return Hdf5File(file, path);
}

Hdf5File Hdf5File::create(const std::string& path) {
  Silence silence;
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file < 0)
    throw std::runtime_error(path +
                             ": found a place that cannot be written, expected one that can");
  return {file, path};
}

bool Hdf5File::is_hdf5(const std::string& path) noexcept {
  Silence silence;
  return H5Fis_hdf5(path.c_str()) > 0;
}

void Hdf5File::do_nothing_at_exit() noexcept {
  H5dont_atexit();
}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept
    : m_file(std::exchange(other.m_file, -1)), m_path(std::move(other.m_path)) {}

Hdf5File& Hdf5File::operator=(Hdf5File&& other) noexcept {
  std::swap(m_file, other.m_file);
  std::swap(m_path, other.m_path);
  return *this;
}

Hdf5File::~Hdf5File() {
  Silence silence;
  if (m_file >= 0) H5Fclose(m_file);
}

void Hdf5File::close() {
  if (m_file < 0) return;
  Silence silence;
  // Flushed apart: H5Fclose gives the handle back even where the last write failed.
  const bool flushed = H5Fflush(m_file, H5F_SCOPE_GLOBAL) >= 0;
  const bool closed = H5Fclose(std::exchange(m_file, -1)) >= 0;
  if (!flushed || !closed)
    throw std::runtime_error(
        m_path + ": found an error while writing (a full disk?), the file is not complete");
}

void Hdf5File::fail(std::string_view object, const std::string& what) const {
  throw std::runtime_error(m_path + ": " + std::string(object) + ": " + what);
}

bool Hdf5File::exists(std::string_view object) const {
  Silence silence;
  if (object == "/") return true;
  // H5Lexists fails where a group on the way is missing, so ask for one link after the other; a
  // link may dangle or lead to something that is not a group, hence the last question.
  for (std::size_t end = 1; end != std::string_view::npos;) {
    end = object.find('/', end);
    const std::string prefix(object.substr(0, end));
    if (H5Lexists(m_file, prefix.c_str(), H5P_DEFAULT) <= 0) return false;
    if (H5Oexists_by_name(m_file, prefix.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end != std::string_view::npos) ++end;
  }
  return true;
}

bool Hdf5File::has_attribute(std::string_view object, const std::string& name) const {
  Silence silence;
  return exists(object) &&
         H5Aexists_by_name(m_file, std::string(object).c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::size_t> Hdf5File::shape(std::string_view dataset) const {
  Silence silence;
  const Owned data = open_dataset(m_file, dataset);
  if (!data)
    fail(dataset,
         exists(dataset) ? "found a dataset that cannot be opened" : "found no such dataset");
  const Owned space(H5Dget_space(data), H5Sclose);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) fail(dataset, "found a dataset without data");
  return extents(space);
}

bool Hdf5File::is_numeric(std::string_view dataset) const {
  Silence silence;
  const Owned data = open_dataset(m_file, dataset);
  if (!data) fail(dataset, "found no such dataset");
  const Owned type(H5Dget_type(data), H5Tclose);
  return numeric(type);
}

bool Hdf5File::is_complex(std::string_view dataset) const {
  Silence silence;
  const Owned data = open_dataset(m_file, dataset);
  const Owned type(data ? H5Dget_type(data) : -1, H5Tclose);
  return type && complex_numbers(type);
}

std::vector<std::string> Hdf5File::names_in(std::string_view group) const {
  Silence silence;
  std::vector<std::string> names;
  if (!exists(group)) return names;
  const Owned owner = open_object(m_file, group);
  H5G_info_t info;
  if (!owner || H5Iget_type(owner) != H5I_GROUP || H5Gget_info(owner, &info) < 0) return names;
  constexpr hsize_t most = 10000;  // a damaged group may claim any number
  for (hsize_t i = 0; i < std::min(info.nlinks, most); ++i) {
    char name[256];
    const ssize_t length = H5Lget_name_by_idx(owner, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                              sizeof name, H5P_DEFAULT);
    if (length < 0) break;
    if (std::size_t(length) < sizeof name) names.emplace_back(name, std::size_t(length));
  }
  return names;
}

std::size_t Hdf5File::count(std::string_view dataset, std::size_t bytes_each,
                            std::size_t parts) const {
  const std::vector<std::size_t> extents = shape(dataset);
  // In floating point, for a product of extents may be more than any integer holds.
  double elements = 1;
  for (const std::size_t extent : extents) elements *= static_cast<double>(extent);
  if (elements == 0) return 0;
  Silence silence;
  const Owned data = open_dataset(m_file, dataset);
  const Owned type(H5Dget_type(data), H5Tclose), layout(H5Dget_create_plist(data), H5Pclose);
  if (!data || !type || !layout) fail(dataset, "found a dataset that cannot be opened");
  const auto expect_at_most = [&](double most, double bytes, const char* of) {
    if (bytes > most)
      fail(dataset, "found " + shape_text(extents) + ", " + bytes_text(bytes) +
                        ", expected at most the " + bytes_text(most) + of);
  };
  const double chunk = chunk_elements(layout), size = double(H5Tget_size(type));
  const double most = most_bytes_per_byte(layout) * double(bytes_of_file(m_path));
  expect_at_most(most, std::max(elements, chunk) * size, " that a file of this size can hold");
  const double read = elements / double(parts);
  expect_at_most(memory_of_the_machine(),
                 std::max(std::max(read, chunk) * size, read * double(bytes_each)),
                 " of this machine's memory");
  std::size_t product = 1;
  for (const std::size_t extent : extents) product *= extent;
  return product;
}

template <class T>
std::vector<T> Hdf5File::read(std::string_view dataset) const {
  const std::size_t elements = count(dataset, sizeof(T));
  std::vector<T> result;
  try {
    result.resize(elements);
  } catch (const std::bad_alloc&) {  // less memory than the machine has: a limit of the process
    fail(dataset, "found " + shape_text(shape(dataset)) + ", expected what fits into the memory");
  }
  read(dataset, result.data(), elements);
  return result;
}

template <class T>
void Hdf5File::read(std::string_view dataset, T* data, std::size_t count) const {
  Silence silence;
  const Owned set = open_dataset(m_file, dataset);
  if (!set) fail(dataset, "found no such dataset");
  const Owned type(H5Dget_type(set), H5Tclose);
  if (!numeric(type)) fail(dataset, "found elements that are not numbers");
  const Owned space(H5Dget_space(set), H5Sclose);
  const hssize_t found = H5Sget_simple_extent_npoints(space);
  if (found < 0 || static_cast<std::size_t>(found) != count)
    fail(dataset,
         "found " + std::to_string(found) + " elements, expected " + std::to_string(count));
  if (count == 0) return;
  if (H5Dread(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    fail(dataset, "found data that cannot be read (a damaged or truncated file?)");
}

std::vector<double> Hdf5File::read_rows(std::string_view dataset, std::size_t first, std::size_t n,
                                        std::size_t parts, Handle memory_type) const {
  const std::vector<std::size_t> extents = shape(dataset);
  if (extents.empty() || first > extents[0] || n > extents[0] - first)
    fail(dataset, "found " + shape_text(extents) + ", expected at least " +
                      std::to_string(first + n) + " of the first index");
  if (n == 0) return {};
  const std::size_t elements =
      count(dataset, parts * sizeof(double), std::max<std::size_t>(1, extents[0] / n)) /
      extents[0] * n;
  std::vector<double> result(parts * elements);
  Silence silence;
  const Owned set = open_dataset(m_file, dataset);
  const Owned space(H5Dget_space(set), H5Sclose);
  std::vector<hsize_t> start(extents.size(), 0), some(extents.begin(), extents.end());
  start[0] = first;
  some[0] = n;
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, some.data(), nullptr);
  const Owned memory = dataspace({elements});
  if (elements > 0 && H5Dread(set, memory_type, memory, space, H5P_DEFAULT, result.data()) < 0)
    fail(dataset, "found data that cannot be read (a damaged or truncated file?)");
  return result;
}

std::vector<double> Hdf5File::read_rows(std::string_view dataset, std::size_t first,
                                        std::size_t n) const {
  if (!is_numeric(dataset)) fail(dataset, "found elements that are not numbers");
  return read_rows(dataset, first, n, 1, H5T_NATIVE_DOUBLE);
}

std::vector<double> Hdf5File::read_complex_rows(std::string_view dataset, std::size_t first,
                                                std::size_t n) const {
  if (!is_complex(dataset)) fail(dataset, "found elements that are not complex numbers");
  const Owned pair(H5Tcreate(H5T_COMPOUND, 2 * sizeof(double)), H5Tclose);
  H5Tinsert(pair, "r", 0, H5T_NATIVE_DOUBLE);
  H5Tinsert(pair, "i", sizeof(double), H5T_NATIVE_DOUBLE);
  return read_rows(dataset, first, n, 2, pair);
}

std::string Hdf5File::read_string(std::string_view dataset) const {
  Silence silence;
  const Owned data = open_dataset(m_file, dataset);
  if (!data) fail(dataset, "found no such dataset");
  const Owned type(H5Dget_type(data), H5Tclose);
  const Owned space(H5Dget_space(data), H5Sclose);
  std::string text;
  const auto read = [&](hid_t memory, void* buffer) {
    return H5Dread(data, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
  };
  if (!read_text(type, space, bytes_of_file(m_path), read, text))
    fail(dataset, "found something else than one string");
  return text;
}

namespace {

struct Attribute {
  Owned id, type, space;
};

/// `fail(object, what)` throws.
template <class Fail>
Attribute open_attribute(hid_t file, std::string_view object, const std::string& name,
                         const Fail& fail) {
  const Owned owner = open_object(file, object);
  if (!owner) fail(object, "found no such object");
  Owned id(H5Aopen(owner, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!id) fail(object, "found no attribute '" + name + "'");
  Owned type(H5Aget_type(id), H5Tclose);
  Owned space(H5Aget_space(id), H5Sclose);
  return {std::move(id), std::move(type), std::move(space)};
}

}  // namespace

template <class T>
T Hdf5File::read_attribute(std::string_view object, const std::string& name) const {
  Silence silence;
  const Attribute a = open_attribute(m_file, object, name, std::bind_front(&Hdf5File::fail, this));
  T value{};
  if (!numeric(a.type) || H5Sget_simple_extent_npoints(a.space) != 1 ||
      H5Aread(a.id, native_type<T>(), &value) < 0)
    fail(object, "found an attribute '" + name + "' that is not one number");
  return value;
}

std::string Hdf5File::read_string_attribute(std::string_view object,
                                            const std::string& name) const {
  Silence silence;
  const Attribute a = open_attribute(m_file, object, name, std::bind_front(&Hdf5File::fail, this));
  std::string text;
  const auto read = [&](hid_t memory, void* buffer) { return H5Aread(a.id, memory, buffer); };
  if (!read_text(a.type, a.space, bytes_of_file(m_path), read, text))
    fail(object, "found an attribute '" + name + "' that is not one string");
  return text;
}

std::vector<double> Hdf5File::read_attribute_numbers(std::string_view object,
                                                     const std::string& name) const {
  Silence silence;
  const Attribute a = open_attribute(m_file, object, name, std::bind_front(&Hdf5File::fail, this));
  const hssize_t numbers = H5Sget_simple_extent_npoints(a.space);
  constexpr hssize_t most = 10000;
  std::vector<double> values(numbers > 0 && numbers <= most ? std::size_t(numbers) : 0);
  if (!numeric(a.type) || values.empty() || H5Aread(a.id, H5T_NATIVE_DOUBLE, values.data()) < 0)
    fail(object, "found an attribute '" + name + "' that is not a few numbers");
  return values;
}

namespace {

/// A new dataset, with the groups on its way.
Owned create_dataset(hid_t file, std::string_view path, hid_t type, hid_t space) {
  const Owned links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  return {H5Dcreate2(file, std::string(path).c_str(), type, space, links, H5P_DEFAULT, H5P_DEFAULT),
          H5Dclose};
}

Owned open_or_create_group(hid_t file, std::string_view path, bool there) {
  if (there) return open_object(file, path);
  const Owned links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  return {H5Gcreate2(file, std::string(path).c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Oclose};
}

/// One element; an attribute of that name is replaced.
bool put_attribute(hid_t owner, const std::string& name, hid_t type, const void* value) {
  if (H5Aexists(owner, name.c_str()) > 0) H5Adelete(owner, name.c_str());
  const Owned space(H5Screate(H5S_SCALAR), H5Sclose);
  const Owned attribute(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                        H5Aclose);
  return attribute && H5Awrite(attribute, type, value) >= 0;
}

/// Attributes of 64 kB and more do not fit an object header of the default format.
constexpr std::size_t largest_attribute = 60000;

}  // namespace

void Hdf5File::link(const std::string& object, const std::string& name) {
  const Silence silence;
  if (H5Lcreate_hard(m_file, object.c_str(), m_file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT) < 0)
    fail(name, "it cannot be made another name of " + object);
}

void Hdf5File::copy(const Hdf5File& from, const std::string& object) {
  const Silence silence;
  if (H5Ocopy(from.m_file, object.c_str(), m_file, object.c_str(), H5P_DEFAULT, H5P_DEFAULT) < 0)
    fail(object, "it cannot be copied from " + from.m_path);
}

template <class T>
void Hdf5File::write(std::string_view dataset, const T* data,
                     const std::vector<std::size_t>& shape) {
  Silence silence;
  const Owned space = dataspace(shape);
  const Owned set = create_dataset(m_file, dataset, native_type<T>(), space);
  if (!set) fail(dataset, "the dataset cannot be made (is there one of that name?)");
  if (H5Sget_simple_extent_npoints(space) == 0) return;
  if (H5Dwrite(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    fail(dataset, "the data cannot be written (a full disk?)");
}

template <class T>
void Hdf5File::create_rows(std::string_view dataset, const std::vector<std::size_t>& shape) {
  Silence silence;
  const Owned space = dataspace(shape);
  const Owned set = create_dataset(m_file, dataset, native_type<T>(), space);
  if (!set) fail(dataset, "the dataset cannot be made (is there one of that name?)");
}

template <class T>
void Hdf5File::write_rows(std::string_view dataset, const T* data, std::size_t first,
                          std::size_t n) {
  const std::vector<std::size_t> extents = shape(dataset);
  Silence silence;
  const Owned set = open_dataset(m_file, dataset);
  const Owned space(H5Dget_space(set), H5Sclose);
  std::vector<hsize_t> start(extents.size(), 0), some(extents.begin(), extents.end());
  start[0] = first, some[0] = n;
  std::size_t elements = 1;
  for (const hsize_t e : some) elements *= std::size_t(e);
  if (elements == 0) return;
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, some.data(), nullptr);
  const Owned memory = dataspace({elements});
  if (H5Dwrite(set, native_type<T>(), memory, space, H5P_DEFAULT, data) < 0)
    fail(dataset, "the data cannot be written (a full disk?)");
}

template void Hdf5File::create_rows<double>(std::string_view, const std::vector<std::size_t>&);
template void Hdf5File::create_rows<std::int64_t>(std::string_view,
                                                  const std::vector<std::size_t>&);
template void Hdf5File::write_rows(std::string_view, const double*, std::size_t, std::size_t);
template void Hdf5File::write_rows(std::string_view, const std::int64_t*, std::size_t, std::size_t);

void Hdf5File::write_string(std::string_view dataset, const std::string& text) {
  Silence silence;
  const Owned type = string_type(text.size());
  const Owned space(H5Screate(H5S_SCALAR), H5Sclose);
  const Owned set = create_dataset(m_file, dataset, type, space);
  if (!set) fail(dataset, "the dataset cannot be made (is there one of that name?)");
  const char nothing = '\0';
  if (H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.empty() ? &nothing : text.data()) < 0)
    fail(dataset, "the data cannot be written (a full disk?)");
}

template <class T>
void Hdf5File::write_attribute(std::string_view object, const std::string& name, T value) {
  Silence silence;
  const Owned owner = open_or_create_group(m_file, object, exists(object));
  if (!owner || !put_attribute(owner, name, native_type<T>(), &value))
    fail(object, "the attribute '" + name + "' cannot be written");
}

void Hdf5File::write_string_attribute(std::string_view object, const std::string& name,
                                      const std::string& text) {
  Silence silence;
  if (text.size() > largest_attribute)
    fail(object, "the attribute '" + name + "' is too long for HDF5");
  const Owned owner = open_or_create_group(m_file, object, exists(object));
  const char nothing = '\0';
  if (!owner ||
      !put_attribute(owner, name, string_type(text.size()), text.empty() ? &nothing : text.data()))
    fail(object, "the attribute '" + name + "' cannot be written");
}

#define OCTOPOLE_HDF5_INSTANTIATE(T)                                                             \
  template std::vector<T> Hdf5File::read<T>(std::string_view) const;                             \
  template void Hdf5File::read<T>(std::string_view, T*, std::size_t) const;                      \
  template T Hdf5File::read_attribute<T>(std::string_view, const std::string&) const;            \
  template void Hdf5File::write<T>(std::string_view, const T*, const std::vector<std::size_t>&); \
  template void Hdf5File::write_attribute<T>(std::string_view, const std::string&, T);
OCTOPOLE_HDF5_INSTANTIATE(double)
OCTOPOLE_HDF5_INSTANTIATE(float)
OCTOPOLE_HDF5_INSTANTIATE(std::int32_t)
OCTOPOLE_HDF5_INSTANTIATE(std::int64_t)
OCTOPOLE_HDF5_INSTANTIATE(std::uint64_t)
#undef OCTOPOLE_HDF5_INSTANTIATE

}  // namespace Octopole::Impl

#endif
