// SPDX-License-Identifier: BSD-3-Clause
#include <Octopole_Config.hpp>

#ifdef OCTOPOLE_HAVE_HDF5

#include <hdf5.h>

#include <core/precompute/Octopole_Hdf5File.hpp>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <tests/support/octopole_catch.hpp>

#include <tests/support/test_scratch.hpp>

using Octopole::Impl::Hdf5File;
namespace fs = std::filesystem;

namespace {

std::string message_of(auto work) {
  try {
    work();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

template <class T>
void round_trip(const std::string& path) {
  const std::vector<T> values{
      T(1), T(2), T(3), std::numeric_limits<T>::max(), std::numeric_limits<T>::lowest(), T(0)};
  {
    auto file = Hdf5File::create(path);
    file.write("/deep/group/values", values.data(), {2, 3});
    file.write("/flat", values);
    file.write_attribute("/", "one", values[3]);
    file.write_attribute("/flat", "on a dataset", values[4]);
    file.close();
  }
  const auto file = Hdf5File::open_read_only(path);
  CHECK(file.shape("/deep/group/values") == std::vector<std::size_t>{2, 3});
  CHECK(file.read<T>("/deep/group/values") == values);
  std::vector<T> mine(6);
  file.read("/flat", mine.data(), 6);
  CHECK(mine == values);
  CHECK(file.read_attribute<T>("/", "one") == values[3]);
  CHECK(file.read_attribute<T>("/flat", "on a dataset") == values[4]);
}

}  // namespace

TEST_CASE("hdf5: numbers come back as they were written") {
  const Scratch scratch;
  round_trip<double>(scratch / "a.h5");
  round_trip<float>(scratch / "a.h5");
  round_trip<std::int32_t>(scratch / "a.h5");
  round_trip<std::int64_t>(scratch / "a.h5");
  round_trip<std::uint64_t>(scratch / "a.h5");
}

TEST_CASE("hdf5: strings, scalars and empty datasets") {
  const Scratch scratch;
  const std::string text = "two\nlines, \xc3\xa9";
  {
    auto file = Hdf5File::create(scratch / "a.h5");
    file.write_string("/text", text);
    file.write_string("/nothing", "");
    file.write_string_attribute("/made on demand", "text", text);
    file.write_string_attribute("/made on demand", "text", text + "!");  // replaces
    file.write_string_attribute("/", "nothing", "");
    const double one = 1;
    file.write("/scalar", &one, {});
    file.write("/empty", std::vector<double>{});
    file.close();
    file.close();
  }
  const auto file = Hdf5File::open_read_only(scratch / "a.h5");
  CHECK(file.read_string("/text") == text);
  CHECK(file.read_string("/nothing").empty());
  CHECK(file.read_string_attribute("/made on demand", "text") == text + "!");
  CHECK(file.read_string_attribute("/", "nothing").empty());
  CHECK(file.shape("/scalar").empty());
  CHECK(file.read<double>("/scalar") == std::vector<double>{1});
  CHECK(file.shape("/empty") == std::vector<std::size_t>{0});
  CHECK(file.read<double>("/empty").empty());
  CHECK(file.is_numeric("/scalar"));
  CHECK_FALSE(file.is_numeric("/text"));
}

TEST_CASE("hdf5: what is there, and conversion between number types") {
  const Scratch scratch;
  {
    auto file = Hdf5File::create(scratch / "a.h5");
    file.write("/g/floats", std::vector<float>{1.5f, -2.f});
    file.write("/g/integers", std::vector<std::int64_t>{1, 2});
  }
  auto file = Hdf5File::open_read_only(scratch / "a.h5");
  CHECK(file.exists("/"));
  CHECK(file.exists("/g"));
  CHECK(file.exists("/g/floats"));
  CHECK_FALSE(file.exists("/h"));
  CHECK_FALSE(file.exists("/h/floats"));
  CHECK_FALSE(file.exists("/g/floats/below"));
  CHECK_FALSE(file.has_attribute("/g", "a"));
  CHECK_FALSE(file.has_attribute("/h", "a"));
  CHECK(file.read<double>("/g/floats") == std::vector<double>{1.5, -2});
  CHECK(file.read<double>("/g/integers") == std::vector<double>{1, 2});
  const Hdf5File moved = std::move(file);
  CHECK(moved.exists("/g"));
}

TEST_CASE("hdf5: errors name file and object") {
  const Scratch scratch;
  const std::string path = scratch / "a.h5";
  CHECK(message_of([&] { Hdf5File::open_read_only(path); }) ==
        path + ": found no such file, expected a readable HDF5 file");
  CHECK_FALSE(Hdf5File::is_hdf5(path));
  std::ofstream(path) << "not HDF5 at all";
  CHECK(message_of([&] { Hdf5File::open_read_only(path); }) ==
        path + ": found a file that HDF5 cannot open, expected a readable HDF5 file");
  CHECK_FALSE(Hdf5File::is_hdf5(path));
  CHECK(message_of([&] {
          Hdf5File::create(scratch / "no" / "folder.h5");
        }).find("cannot be written") != std::string::npos);
  {
    auto file = Hdf5File::create(path);
    file.write("/x", std::vector<double>(1000, 1.0));
    file.write_string("/text", "word");
    file.write_attribute("/x", "number", 1.0);
    CHECK(message_of([&] { file.write("/x", std::vector<double>{1}); }).find("/x: ") !=
          std::string::npos);
    CHECK(message_of([&] {
            file.write_string_attribute("/", "long", std::string(70000, 'x'));
          }).find("too long") != std::string::npos);
    file.close();
  }
  CHECK(Hdf5File::is_hdf5(path));
  const auto file = Hdf5File::open_read_only(path);
  double one;
  CHECK(message_of([&] { file.read("/x", &one, 1); }) ==
        path + ": /x: found 1000 elements, expected 1");
  CHECK(message_of([&] { file.read<double>("/y"); }) == path + ": /y: found no such dataset");
  CHECK(message_of([&] { file.read<double>("/text"); }) ==
        path + ": /text: found elements that are not numbers");
  CHECK(message_of([&] { file.read_string("/x"); }) ==
        path + ": /x: found something else than one string");
  CHECK(message_of([&] { file.read_attribute<double>("/x", "no"); }) ==
        path + ": /x: found no attribute 'no'");
  CHECK(message_of([&] { file.read_attribute<double>("/no", "no"); }) ==
        path + ": /no: found no such object");
  CHECK(message_of([&] { file.read_string_attribute("/x", "number"); }).find("not one string") !=
        std::string::npos);
}

TEST_CASE("hdf5: extents are held against what the file can hold") {
  const Scratch scratch;
  const std::string path = scratch / "a.h5";
  {
    auto file = Hdf5File::create(path);
    file.write("/x", std::vector<float>(10, 1.f));
    const double one = 1;
    file.write("/scalar", &one, {});
    file.write("/empty", std::vector<double>{});
  }
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hsize_t extent = 1000000;
  const hid_t space = H5Screate_simple(1, &extent, nullptr);
  H5Dclose(H5Dcreate2(file, "/never written", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT,
                      H5P_DEFAULT));
  H5Sclose(space);
  H5Fclose(file);
  const auto found = Hdf5File::open_read_only(path);
  CHECK(found.count("/x", sizeof(double)) == 10);
  CHECK(found.count("/scalar", sizeof(double)) == 1);
  CHECK(found.count("/empty", sizeof(double)) == 0);
  const std::string complaint = path +
                                ": /never written: found shape (1000000), 8000000 bytes, expected "
                                "at most the " +
                                std::to_string(fs::file_size(path)) +
                                " bytes that a file of this size can hold";
  CHECK(message_of([&] { found.count("/never written", sizeof(double)); }) == complaint);
  CHECK(message_of([&] { found.read<double>("/never written"); }) == complaint);
  CHECK(message_of([&] { found.count("/x", std::size_t(1) << 60); }).find("memory") !=
        std::string::npos);
}

TEST_CASE("hdf5: a truncated file is an error at every length, never a crash") {
  const Scratch scratch;
  const std::string whole = scratch / "whole.h5", part = scratch / "part.h5";
  {
    auto file = Hdf5File::create(whole);
    file.write("/g/x", std::vector<double>(500, 1.0));
    file.write_string_attribute("/", "run", "text");
    file.close();
  }
  const auto size = fs::file_size(whole);
  for (std::uintmax_t length = 0; length < size; length += 97) {
    fs::copy_file(whole, part, fs::copy_options::overwrite_existing);
    fs::resize_file(part, length);
    CHECK_THROWS_AS(Hdf5File::open_read_only(part).read<double>("/g/x"), std::runtime_error);
  }
}

#endif
