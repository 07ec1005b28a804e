// SPDX-License-Identifier: BSD-3-Clause
// The driver's readers, its options and PyExaFMM's configuration: good ones of every form, and for
// each kind of bad one the exact message. The formulas that it judges results by.
#include <Octopole_Config.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_messages.hpp>
#include <vector>

#include <perf/driver/driver_load.hpp>
#include <perf/driver/driver_options.hpp>
#include <perf/driver/readers/driver_readers.hpp>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <tests/support/test_scratch.hpp>

#ifdef OCTOPOLE_HAVE_HDF5
#include <hdf5.h>

#include <core/precompute/Octopole_Hdf5File.hpp>
using Octopole::Impl::Hdf5File;
#endif

using namespace Octopole::Driver;
namespace Check = Octopole::DirectCheck;
using Octopole::Output;

namespace {

using Numbers = std::vector<double>;
using octopole_test::message_of;

/// What reading complains about, less the folder.
std::string complaint(const Scratch& scratch, const std::string& name, const std::string& text,
                      const ChargeShape& shape = {}) {
  const std::string path = scratch.file(name, text);
  const std::string message = message_of([&] { read_points(path, shape); });
  return message.starts_with(path) ? name + message.substr(path.size()) : message;
}

/// Of a kernel's charges.
ChargeShape charges_of(const char* kernel, std::size_t sides) {
  return {Octopole::kernel_info(kernel), sides};
}
const ChargeShape forces = charges_of("stokeslet", 1), waves = charges_of("helmholtz", 1),
                  three_sides = charges_of("laplace", 3), waves_of_two = charges_of("helmholtz", 2);

Options parse(std::vector<std::string> words) {
  words.insert(words.begin(), "octopole_fmm");
  std::vector<const char*> argv;
  for (const auto& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data()).options;
}

std::string refusal(const std::vector<std::string>& words) {
  return message_of([&] { parse(words); });
}

}  // namespace

TEST_CASE("text: separators, comments, one header line") {
  const Scratch scratch;
  const Numbers xyz{1, -2, 3e-3, 4, 5, 6}, q{0.5, -1};
  for (const std::string text : {
           "1,-2,3e-3,0.5\n4,5,6,-1\n",
           "1 -2 .003 +.5\n4 5 6 -1",
           "1;-2;3e-3;0.5\r\n4;5;6;-1\r\n",
           "1\t-2\t3E-3\t0.5\n\n4\t5\t6\t-1\n",
           "# a comment, with commas\nx,y,z,q\n1,-2,3e-3,0.5\n# another\n4,5,6,-1\n",
           "x y z q\n1, -2 , 3e-3, 0.5\n  4,5,6,-1  \n",
           "\xef\xbb\xbfx;y;z;charge (e)\n1;-2;3e-3;0.5\n4;5;6;-1\n",
       }) {
    INFO(text);
    for (const std::string name : {"a.csv", "a.txt", "A.CSV"}) {
      const PointSet p = read_points(scratch.file(name, text));
      CHECK(p.sources == xyz);
      CHECK(p.charges == q);
      CHECK(p.targets.empty());
      CHECK(p.n_targets() == 2);
      CHECK_FALSE(p.molecule);
    }
  }
  CHECK(read_points(scratch.file("tiny.txt", "1e-400 0 0 1")).sources == Numbers{0, 0, 0});
}

TEST_CASE("text: complaints") {
  const Scratch scratch;
  const auto csv = [&](const std::string& text) { return complaint(scratch, "points.csv", text); };
  CHECK(csv("1,2,3,4\n1,2,abc,4\n") ==
        "points.csv:2: column 3: found 'abc', expected a finite number");
  CHECK(csv("x,y,z,q\n\n# no\n1,2,nan,4\n") ==
        "points.csv:4: column 3: found 'nan', expected a finite number");
  CHECK(csv("1,2,3,inf\n") == "points.csv:1: column 4: found 'inf', expected a finite number");
  CHECK(csv("1,2,-1e999,1\n") ==
        "points.csv:1: column 3: found '-1e999', expected a finite number");
  CHECK(csv("1,,3,4\n") == "points.csv:1: column 2: found '', expected a finite number");
  CHECK(csv("1,2,3,4\n1,2,3\n") == "points.csv:2: found 3 columns, expected 4 columns: x y z q");
  CHECK(csv("1,2,3,4,5\n") == "points.csv:1: found 5 columns, expected 4 columns: x y z q");
  CHECK(csv("1 2 3 4\n1,2,3,4\n") ==
        "points.csv:2: column 1: found '1,2,3,4', expected a finite number");
  CHECK(csv("1,5;2;3;4\n") == "points.csv:1: column 1: found '1,5', expected a finite number");
  CHECK(csv("x,y,z,q\na,b,c,d\n1,2,3,4\n") ==
        "points.csv:2: column 1: found 'a', expected a finite number");
  CHECK(
      csv("1,2,x,4\n") ==
      "points.csv:1: column 3: found 'x', expected a finite number");  // no header: it has numbers
  CHECK(csv("0x1,2,3,4\n") == "points.csv:1: column 1: found '0x1', expected a finite number");
  CHECK(csv("1\n") == "points.csv:1: found 1 column, expected 4 columns: x y z q");
  CHECK(csv("") == "points.csv: found no points, expected at least one line 'x y z q'");
  CHECK(csv("x,y,z,q\n# nothing\n") ==
        "points.csv: found no points, expected at least one line 'x y z q'");
  CHECK(csv("1,2,3,\x01\x1b[31m\n") ==
        "points.csv:1: column 4: found '??[31m', expected a finite number");
  CHECK(csv("1,2,3," + std::string(100, '9') + "z\n").size() < 140);
}

