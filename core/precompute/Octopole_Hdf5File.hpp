// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_IMPL_HDF5FILE_HPP
#define OCTOPOLE_IMPL_HDF5FILE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace Octopole::Impl {

/// One open HDF5 file, closed by its destructor. The only class that calls HDF5, whose types do not
/// appear here. There is a definition only where `OCTOPOLE_HAVE_HDF5` is (see Octopole_Config.hpp).
///
/// Paths of objects are absolute (`/group/dataset`); groups are made on demand when writing. `T` is
/// double, float, std::int32_t, std::int64_t or std::uint64_t; a dataset stored as another numeric
/// type is converted by HDF5. Every failure is a std::runtime_error that names file and object and
/// says what was found. As HDF5 itself, to be called from one thread at a time.
///
/// Where an object cannot be opened, its file being damaged, HDF5 1.10 keeps a reference to it: H5Fclose
/// then reports success and closes nothing, also with H5F_CLOSE_STRONG, and no identifier is left to
/// close. When the process ends, HDF5 complains ("infinite loop closing library"). A program that closes
/// its files itself avoids that by `do_nothing_at_exit`; a library must not, for its host may not.
class Hdf5File {
 public:
  static Hdf5File open_read_only(const std::string& path);
  /// To add to an existing file.
  static Hdf5File open_read_write(const std::string& path);
  /// An existing file is truncated.
  static Hdf5File create(const std::string& path);
  /// True when the file can be read and begins as HDF5 files do; never throws.
  static bool is_hdf5(const std::string& path) noexcept;
  /// HDF5 closes nothing and says nothing when the process ends. For programs of our own, before all
  /// else that is called here.
  static void do_nothing_at_exit() noexcept;

  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;
  /// Errors are lost here: a writer calls close().
  ~Hdf5File();

  /// Everything is handed to the operating system; throws when that failed (a full disk, say).
  void close();

  const std::string& path() const { return m_path; }

  /// Is there a group or dataset of that path?
  bool exists(std::string_view object) const;
  bool has_attribute(std::string_view object, const std::string& name) const;
  /// Extents of a dataset; empty for a scalar.
  std::vector<std::size_t> shape(std::string_view dataset) const;
  /// Elements of a dataset, 1 of a scalar: the number to allocate. A damaged file may claim any extents:
  /// throws where they are more than the file can hold, or than the machine's memory holds at
  /// `bytes_each`. What was never written counts as written; what compression may do is allowed for.
  /// `parts`: of so many equal parts one is in memory at a time.
  std::size_t count(std::string_view dataset, std::size_t bytes_each, std::size_t parts = 1) const;
  /// Are the dataset's elements integers or floating-point numbers?
  bool is_numeric(std::string_view dataset) const;
  /// Are they complex numbers as h5py writes them, compounds of two floating-point numbers r and i?
  /// False where there is no such dataset.
  bool is_complex(std::string_view dataset) const;
  /// Names of what is in a group, sorted; empty where the object is none.
  std::vector<std::string> names_in(std::string_view group) const;

  /// The whole dataset, row-major.
  template <class T>
  std::vector<T> read(std::string_view dataset) const;
  /// The same into memory of the caller; throws unless the dataset has exactly `count` elements.
  template <class T>
  void read(std::string_view dataset, T* data, std::size_t count) const;
  /// What `n` first indices from `first` on leave of a dataset of at least one extent, row-major.
  std::vector<double> read_rows(std::string_view dataset, std::size_t first, std::size_t n) const;
  /// The same of a dataset of complex numbers, real and imaginary part in turn.
  std::vector<double> read_complex_rows(std::string_view dataset, std::size_t first,
                                        std::size_t n) const;
  std::string read_string(std::string_view dataset) const;

  template <class T>
  T read_attribute(std::string_view object, const std::string& name) const;
  std::string read_string_attribute(std::string_view object, const std::string& name) const;
  /// An attribute of one number or several.
  std::vector<double> read_attribute_numbers(std::string_view object,
                                             const std::string& name) const;

  /// A new, contiguous dataset of the product of `shape` elements, row-major. An empty shape is a
  /// scalar.
  template <class T>
  void write(std::string_view dataset, const T* data, const std::vector<std::size_t>& shape);
  template <class T>
  void write(std::string_view dataset, const std::vector<T>& data) {
    write(dataset, data.data(), {data.size()});
  }
  /// A new, contiguous dataset, nothing of which is written yet. `T`: double or std::int64_t.
  template <class T>
  void create_rows(std::string_view dataset, const std::vector<std::size_t>& shape);
  /// Of an existing one what `n` first indices from `first` on leave, row-major.
  template <class T>
  void write_rows(std::string_view dataset, const T* data, std::size_t first, std::size_t n);
  void write_string(std::string_view dataset, const std::string& text);
  /// A second name for a group or dataset.
  void link(const std::string& object, const std::string& name);
  /// A group or dataset of another file, with all that is in it, under the same path.
  void copy(const Hdf5File& from, const std::string& object);

  /// The object is a group (made on demand; "/" is the file) or an existing dataset.
  template <class T>
  void write_attribute(std::string_view object, const std::string& name, T value);
  void write_string_attribute(std::string_view object, const std::string& name,
                              const std::string& text);

 private:
  using Handle = std::int64_t;  // what HDF5 calls hid_t
  Hdf5File(Handle file, std::string path) : m_file(file), m_path(std::move(path)) {}
  [[noreturn]] void fail(std::string_view object, const std::string& what) const;
  /// Of an element's `parts` doubles, which `memory_type` describes in memory.
  std::vector<double> read_rows(std::string_view dataset, std::size_t first, std::size_t n,
                                std::size_t parts, Handle memory_type) const;

  Handle m_file = -1;
  std::string m_path;
};

}  // namespace Octopole::Impl

#endif