TEST_CASE("text: charges of several numbers, targets") {
  const Scratch scratch;
  const PointSet f = read_points(scratch.file("f.csv", "1,2,3,4,5,6\n7,8,9,10,11,12\n"), forces);
  CHECK(f.sources == Numbers{1, 2, 3, 7, 8, 9});
  CHECK(f.charges == Numbers{4, 5, 6, 10, 11, 12});
  CHECK(f.n_sources() == 2);
  CHECK(read_points(scratch.file("w.txt", "x y z re im\n1 2 3 4 5"), waves).charges ==
        Numbers{4, 5});
  CHECK(read_points(scratch.file("s.txt", "1 2 3 4 5 6"), three_sides).n_sources() == 1);

  const auto csv = [&](const std::string& text, const ChargeShape& shape) {
    return complaint(scratch, "a.csv", text, shape);
  };
  CHECK(csv("1,2,3,4\n", forces) ==
        "a.csv:1: found 4 columns, expected 6 columns: x y z q1 q2 q3 (3 numbers per source, as "
        "stokeslet takes)");
  CHECK(
      csv("1,2,3,4\n", waves) ==
      "a.csv:1: found 4 columns, expected 5 columns: x y z re im (a complex number per source, as "
      "helmholtz takes)");
  CHECK(csv("1,2,3,4\n", waves_of_two) ==
        "a.csv:1: found 4 columns, expected 7 columns: x y z q1 .. q4 (a complex number per source "
        "and right-hand side, as helmholtz takes)");
  CHECK(csv("1,2,3,4\n", three_sides) ==
        "a.csv:1: found 4 columns, expected 6 columns: x y z q1 q2 q3 (one charge per source and "
        "right-hand side)");
  CHECK(csv("1,2,3,4,5,x\n", forces) == "a.csv:1: column 6: found 'x', expected a finite number");

  CHECK(read_targets(scratch.file("t.csv", "x,y,z\n1,2,3\n4,5,6\n")) == Numbers{1, 2, 3, 4, 5, 6});
  const auto targets = [&](const std::string& name, const std::string& text) {
    const std::string path = scratch.file(name, text);
    const std::string message = message_of([&] { read_targets(path); });
    return message.starts_with(path) ? name + message.substr(path.size()) : message;
  };
  CHECK(targets("t.txt", "1 2 3 4") == "t.txt:1: found 4 columns, expected 3 columns: x y z");
  CHECK(targets("t.txt", "") == "t.txt: found no points, expected at least one line 'x y z'");
  CHECK(targets("t.pqr", "") ==
        "t.pqr: found the extension '.pqr', expected one of .h5, .hdf5, .xyz, .extxyz, .csv, .txt "
        "for targets");
}

TEST_CASE("pqr: with and without chain, ATOM and HETATM, other records skipped") {
  const Scratch scratch;
  const PointSet p = read_points(
      scratch.file("m.pqr",
                   "REMARK   1 PQR file\n"
                   "ATOM      1  N   NTE     1      67.253  25.892  -0.145  0.185 1.824\n"
                   "ATOM      2  CA  PHE A   1      66.094  26.318   0.693 -0.002 1.908\n"
                   "HETATM    3  O   HOH A  -2A     1.0  2.0   3.0  -0.8 1.4\r\n"
                   "HETATM100000  O   HOH B1001     4.0  5.0   6.0  -0.7 1.4\n"
                   "TER\nEND\n"));
  CHECK(p.sources == Numbers{67.253, 25.892, -0.145, 66.094, 26.318, 0.693, 1, 2, 3, 4, 5, 6});
  CHECK(p.charges == Numbers{0.185, -0.002, -0.8, -0.7});
  CHECK(p.molecule);
}

TEST_CASE("pqr: complaints") {
  const Scratch scratch;
  const auto pqr = [&](const std::string& text) { return complaint(scratch, "m.pqr", text); };
  CHECK(pqr("ATOM 1 N NTE 1 67 abc -0.1 0.2 1.8\n") ==
        "m.pqr:1: column 7: found 'abc', expected a finite number");
  CHECK(pqr("ATOM 1 N NTE 1 67 2 -0.1 nan 1.8\n") ==
        "m.pqr:1: column 9: found 'nan', expected a finite number");
  CHECK(pqr("ATOM 1 N NTE A 1 67 2 -0.1 0.2 R\n") ==
        "m.pqr:1: column 11: found 'R', expected a finite number");
  CHECK(pqr("ATOM 1 N NTE 1 67 2 -0.1 0.2\n") ==
        "m.pqr:1: column 4: found 'NTE', expected a residue number, or none and coordinates with a "
        "decimal point");
  CHECK(
      pqr("ATOM 1 N NTE 67.1 2 -0.1 0.2\n") ==
      "m.pqr:1: found 8 fields, expected 9 to 11: ATOM serial name residue [chain] [number] x y z "
      "charge radius");
  // The radius is missing, the chain makes up for the count.
  CHECK(pqr("ATOM 1 N NTE A 1 67 2 -0.1 0.2\n") ==
        "m.pqr:1: column 5: found 'A', expected a residue number, or none and coordinates with a "
        "decimal point");
  CHECK(pqr("REMARK nothing\n") ==
        "m.pqr: found no atoms, expected at least one ATOM or HETATM line");
  CHECK(complaint(scratch, "m.pqr", "", forces) ==
        "m.pqr: found one charge per atom, all that .pqr holds, expected 3 numbers per source, as "
        "stokeslet takes (.h5, .hdf5, .xyz, .csv or .txt)");
}

TEST_CASE("files that are not there or not of a known kind") {
  const Scratch scratch;
  const std::string missing = scratch / "missing.csv";
  CHECK(message_of([&] { read_points(missing); }) ==
        missing + ": found no such file, expected a readable file");
  CHECK(complaint(scratch, "a.abc", "1 2 3 4") ==
        "a.abc: found the extension '.abc', expected one of .h5, .hdf5, .pqr, .xyz, .extxyz, .csv, "
        ".txt, or --format");
  CHECK(
      complaint(scratch, "noext", "1 2 3 4") ==
      "noext: found no extension, expected one of .h5, .hdf5, .pqr, .xyz, .extxyz, .csv, .txt, or "
      "--format");
  std::filesystem::create_directory(scratch / "folder.csv");
  const std::string folder = scratch / "folder.csv";
  CHECK(message_of([&] { read_points(folder); }) ==
        folder + ": found a directory, expected a readable file");
}

#ifdef OCTOPOLE_HAVE_HDF5

namespace {

const Numbers sources{0, 0, 0, 1, 2, 3, 0.25, 0.5, 0.75, -1, 0, 1};
const Numbers charges{1, -2, 3, -4};
const Numbers targets{5, 5, 5, 6, 6, 6};

/// An HDF5 file whose dataset has these extents and not one number; with chunks where they are given.
void claim(const std::string& path, const char* dataset, const std::vector<hsize_t>& extents,
           const std::vector<hsize_t>& chunk = {}, bool deflated = false) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<hsize_t> any(extents.size(),
                                 H5S_UNLIMITED);  // a chunk may then be the larger one
  const hid_t space =
      H5Screate_simple(int(extents.size()), extents.data(), chunk.empty() ? nullptr : any.data());
  const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  if (!chunk.empty()) H5Pset_chunk(how, int(chunk.size()), chunk.data());
  if (deflated) H5Pset_deflate(how, 6);
  H5Dclose(H5Dcreate2(file, dataset, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, how, H5P_DEFAULT));
  H5Pclose(how);
  H5Sclose(space);
  H5Fclose(file);
}

#if H5_VERSION_GE(1, 12, 0)
using ObjectInfo = H5O_info1_t;
#else
using ObjectInfo = H5O_info_t;
#endif

/// Makes an object's description longer than the file: HDF5 finds the object and cannot open it. Of
/// such a file HDF5 1.10 keeps something open, about which it complains when the process ends.
void damage(const std::string& path, const char* object) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ObjectInfo info;
  H5Oget_info_by_name1(file, object, &info, H5P_DEFAULT);
  H5Fclose(file);
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(std::streamoff(info.addr) + 9);  // the second byte of its length, in version 1
  stream.put('\xff');
}

/// Files for the driver's own test; see test_driver.sh.
void write_samples(const std::string& folder) {
  auto plain = Hdf5File::create(folder + "/plain.h5");
  plain.write("/sources", sources.data(), {4, 3});
  plain.write("/charges", charges);
  plain.write("/targets", targets.data(), {2, 3});
  auto same = Hdf5File::create(folder + "/pyexafmm.hdf5");
  same.write("/particle_data/sources", sources.data(), {4, 3});
  same.write("/particle_data/targets", sources.data(), {4, 3});
  same.write("/particle_data/source_densities", charges);
  auto wrong = Hdf5File::create(folder + "/wrong.h5");
  wrong.write("/sources", sources.data(), {3, 4});
  wrong.write("/charges", charges);
  auto vectors = Hdf5File::create(folder + "/vectors.h5");
  vectors.write("/sources", sources.data(), {4, 3});
  vectors.write("/charges", sources.data(), {4, 3});
  auto sides = Hdf5File::create(folder + "/sides.h5");
  sides.write("/sources", sources.data(), {4, 3});
  const Numbers twice(24, 0.5);
  sides.write("/charges", twice.data(), {4, 3, 2});
  Numbers broken = charges;
  broken[2] = std::numeric_limits<double>::quiet_NaN();
  auto nan = Hdf5File::create(folder + "/nan.h5");
  nan.write("/sources", sources.data(), {4, 3});
  nan.write("/charges", broken);
  claim(folder + "/claims.h5", "/sources", {100000000000, 3});
  {
    auto damaged = Hdf5File::create(folder + "/damaged.h5");
    damaged.write("/sources", sources.data(), {4, 3});
    damaged.write("/charges", charges);
  }
  damage(folder + "/damaged.h5", "/charges");
}

std::string complaint_h5(const Scratch& scratch, auto write, const ChargeShape& shape = {}) {
  const std::string path = scratch / "a.h5";
  {
    auto file = Hdf5File::create(path);
    write(file);
    file.close();
  }
  const std::string message = message_of([&] { read_points(path, shape); });
  return message.starts_with(path) ? "a.h5" + message.substr(path.size()) : message;
}

}  // namespace

TEST_CASE("samples for the driver's test", "[.]") {
  if (const char* folder = std::getenv("OCTOPOLE_SAMPLES")) write_samples(folder);
}

TEST_CASE("shapes for the driver's test", "[.]") {
  const char* path = std::getenv("OCTOPOLE_SHAPES");
  if (!path) return;
  const auto file = Hdf5File::open_read_only(path);
  for (const std::string name : {"targets", "potential", "gradient", "hessian", "velocity",
                                 "pressure", "velocity_gradient"}) {
    if (!file.exists("/" + name)) continue;
    std::string text = "shape " + name;
    char between = ':';
    for (const std::size_t e : file.shape("/" + name)) {
      text += between + std::to_string(e);
      between = ',';
    }
    std::puts(text.c_str());
  }
}

TEST_CASE("hdf5 points: both layouts, both shapes of charges, float or double") {
  const Scratch scratch;
  write_samples((scratch / "").string());
  const PointSet plain = read_points(scratch / "plain.h5");
  CHECK(plain.sources == sources);
  CHECK(plain.charges == charges);
  CHECK(plain.targets == targets);
  CHECK(plain.n_targets() == 2);
  const PointSet same = read_points(scratch / "pyexafmm.hdf5");
  CHECK(same.sources == sources);
  CHECK(same.charges == charges);
  CHECK(same.targets.empty());  // equal to the sources
  {
    auto file = Hdf5File::create(scratch / "column.h5");
    const std::vector<float> as_float(sources.begin(), sources.end());
    file.write("/sources", as_float.data(), {4, 3});
    file.write("/charges", charges.data(), {4, 1});
  }
  const PointSet column = read_points(scratch / "column.h5");
  CHECK(column.sources == sources);
  CHECK(column.charges == charges);
}

TEST_CASE("hdf5 points: charges of several numbers and right-hand sides, targets alone") {
  const Scratch scratch;
  write_samples((scratch / "").string());
  CHECK(read_points(scratch / "vectors.h5", forces).charges == sources);
  CHECK(read_points(scratch / "vectors.h5", three_sides).charges == sources);
  CHECK(read_points(scratch / "sides.h5", charges_of("biot-savart", 2)).charges ==
        Numbers(24, 0.5));
  const auto read = [&](const std::vector<std::size_t>& extents, const ChargeShape& shape) {
    const Numbers q(24, 1);
    return complaint_h5(
        scratch,
        [&](Hdf5File& f) {
          f.write("/sources", sources.data(), {4, 3});
          f.write("/charges", q.data(), extents);
        },
        shape);
  };
  CHECK(read({4, 3, 1}, forces) == "");
  CHECK(read({4, 2}, waves) == "");
  CHECK(read({4, 2, 2}, waves_of_two) == "");
  CHECK(
      read({4}, forces) ==
      "a.h5: /charges: found shape (4), expected shape (4, 3) or (4, 3, 1), 3 numbers per source, "
      "as stokeslet takes");
  CHECK(read({4, 3}, waves) ==
        "a.h5: /charges: found shape (4, 3), expected shape (4, 2) or (4, 2, 1), a complex number "
        "per source, as helmholtz takes");
  CHECK(read({4, 2}, waves_of_two) ==
        "a.h5: /charges: found shape (4, 2), expected shape (4, 2, 2), a complex number per source "
        "and right-hand side, as helmholtz takes");
  CHECK(read({4}, three_sides) ==
        "a.h5: /charges: found shape (4), expected shape (4, 3), one charge per source and "
        "right-hand side");
  CHECK(read({4, 3, 2}, forces) ==
        "a.h5: /charges: found shape (4, 3, 2), expected shape (4, 3) or (4, 3, 1), 3 numbers per "
        "source, as stokeslet takes (or --rhs 2)");
  CHECK(read({4, 3}, {}) ==
        "a.h5: /charges: found shape (4, 3), expected shape (4) or (4, 1), one charge per source "
        "(or --rhs 3)");
  CHECK(complaint_h5(
            scratch,
            [](Hdf5File& f) {
              Numbers q(24, 1);
              q[15] = std::numeric_limits<double>::infinity();
              f.write("/sources", sources.data(), {4, 3});
              f.write("/charges", q.data(), {4, 3, 2});
            },
            charges_of("stokeslet", 2)) ==
        "a.h5: /charges[2, 1, 1]: found 'inf', expected a finite number");

  CHECK(read_targets(scratch / "plain.h5") == targets);
  CHECK(read_targets(scratch / "vectors.h5") == sources);
  CHECK(read_targets(scratch / "pyexafmm.hdf5") == sources);
  {
    auto file = Hdf5File::create(scratch / "none.h5");
    file.write("/points", sources.data(), {4, 3});
  }
  CHECK(message_of([&] { read_targets(scratch / "none.h5"); })
            .ends_with(
                "found neither /targets nor /sources, expected one of the two, of shape (M, 3)"));
}

TEST_CASE("hdf5 points: complaints") {
  const Scratch scratch;
  const auto h5 = [&](auto write) { return complaint_h5(scratch, write); };
  CHECK(h5([](Hdf5File&) {}) ==
        "a.h5: found no /sources, /particle_data, /PartType0 to 5 or /particles, expected one of "
        "them");
  CHECK(h5([](Hdf5File& f) { f.write("/sources", sources.data(), {3, 4}); }) ==
        "a.h5: /sources: found shape (3, 4), expected shape (N, 3) with N at least 1");
  CHECK(h5([](Hdf5File& f) { f.write("/sources", sources); }) ==
        "a.h5: /sources: found shape (12), expected shape (N, 3) with N at least 1");
  CHECK(h5([](Hdf5File& f) { f.write("/sources", sources.data(), {0, 3}); }) ==
        "a.h5: /sources: found shape (0, 3), expected shape (N, 3) with N at least 1");
  CHECK(h5([](Hdf5File& f) { f.write_string("/sources", "x"); }) ==
        "a.h5: /sources: found elements that are not numbers, expected floating-point numbers");
  CHECK(
      h5([](Hdf5File& f) { f.write("/sources", sources.data(), {4, 3}); }) ==
      "a.h5: /charges: found no such dataset, expected shape (4) or (4, 1), one charge per source");
  CHECK(h5([](Hdf5File& f) {
          f.write("/sources", sources.data(), {4, 3});
          f.write("/charges", charges.data(), {3});
        }) ==
        "a.h5: /charges: found shape (3), expected shape (4) or (4, 1), one charge per source");
  CHECK(h5([](Hdf5File& f) {
          f.write("/sources", sources.data(), {4, 3});
          f.write("/charges", charges.data(), {1, 4});
        }) ==
        "a.h5: /charges: found shape (1, 4), expected shape (4) or (4, 1), one charge per source");
  CHECK(h5([](Hdf5File& f) {
          f.write("/particle_data/sources", sources.data(), {4, 3});
        }).starts_with("a.h5: /particle_data/source_densities: found no such dataset"));
  CHECK(h5([](Hdf5File& f) {
          Numbers x = sources;
          x[5] = std::numeric_limits<double>::infinity();
          f.write("/sources", x.data(), {4, 3});
        }) == "a.h5: /sources[1, 2]: found 'inf', expected a finite number");
  CHECK(h5([](Hdf5File& f) {
          Numbers q = charges;
          q[2] = std::numeric_limits<double>::quiet_NaN();
          f.write("/sources", sources.data(), {4, 3});
          f.write("/charges", q);
        }) == "a.h5: /charges[2]: found 'nan', expected a finite number");
  CHECK(h5([](Hdf5File& f) {
          f.write("/sources", sources.data(), {4, 3});
          f.write("/charges", charges);
          f.write("/targets", targets.data(), {3, 2});
        }) == "a.h5: /targets: found shape (3, 2), expected shape (M, 3) with M at least 1");
  CHECK(complaint(scratch, "text.h5", "1 2 3 4") ==
        "text.h5: found a file that HDF5 cannot open, expected a readable HDF5 file");
}

TEST_CASE("hdf5 points: more than the file can hold is refused, not allocated") {
  const Scratch scratch;
  const std::string path = scratch / "a.h5";
  const auto complaint_of = [&](auto... claims) {
    claim(path, "/sources", claims...);
    const std::string message = message_of([&] { read_points(path); });
    CHECK(message_of([&] { read_targets(path); }) == message);
    return message.starts_with(path) ? "a.h5" + message.substr(path.size()) : message;
  };
  using Extents = std::vector<hsize_t>;
  const hsize_t many = 100000000000;
  const auto size = [&](int times) {
    return std::to_string(std::filesystem::file_size(path) * std::uintmax_t(times)) +
           " bytes that a file of this size can hold";
  };
  std::string found = complaint_of(Extents{many, 3});
  CHECK(found ==
        "a.h5: /sources: found shape (100000000000, 3), 2400000000000 bytes, expected at "
        "most the " +
            size(1));
  found = complaint_of(Extents{many, 3}, Extents{1000, 3});
  CHECK(found ==
        "a.h5: /sources: found shape (100000000000, 3), 2400000000000 bytes, expected at "
        "most the " +
            size(1));
  found = complaint_of(Extents{many, 3}, Extents{1000, 3}, true);
  CHECK(found ==
        "a.h5: /sources: found shape (100000000000, 3), 2400000000000 bytes, expected at "
        "most the " +
            size(1032));
  // A chunk is read as a whole.
  found = complaint_of(Extents{4, 3}, Extents{50000000, 3});
  CHECK(found ==
        "a.h5: /sources: found shape (4, 3), 1200000000 bytes, expected at most the " + size(1));
  // Written down as long as that, and no number of it (a sparse file).
  claim(path, "/sources", {many, 3});
  std::filesystem::resize_file(path, 3000000000000);
  found = message_of([&] { read_points(path); });
  CHECK(found.starts_with(path + ": /sources: found "));
  CHECK(found.find("expected") != found.npos);

  // What compression may well have done is read.
  const Numbers zeros(30000);
  {
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t extents[] = {10000, 3};
    const hid_t space = H5Screate_simple(2, extents, nullptr), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, 2, extents);
    H5Pset_shuffle(how);
    H5Pset_deflate(how, 9);
    const hid_t data =
        H5Dcreate2(file, "/targets", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, how, H5P_DEFAULT);
    H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data());
    H5Dclose(data);
    H5Pclose(how);
    H5Sclose(space);
    H5Fclose(file);
  }
  CHECK(std::filesystem::file_size(path) < zeros.size() * sizeof(double) / 10);
  CHECK(read_targets(path) == zeros);
}

#endif

TEST_CASE("text: a line without end fills no memory") {
  const Scratch scratch;
  const std::size_t longest = 1 << 20;
  const std::string line = "1 2 3 4";
  CHECK(complaint(scratch, "a.txt", "0 0 0 1\n" + line + std::string(longest, ' ')) ==
        "a.txt:2: found a line of more than 1048576 letters, expected the numbers of one point");
  CHECK(complaint(scratch, "a.pqr", std::string(2 * longest, 'A')) ==
        "a.pqr:1: found a line of more than 1048576 letters, expected the numbers of one point");
  for (const char* end : {"", "\n", "\n\n"}) {
    const std::string full = line + std::string(longest - line.size(), ' ');
    CHECK(read_points(scratch.file("b.txt", full + end + (*end ? "5 6 7 8" : ""))).n_sources() ==
          (*end ? 2 : 1));
  }
}

TEST_CASE("options: defaults") {
  const Options o = parse({});
  CHECK(o.distribution == "cube");
  CHECK(o.n == 1000000);
  CHECK(o.charges == "zero-mean");
  CHECK(o.digits == 6);
  CHECK_FALSE(o.order);
  CHECK(o.precision == "double");
  CHECK(o.m2l == "auto");
  CHECK(o.method == "auto");
  CHECK(o.leaf_capacity == 0);
  CHECK(o.balance == -1);
  CHECK(o.check == 0);
  CHECK(o.repeat == 3);
  CHECK(o.kernel == "laplace");
  CHECK_FALSE(o.dipole);
  CHECK(o.outputs == Output::potential);
  CHECK(o.right_hand_sides == 1);
  CHECK(o.targets.empty());
}

TEST_CASE("options: kernels, their parameters, outputs and right-hand sides") {
  const Options yukawa = parse({"--kernel", "yukawa", "--screening", "2.5", "--gradient"});
  CHECK(yukawa.kernel == "yukawa");
  CHECK(yukawa.screening == 2.5);
  CHECK(yukawa.outputs == (Output::potential | Output::gradient));
  const Options helmholtz = parse({"--kernel", "helmholtz", "--wavenumber", "0", "--rhs", "1024"});
  CHECK(helmholtz.wavenumber == 0);
  CHECK(helmholtz.right_hand_sides == 1024);
  CHECK(helmholtz.charge_shape().extents(5) == std::vector<std::size_t>{5, 2, 1024});
  CHECK(parse({"--kernel", "stokeslet"}).outputs == Output::velocity);
  CHECK(parse({"--kernel", "stokeslet", "--outputs", "pressure"}).outputs == Output::pressure);
  const Options vortices = parse(
      {"--kernel", "biot-savart", "--core", "0.1", "--outputs", "velocity_gradient,velocity"});
  CHECK(vortices.core == 0.1);
  CHECK(vortices.outputs == (Output::velocity | Output::velocity_gradient));
  const Options dipole = parse({"--dipole", "--outputs", "hessian", "--targets", "t.csv"});
  CHECK(dipole.dipole);
  CHECK(dipole.outputs == Output::hessian);
  CHECK(dipole.charge_shape().extents(5) == std::vector<std::size_t>{5, 3});
  CHECK(dipole.targets == "t.csv");

  CHECK(refusal({"--kernel", "coulomb"}) ==
        "--kernel: found 'coulomb', expected one of laplace, yukawa, helmholtz, stokeslet, "
        "biot-savart, charge-dipole, softened-laplace");
  CHECK(refusal({"--screening", "1"}) ==
        "--screening: found it with the kernel laplace, expected --kernel yukawa");
  CHECK(refusal({"--kernel", "yukawa", "--wavenumber", "1"}) ==
        "--wavenumber: found it with the kernel yukawa, expected --kernel helmholtz");
  CHECK(refusal({"--kernel", "stokeslet", "--core", "1"}) ==
        "--core: found it with the kernel stokeslet, expected --kernel biot-savart");
  CHECK(refusal({"--kernel", "yukawa", "--dipole"}) ==
        "--dipole: found it with the kernel yukawa, expected --kernel laplace");
  CHECK(refusal({"--kernel", "stokeslet", "--gradient"}) ==
        "--gradient: found it with the kernel stokeslet, expected --kernel laplace, yukawa, "
        "helmholtz, charge-dipole or softened-laplace");
  CHECK(refusal({"--kernel", "yukawa", "--screening", "-1"}) ==
        "--screening: found '-1', expected a number of at least 0");
  CHECK(refusal({"--outputs", "potential", "--gradient"}) ==
        "--outputs: found it beside --gradient, expected only one of the two");
  CHECK(refusal({"--outputs", "velocity"}) ==
        "--outputs: found 'velocity', expected one or more of potential, gradient, hessian, which "
        "laplace offers");
  CHECK(refusal({"--kernel", "yukawa", "--outputs", "potential,hessian"}) ==
        "--outputs: found 'hessian', expected one or more of potential, gradient, which yukawa "
        "offers");
  CHECK(
      refusal({"--outputs", "potential,"}) ==
      "--outputs: found 'potential,', expected one or more of potential, gradient, hessian, which "
      "laplace offers");
  CHECK(
      refusal({"--outputs", ""}).starts_with("--outputs: found nothing, expected one or more of"));
  CHECK(refusal({"--outputs", "gradient,gradient"}) ==
        "--outputs: found 'gradient' more than once, expected each at most once");
  CHECK(refusal({"--rhs", "0"}) == "--rhs: found '0', expected an integer from 1 to 1024");
  CHECK(refusal({"--targets", ""}) == "--targets: found nothing, expected the name of a file");
}

TEST_CASE("drawn charges: sets by the same law, the first that of scalar charges") {
  const Numbers one = load(parse({"--n", "500"})).charges;
  const PointSet points = load(parse({"--n", "500", "--kernel", "helmholtz", "--rhs", "3"}));
  REQUIRE(points.charges.size() == 500 * 2 * 3);
  CHECK(points.n_sources() == 500);
  const auto set = [&](std::size_t part, std::size_t side) {
    Numbers q;
    for (std::size_t i = 0; i < 500; ++i) q.push_back(points.charges[(i * 2 + part) * 3 + side]);
    return q;
  };
  CHECK(set(0, 0) == one);
  for (std::size_t part = 0; part < 2; ++part)
    for (std::size_t side = 0; side < 3; ++side) {
      const Numbers q = set(part, side);
      CHECK((part + side == 0 || q != one));
      CHECK((*std::min_element(q.begin(), q.end()) >= -0.5));
      CHECK((*std::max_element(q.begin(), q.end()) < 0.5));
      CHECK((part + side == 0 || q != set(0, (side + 1) % 3)));
    }
  // A set is the same however many there are.
  const PointSet two = load(parse({"--n", "500", "--kernel", "helmholtz", "--rhs", "2"}));
  CHECK(two.charges[5] == points.charges[7]);  // point 1, real part, side 1 of 2 and of 3
  for (const double q : load(parse({"--n", "99", "--dipole", "--charges", "positive"})).charges)
    CHECK((q >= 0 && q < 1));
}

TEST_CASE("targets of their own replace those of the input") {
  const Scratch scratch;
  const std::string input = scratch.file("a.csv", "1,2,3,4\n"),
                    own = scratch.file("t.csv", "5,6,7\n"), same = scratch.file("s.csv", "1,2,3\n");
  CHECK(load(parse({"--input", input, "--targets", own})).targets == Numbers{5, 6, 7});
  CHECK(load(parse({"--input", input, "--targets", same})).targets.empty());
  CHECK(load(parse({"--n", "10", "--targets", own})).n_targets() == 1);
}

namespace {

/// All rows of a kernel's outputs for one source at the origin.
template <class Kernel>
Numbers rows_of(const Kernel& kernel, const Numbers& q, const Numbers& x) {
  const Numbers origin{0, 0, 0};
  Numbers rows;
  for (const Numbers& part : Check::sums(kernel, origin, q, 1, x, 1).outputs)
    rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

/// d rows / d x_b, by central differences of fourth order.
template <class Kernel>
Numbers slope(const Kernel& kernel, const Numbers& q, const Numbers& x, int b) {
  constexpr double h = 1e-3;
  const auto at = [&](double shift) {
    Numbers y = x;
    y[b] += shift * h;
    return rows_of(kernel, q, y);
  };
  const Numbers p2 = at(2), p1 = at(1), m1 = at(-1), m2 = at(-2);
  Numbers d(p1.size());
  for (std::size_t k = 0; k < d.size(); ++k)
    d[k] = (8 * (p1[k] - m1[k]) - (p2[k] - m2[k])) / (12 * h);
  return d;
}

constexpr double four_pi = 12.566370614359172954;
const Numbers place{0.7, -0.4, 0.5};
const double distance = std::sqrt(0.9);

}  // namespace

TEST_CASE("direct check: potentials by hand, every further output is a derivative") {
  const auto close = [](double value) { return Approx(value).epsilon(1e-9).margin(1e-10); };
  const Numbers one{2}, complex{2, -1}, vector{0.3, -1.1, 0.8};
  const double along = vector[0] * place[0] + vector[1] * place[1] + vector[2] * place[2];

  // Rows: potential, gradient and, where there, Hessian; `parts` numbers each.
  const auto derivatives = [&](const auto& kernel, const Numbers& q, int parts, bool hessian) {
    const Numbers rows = rows_of(kernel, q, place);
    constexpr int index[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};
    for (int b = 0; b < 3; ++b) {
      const Numbers d = slope(kernel, q, place, b);
      for (int p = 0; p < parts; ++p) CHECK(rows[parts + parts * b + p] == close(d[p]));
      if (hessian)
        for (int a = 0; a < 3; ++a) CHECK(rows[4 + index[a][b]] == close(d[1 + a]));
    }
    return rows;
  };
  CHECK(derivatives(Check::Laplace{}, one, 1, true)[0] == close(2 / distance / four_pi));
  CHECK(derivatives(Check::Dipole{}, vector, 1, true)[0] ==
        close(along / std::pow(distance, 3) / four_pi));
  CHECK(derivatives(Check::Yukawa{1.7}, one, 1, false)[0] ==
        close(2 * std::exp(-1.7 * distance) / distance / four_pi));
  const Numbers wave = derivatives(Check::Helmholtz{2.3}, complex, 2, false);
  const double c = std::cos(2.3 * distance), s = std::sin(2.3 * distance);
  CHECK(wave[0] == close((2 * c + s) / distance / four_pi));  // (2 - i)(c + i s)
  CHECK(wave[1] == close((2 * s - c) / distance / four_pi));

  // Stokes: u of the definition, without divergence, and grad p = Delta u.
  const Numbers flow = rows_of(Check::Stokeslet{}, vector, place);
  for (int a = 0; a < 3; ++a)
    CHECK(flow[a] ==
          close((vector[a] / distance + place[a] * along / std::pow(distance, 3)) / (2 * four_pi)));
  double divergence = 0;
  for (int b = 0; b < 3; ++b) divergence += slope(Check::Stokeslet{}, vector, place, b)[b];
  CHECK(divergence == close(0));
  for (int a = 0; a < 3; ++a) {
    double laplacian = 0;
    for (int b = 0; b < 3; ++b) {
      constexpr double h = 1e-2;
      Numbers plus = place, minus = place;
      plus[b] += h;
      minus[b] -= h;
      laplacian += (slope(Check::Stokeslet{}, vector, plus, b)[a] -
                    slope(Check::Stokeslet{}, vector, minus, b)[a]) /
                   (2 * h);
    }
    CHECK(slope(Check::Stokeslet{}, vector, place, a)[3] ==
          Approx(laplacian).epsilon(1e-2).margin(1e-3));
  }
}

TEST_CASE("direct check: vortices, with a core on both sides of its two formulas") {
  const Numbers w{0.3, -1.1, 0.8};
  const auto close = [](double value) { return Approx(value).epsilon(1e-8).margin(1e-9); };
  for (const double core : {0.0, 0.2, 0.9, 0.95, 1.5, 4.0}) {
    const Check::BiotSavart kernel{core};
    const Numbers rows = rows_of(kernel, w, place);
    const double t = core > 0 ? distance / core : 0;
    const double q = core > 0 ? std::erf(t) - 2 / std::sqrt(M_PI) * t * std::exp(-t * t) : 1;
    CHECK(rows[0] ==
          close(q * (w[1] * place[2] - w[2] * place[1]) / std::pow(distance, 3) / four_pi));
    for (int b = 0; b < 3; ++b) {
      const Numbers d = slope(kernel, w, place, b);
      for (int a = 0; a < 3; ++a) CHECK(rows[3 + 3 * a + b] == close(d[a]));
    }
  }
  // At distance zero: nothing, but for the limit of the core's velocity gradient.
  const Numbers zero{0, 0, 0};
  CHECK(rows_of(Check::BiotSavart{0}, w, zero) == Numbers(12, 0.0));
  const Numbers limit = rows_of(Check::BiotSavart{0.5}, w, zero);
  const double f = 4 / (3 * std::sqrt(M_PI) * 0.125) / four_pi;
  const Numbers expected{0,        0, 0,         0,         -f * w[2], f * w[1],
                         f * w[2], 0, -f * w[0], -f * w[1], f * w[0],  0};
  for (int k = 0; k < 12; ++k) CHECK(limit[k] == close(expected[k]));
  CHECK(rows_of(Check::Helmholtz{1}, {1, 1}, zero) == Numbers(8, 0.0));
  CHECK(rows_of(Check::Dipole{}, w, zero) == Numbers(10, 0.0));
}

TEST_CASE("direct check: right-hand sides one by one, and Laplace's two ways alike") {
  const PointSet p = load(parse({"--n", "3000", "--rhs", "2"}));
  const Check::Sums all = Check::sums(Check::Laplace{}, p.sources, p.charges, 2, p.sources, 7);
  const Check::Sums fast = Check::laplace_sums(p.sources, p.charges, 2, p.sources, 7, true);
  Numbers second;
  for (std::size_t i = 0; i < 3000; ++i) second.push_back(p.charges[2 * i + 1]);
  const Check::Reference alone = Check::reference(p.sources, second, p.sources, 7, true);
  CHECK(all.targets == alone.targets);
  CHECK(fast.targets == alone.targets);
  for (std::size_t k = 0; k < 7; ++k) CHECK(fast.outputs[0][2 * k + 1] == alone.potential[k]);
  for (std::size_t k = 0; k < 21; ++k) CHECK(fast.outputs[1][2 * k + 1] == alone.gradient[k]);
  for (const int part : {0, 1})
    for (std::size_t k = 0; k < fast.outputs[part].size(); ++k)
      CHECK(all.outputs[part][k] == Approx(fast.outputs[part][k]).epsilon(1e-10));
  // An error of one side is not seen in the other.
  Numbers computed(2 * 3000, 0.0);
  for (std::size_t j = 0; j < 7; ++j) computed[2 * all.targets[j] + 1] = all.outputs[0][2 * j + 1];
  const auto error = [&](std::size_t side) {
    return Check::compare_side(computed, all.outputs[0], all.targets, 1, 2, side, 0, 3000)
        .relative_l2;
  };
  CHECK(error(0) == Approx(1));
  CHECK(error(1) == 0);
}

TEST_CASE("options: every one of them") {
  const Options o = parse({"--distribution",
                           "two-scale",
                           "--n",
                           "1e3",
                           "--seed=18446744073709551615",
                           "--charges",
                           "positive",
                           "--kernel",
                           "laplace",
                           "--order",
                           "14",
                           "--precision",
                           "single",
                           "--m2l",
                           "blas",
                           "--m2l-rank",
                           "full",
                           "--method",
                           "fmm",
                           "--gradient",
                           "--leaf-capacity",
                           "150",
                           "--balance",
                           "off",
                           "--check",
                           "10",
                           "--repeat",
                           "5",
                           "--json",
                           "a.json",
                           "--output",
                           "a.h5",
                           "--cache",
                           "off",
                           "--kokkos-num-threads=2"});
  CHECK(o.distribution == "two-scale");
  CHECK(o.n == 1000);
  CHECK(o.seed == std::numeric_limits<std::uint64_t>::max());
  CHECK(o.charges == "positive");
  CHECK(o.order == 14);
  CHECK_FALSE(o.digits);
  CHECK(o.precision == "single");
  CHECK(o.m2l_rank == -1);
  CHECK(o.method == "fmm");
  CHECK(o.outputs == (Output::potential | Output::gradient));
  CHECK(o.leaf_capacity == 150);
  CHECK(o.balance == 0);
  CHECK(o.check == 10);
  CHECK(o.repeat == 5);
  CHECK(o.json == "a.json");
  CHECK(o.output == "a.h5");
  CHECK(o.cache == "off");
  CHECK(o.kokkos_words == std::vector<std::string>{"--kokkos-num-threads=2"});
  CHECK(o.threads == 2);
  CHECK(parse({"--threads", "3"}).kokkos_words ==
        std::vector<std::string>{"--kokkos-num-threads=3"});
  CHECK(parse({"--digits", "6", "a.csv"}).input == "a.csv");
  CHECK(parse({"-"}).input == "-");
  CHECK(parse({"--precision", "single"}).digits == 4);
  CHECK(parse({"--m2l-rank", "20"}).m2l_rank == 20);
  CHECK(parse({"--m2l-tolerance", "1e-7"}).m2l_tolerance == 1e-7);
  CHECK(parse({"--leaf-capacity", "auto"}).leaf_capacity == 0);
}

TEST_CASE("options: complaints") {
  CHECK(refusal({"--digits", "99"}) == "--digits: found '99', expected an integer from 1 to 10");
  CHECK(refusal({"--digits", "0"}) == "--digits: found '0', expected an integer from 1 to 10");
  CHECK(refusal({"--digits", "-1"}) == "--digits: found '-1', expected an integer from 1 to 10");
  CHECK(refusal({"--digits", "6x"}) == "--digits: found '6x', expected an integer from 1 to 10");
  CHECK(refusal({"--digits", ""}) == "--digits: found nothing, expected an integer from 1 to 10");
  CHECK(refusal({"--digits"}) == "--digits: found nothing, expected a value");
  CHECK(refusal({"--digits", "--gradient"}) ==
        "--digits: found '--gradient', expected an integer from 1 to 10");
  CHECK(refusal({"--digits", "6", "--precision", "single"}) ==
        "--digits: found '6', expected an integer from 1 to 4 (all that single precision holds)");
  CHECK(refusal({"--order", "1"}) == "--order: found '1', expected an integer from 2 to 14");
  CHECK(refusal({"--order", "1000"}) == "--order: found '1000', expected an integer from 2 to 14");
  CHECK(refusal({"--digits", "6", "--order", "6"}) ==
        "--order: found it beside --digits, expected only one of the two");
  CHECK(refusal({"--digits", "6", "--digits", "7"}) ==
        "--digits: found it 2 times, expected it at most once");
  CHECK(refusal({"--gradient", "--gradient"}) ==
        "--gradient: found it 2 times, expected it at most once");
  CHECK(refusal({"--input", "a.csv", "--n", "5"}) ==
        "--n: found it beside --input, expected only one of the two");
  CHECK(refusal({"--input", "a.csv", "--distribution", "cube"}) ==
        "--distribution: found it beside --input, expected only one of the two");
  CHECK(refusal({"--n", "0"}) == "--n: found '0', expected an integer from 1 to 1000000000");
  CHECK(refusal({"--n", "1.5"}) == "--n: found '1.5', expected an integer from 1 to 1000000000");
  CHECK(refusal({"--n", "nan"}) == "--n: found 'nan', expected an integer from 1 to 1000000000");
  CHECK(refusal({"--n", "1e99"}) == "--n: found '1e99', expected an integer from 1 to 1000000000");
  CHECK(refusal({"--seed", "-1"}) ==
        "--seed: found '-1', expected an integer from 0 to 18446744073709551615");
  CHECK(
      refusal({"--distribution", "torus"}) ==
      "--distribution: found 'torus', expected one of cube, sphere, plummer, filament, two-scale");
  CHECK(refusal({"--charges", "negative"}) ==
        "--charges: found 'negative', expected one of zero-mean, positive");
  CHECK(refusal({"--precision", "half"}) ==
        "--precision: found 'half', expected one of double, single");
  CHECK(refusal({"--m2l", "svd"}) == "--m2l: found 'svd', expected one of auto, blas, fft");
  CHECK(refusal({"--m2l-tolerance", "2"}) ==
        "--m2l-tolerance: found '2', expected a number between 0 and 1");
  CHECK(refusal({"--m2l-rank", "0"}) ==
        "--m2l-rank: found '0', expected an integer from 1 to 1016, or full");
  CHECK(refusal({"--method", "fast"}) ==
        "--method: found 'fast', expected one of auto, fmm, direct");
  CHECK(refusal({"--leaf-capacity", "0"}) ==
        "--leaf-capacity: found '0', expected an integer from 1 to 1000000, or auto");
  CHECK(refusal({"--balance", "yes"}) == "--balance: found 'yes', expected one of on, off, auto");
  CHECK(refusal({"--repeat", "0"}) == "--repeat: found '0', expected an integer from 1 to 1000");
  CHECK(refusal({"--check", "0"}) ==
        "--check: found '0', expected an integer from 1 to 1000000000, or all");
  CHECK(refusal({"--frobnicate"}) ==
        "command line: found '--frobnicate', expected only the options that --help lists");
  CHECK(refusal({"a.csv", "word"}) ==
        "command line: found 'word', expected only the options that --help lists");
  CHECK(refusal({"a.csv", "--input", "b.csv"}) ==
        "command line: found 'a.csv' beside --input, expected one file");
  CHECK(refusal({"--threads", "0"}) == "--threads: found '0', expected an integer from 1 to 9999");
  CHECK(refusal({"--threads", "2", "--kokkos-num-threads=2"}) ==
        "--threads: found it beside --kokkos-num-threads, expected one of them");
  CHECK(refusal({"--digit", "6"}) ==
        "command line: found '--digit', expected only the options that --help lists");
  CHECK(refusal({"-x"}) == "command line: found '-x', expected only the options that --help lists");
  CHECK(refusal({"--kokkos-num-threads=0"}) ==
        "--kokkos-num-threads: found '0', expected an integer from 1 to 9999");
  CHECK(refusal({"--kokkos-frobnicate"}) ==
        "command line: found '--kokkos-frobnicate', expected only the options that --help lists");
}

TEST_CASE("PyExaFMM's configuration") {
  const Scratch scratch;
  const std::string readme = scratch.file("config.json", R"({
    "experiment": "test", "npoints": 100000, "data_type": "sphere", "order_equivalent": 6, "order_check": 7, "kernel": "laplace",
    "backend": "numba", "alpha_inner": 1.05, "alpha_outer": 2.9, "max_level": 10, "max_points": 150, "target_rank": 20,
    "precision": "single"})");
  const Options o = parse({"--config", readme});
  CHECK(o.input.empty());
  CHECK(o.n == 100000);
  CHECK(o.distribution == "sphere");
  CHECK(o.charges == "positive");
  CHECK(o.order == 6);
  CHECK(o.check_order == 7);
  CHECK(o.inner == 1.05);
  CHECK(o.outer == 2.9);
  CHECK(o.leaf_capacity == 150);
  CHECK(o.m2l_rank == 20);
  CHECK(o.precision == "single");
  REQUIRE(o.notices.size() == 1);
  CHECK(o.notices[0] == readme + ": read without effect: backend, max_level, experiment");

  // The command line wins, on the same matter under any name.
  const Options over =
      parse({"--config", readme, "--digits", "3", "--n", "500", "--m2l-rank", "full"});
  CHECK(over.digits == 3);
  CHECK_FALSE(over.order);
  CHECK_FALSE(over.check_order);
  CHECK(over.n == 500);
  CHECK(over.distribution == "sphere");
  CHECK(over.m2l_rank == -1);
  CHECK(parse({"--config", readme, "--input", "a.csv"}).input == "a.csv");

  // Its data lie beside it.
  const std::string data = scratch.file("test.hdf5", "");
  const Options from_file = parse({"--config", readme});
  CHECK(from_file.input == data);
  CHECK(from_file.charges == "zero-mean");
  CHECK(parse({"--config", readme, "--n", "500"}).input.empty());
}

TEST_CASE("PyExaFMM's configuration: complaints") {
  const Scratch scratch;
  const auto config = [&](const std::string& text) {
    const std::string path = scratch.file("c.json", text), message = refusal({"--config", path});
    return message.starts_with(path) ? "c.json" + message.substr(path.size()) : message;
  };
  CHECK(config(R"({"npoints": 0})") ==
        "c.json: npoints: found '0', expected an integer from 1 to 1000000000");
  CHECK(config(R"({"npoints": [1]})") ==
        "c.json: npoints: found '[1]', expected an integer from 1 to 1000000000");
  CHECK(config(R"({"data_type": "cube"})") ==
        "c.json: data_type: found 'cube', expected random or sphere");
  CHECK(config(R"({"order_equivalent": 6, "order_check": 5})") ==
        "c.json: order_check: found '5', expected at least the order, 6");
  CHECK(config(R"({"order_check": 5})") ==
        "c.json: order_check: found '5', expected the order beside it");
  CHECK(config(R"({"alpha_inner": 1.0})") ==
        "c.json: alpha_inner: found '1.0', expected a number between 1 and 3");
  CHECK(config(R"({"alpha_inner": 2.5, "alpha_outer": 2})") ==
        "c.json: alpha_outer: found '2', expected a number above the inner radius and below 3");
  CHECK(config(R"({"experiment": "none"})")
            .starts_with("c.json: experiment: found 'none' but no file"));
  CHECK(config(R"({"frobnicate": 1})")
            .starts_with("c.json: found the key 'frobnicate', expected only PyExaFMM's keys: "));
  CHECK(config("{\n \"npoints\": x}") == "c.json:2: column 13: found 'x', expected JSON");
  CHECK(config("{") == "c.json:1: column 2: found the end of the file, expected JSON");
  const std::size_t deep = 300000;
  CHECK(config("{\"npoints\": " + std::string(deep, '[') + std::string(deep, ']') + "}") ==
        "c.json: npoints: found '[...]', expected an integer from 1 to 1000000000");
  CHECK(config("{\"npoints\": 1e400}") ==
        "c.json: found a number that no double holds, expected JSON with finite numbers");
  CHECK(config(std::string((1 << 20) + 1, ' ')) ==
        "c.json: found more than 1048576 bytes, expected PyExaFMM's configuration, a few lines of "
        "JSON");
  CHECK(config("[]") == "c.json: found JSON of type array, expected an object");
  CHECK(refusal({"--config", "no-such-file.json"}) ==
        "no-such-file.json: found no file that can be read, expected a JSON file");
}
