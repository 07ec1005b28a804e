// SPDX-License-Identifier: BSD-3-Clause
// Files as people have them: PQR whose fields have run together, tables with headers, Fortran's numbers, XYZ, and
// HDF5 as h5py, Gadget and H5MD write it. What is read is held against numbers written here by hand.
#include <Octopole_Config.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_messages.hpp>
#include <vector>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/readers/driver_lines.hpp>
#include <perf/driver/readers/driver_readers.hpp>
#include <tests/support/test_scratch.hpp>

#ifdef OCTOPOLE_HAVE_HDF5
#include <hdf5.h>

#include <core/precompute/Octopole_Hdf5File.hpp>
using Octopole::Impl::Hdf5File;
#endif

using namespace Octopole::Driver;

namespace {

using Numbers = std::vector<double>;
using octopole_test::message_of;

ChargeShape charges_of(const char* kernel, std::size_t sides = 1) {
  return {Octopole::kernel_info(kernel), sides};
}

/// What reading complains about, less the folder.
std::string complaint(const std::string& path, const ChargeShape& shape = {},
                      const InputChoice& choice = {}) {
  std::string message = message_of([&] { read_points(path, shape, choice); });
  const std::string name = std::filesystem::path(path).filename().string();
  for (std::size_t at; (at = message.find(path)) != message.npos;)
    message.replace(at, path.size(), name);
  return message;
}

}  // namespace

TEST_CASE("pqr: fields that have run together are read by PDB's columns") {
  const Scratch scratch;
  // Columns:          1         2         3         4         5         6         7
  //          123456789012345678901234567890123456789012345678901234567890123456789012
  const PointSet p = read_points(
      scratch.file("m.pqr",
                   "ATOM      1  N   NTE A   1     -45.751-100.406-999.999  0.1850 1.8240\n"
                   "ATOM      2  CA  PHE     1    1045.7511100.4061999.999 -0.0020 1.9080\n"
                   "ATOM      3  C   PHE A   1      67.253  25.892  -0.145  0.5000 1.9080\n"
                   "HETATM    4 HG11AVAL B1001      -5.751-200.406  12.000 -0.2500 1.0000\n"));
  CHECK(p.sources == Numbers{-45.751, -100.406, -999.999, 1045.751, 1100.406, 1999.999, 67.253,
                             25.892, -0.145, -5.751, -200.406, 12});
  CHECK(p.charges == Numbers{0.185, -0.002, 0.5, -0.25});

  const auto pqr = [&](const std::string& text) { return complaint(scratch.file("m.pqr", text)); };
  // One letter further right, and one digit more than the columns have: no columns of PDB.
  CHECK(
      pqr("ATOM       1  N   NTE A   1     -45.751-100.406-999.999  0.1850 1.8240\n") ==
      "m.pqr:1: column 7: found '-45.751-100.406-999.999', expected one number, or PDB's columns: "
      "x y z in 31-38, 39-46 and 47-54");
  CHECK(pqr("ATOM      1  N   NTE A   1   10045.75110100.40610999.999  0.1850 1.8240\n") != "");
  // One letter further left: "045.7511" and "100.4061" would be numbers.
  CHECK(pqr("ATOM      2  CA  PHE     1   1045.7511100.4061999.999 -0.0020 1.9080\n") != "");
  CHECK(pqr("ATOM      1  N   NTE A   1     -45.751-100.406-999.999  0.1850\n") != "");
}

TEST_CASE("pqr: without residue numbers, and what is no atom") {
  const Scratch scratch;
  const PointSet p = read_points(scratch.file("m.pqr",
                                              "REMARK atom 5 was built\n"
                                              "REMARK   7 ATOM 1 N NTE 1 1 2 3 4 5\n"
                                              "ATOM 1 N NTE 67.253 25.892 -0.145 0.185 1.824\n"
                                              "ATOM 2 N NTE A 1.0 2.0 3.0 -0.5 1.5\n"
                                              "atom 3 N NTE A 7 4.0 5.0 6.0 0.25 1.5\n"
                                              "ANISOU    1  N   MET A   1     688   1234   806\n"
                                              "TER\nEND\n"));
  CHECK(p.sources == Numbers{67.253, 25.892, -0.145, 1, 2, 3, 4, 5, 6});
  CHECK(p.charges == Numbers{0.185, -0.5, 0.25});

  const std::string good = "ATOM 1 N NTE 1 1.0 2.0 3.0 0.5 1.5\n";
  for (const std::string record : {"ATOMS", "ATO", "AT0M", "ATMO", "ATOM_2", "HETATOM", "HETATN",
                                   "TAOM", "HEATTM", "Atom-2"}) {
    INFO(record);
    CHECK(complaint(scratch.file("m.pqr", good + record + " 2 N NTE 1 1.0 2.0 3.0 0.5 1.5\n")) ==
          (record == "AT0M"
               ? ""
               : "m.pqr:2: found the record '" + record +
                     "', expected ATOM or HETATM, or a record that is not almost one of "
                     "the two"));
  }
  // The radius is missing, and a number would be taken for x; a column too many, and x for a number.
  CHECK(complaint(scratch.file("m.pqr", "ATOM 1 N NTE 1 67.2 25.8 1.0 0.18\n"))
            .starts_with("m.pqr:1: column 4: found 'NTE', expected a residue number"));
  CHECK(complaint(scratch.file("m.pqr", "ATOM 1 N NTE 1 67.2 25.8 1.0 0.18 1.8 0.0\n"))
            .starts_with("m.pqr:1: column 6: found '67.2', expected a residue number"));
}

TEST_CASE("text: columns by the names of a header") {
  const Scratch scratch;
  for (const std::string text : {
           "id,x,y,z,charge\n1,1,2,3,-0.5\n2,4,5,6,0.25\n",
           "Charge;Z;Y;X\n-0.5;3;2;1\n0.25;6;5;4\n",
           "\"name\",\"x\",\"y\",\"z\",\"q\"\n\"C, of one\",1,2,3,-0.5\nO,4,\"5\",6,0.25\n",
           "x y z vx vy vz mass\n1 2 3 9 9 9 -0.5\n4 5 6 9 9 9 0.25\n",
           "x,y,z,strange\n1,2,3,-0.5\n4,5,6,0.25\n",  // as many as needed: in order
       }) {
    INFO(text);
    const PointSet p = read_points(scratch.file("a.csv", text));
    CHECK(p.sources == Numbers{1, 2, 3, 4, 5, 6});
    CHECK(p.charges == Numbers{-0.5, 0.25});
    CHECK(read_targets(scratch.file("t.csv", text)) == p.sources);
  }
  CHECK(read_points(scratch.file("f.csv", "fz,fy,fx,x,y,z\n3,2,1,7,8,9\n"), charges_of("stokeslet"))
            .charges == Numbers{1, 2, 3});
  CHECK(read_points(scratch.file("w.csv", "im,re,x,y,z\n2,1,7,8,9\n"), charges_of("helmholtz"))
            .charges == Numbers{1, 2});
  CHECK(
      read_points(scratch.file("s.csv", "id,q2,q1,x,y,z\n0,2,1,7,8,9\n"), charges_of("laplace", 2))
          .charges == Numbers{1, 2});

  const auto csv = [&](const std::string& text, const ChargeShape& shape = {}) {
    return complaint(scratch.file("a.csv", text), shape);
  };
  CHECK(csv("id,x,y,z,colour\n1,1,2,3,4\n") ==
        "a.csv:1: found the columns 'id x y z colour', expected each of x y z once, and once q, or "
        "charge, or charges, or mass, or m, or weight, or q1");
  CHECK(csv("x,y,z,x,q\n1,2,3,4,5\n").starts_with("a.csv:1: found the columns 'x y z x q'"));
  CHECK(csv("z,y,x,colour\n1,2,3,4\n").starts_with("a.csv:1: found the columns 'z y x colour'"));
  CHECK(csv("id,x,y,z,charge\n1,1,2,3\n") ==
        "a.csv:2: found 4 columns, expected 5 columns, as the header names");
  CHECK(csv("id,x,y,z,charge\n1,1,2,a,4\n") ==
        "a.csv:2: column 4: found 'a', expected a finite number");
  CHECK(csv("id,x,y,z,fx,fy\n1,1,2,3,4,5\n", charges_of("stokeslet"))
            .ends_with(
                "or dipole_x dipole_y dipole_z, or q1 q2 q3 (3 numbers per source, as stokeslet "
                "takes)"));
}

TEST_CASE("text: exponents as Fortran writes them") {
  CHECK(number_in("1.0D+00") == 1.0);
  CHECK(number_in("-2.5d-1") == -0.25);
  CHECK(number_in("+.5D1") == 5.0);
  CHECK(number_in("1D308") == 1e308);
  CHECK(number_in("1D-999") == 0.0);
  for (const char* wrong : {"D", "1D", "D1", "1D+", "1DD1", "1D1D1", "1e1D1", "nanD1", "infD0",
                            "1 D1", "1.0-100", "1.0+100"})
    CHECK_FALSE(number_in(wrong));
  const Scratch scratch;
  const PointSet p =
      read_points(scratch.file("f.txt", "   0.1000D+01  -0.2D+01   0.30D-02   0.5D+00\n"));
  CHECK(p.sources == Numbers{1, -2, 3e-3});
  CHECK(p.charges == Numbers{0.5});
}

TEST_CASE("xyz: plain and extended, by its properties, one frame of several") {
  const Scratch scratch;
  const std::string plain = "2\nwater, nearly\nO 1 2 3 -0.5\nH 4 5 6 0.25\n";
  const std::string extended =
      "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:id:I:1:pos:R:3:forces:R:3:"
      "initial_charges:R:1 energy=-1\nO 1 1 2 3 .1 .2 .3 -0.5\nH 2 4 5 6 .4 .5 .6 0.25\n";
  for (const std::string& text : {plain, extended, plain + "\n\n"}) {
    INFO(text);
    for (const std::string name : {"a.xyz", "a.extxyz"}) {
      const PointSet p = read_points(scratch.file(name, text));
      CHECK(p.sources == Numbers{1, 2, 3, 4, 5, 6});
      CHECK(p.charges == Numbers{-0.5, 0.25});
      CHECK(read_targets(scratch / name) == p.sources);
    }
  }
  CHECK(read_points(scratch.file("f.xyz", extended), charges_of("stokeslet")).charges ==
        Numbers{.1, .2, .3, .4, .5, .6});
  CHECK(read_points(scratch.file("f.xyz", extended)).crystal->is_cube());
  CHECK_FALSE(read_points(scratch.file("f.xyz", plain)).crystal);
  const auto lattice = [&](const std::string& vectors) {
    return read_points(scratch.file("f.xyz", "1\nLattice=\"" + vectors + "\"\nO 1 2 3 1\n"))
        .crystal;
  };
  CHECK(lattice("4 0 0 0 4 0 0 0 5")->edges == std::array<double, 3>{4, 4, 5});
  CHECK(lattice("4 0 0 0 4 0 2 2 0")->angles[0] == Approx(45));
  CHECK_FALSE(lattice("0 4 0 4 0 0 0 0 4")->is_cube());  // not along x, y and z
  CHECK_FALSE(lattice("0 0 0 0 0 0 0 0 0"));
  const std::string other = "1\nsecond\nO 7 8 9 2\n";
  const std::string two = scratch.file("two.xyz", plain + other);
  CHECK(read_points(two, {}, {.frame = 0}).charges == Numbers{-0.5, 0.25});
  CHECK(read_points(two, {}, {.frame = 1}).sources == Numbers{7, 8, 9});
  CHECK(complaint(two) == "two.xyz: found 2 frames, expected one, or --frame 0 to 1");
  CHECK(complaint(two, {}, {.frame = 2}) == "--frame: found 2, expected 0 to 1, which two.xyz has");

  const auto xyz = [&](const std::string& text, const ChargeShape& shape = {}) {
    return complaint(scratch.file("a.xyz", text), shape);
  };
  CHECK(xyz("2\n\nO 1 2 3\n") ==
        "a.xyz:3: found 4 columns, expected 5: species x y z and the charges (one charge per "
        "source)");
  CHECK(xyz("2\n\nO 1 2 3 4\n") ==
        "a.xyz: found the end of the file after 1 atoms of a frame, expected 2");
  CHECK(
      xyz("1\nLattice=\"1 2 3\"\nO 1 2 3 4\n") ==
      "a.xyz:2: Lattice: found '1 2 3', expected nine numbers in quotes, three vectors of a cell");
  CHECK(xyz("two\n") == "a.xyz:1: found 'two', expected a number of atoms, which begins a frame");
  CHECK(xyz("") == "a.xyz: found no atoms, expected a number of atoms, which begins a frame");
  CHECK(
      xyz("1\nProperties=species:S:1:pos:R:3\nO 1 2 3\n") ==
      "a.xyz:2: Properties: found no property of 1 column for the charges, expected one of charge, "
      "charges, initial_charges, q, mass, masses (one charge per source)");
  CHECK(xyz("1\nProperties=species:S:1:pos:R:3:charge:R:2\nO 1 2 3 4 5\n")
            .starts_with("a.xyz:2: Properties: found no property of 1 column for the charges"));
  CHECK(xyz("1\nProperties=species:S:1:charge:R:1\nO 1\n") ==
        "a.xyz:2: Properties: found no property pos of three columns, expected pos:R:3 among them");
  CHECK(xyz("1\nProperties=species:S\nO 1\n") ==
        "a.xyz:2: Properties: found no triples, expected name:type:columns, one after the other");
  CHECK(xyz("1\nProperties=species:S:0:pos:R:3\nO 1\n") ==
        "a.xyz:2: Properties: found '0', expected a number of columns");
  CHECK(xyz("1\nProperties=species:S:1:pos:R:3:charge:R:1\nO 1 2 3 4 5\n") ==
        "a.xyz:3: found 6 columns, expected 5, as Properties says");
  CHECK(xyz("1\n\nO 1 2 x 4\n") == "a.xyz:3: column 4: found 'x', expected a finite number");
}

TEST_CASE("the standard input, and formats by name") {
  const Scratch scratch;
  const auto from_input = [](const std::string& text, const InputChoice& choice = {}) {
    std::istringstream input(text);
    std::streambuf* const before = std::cin.rdbuf(input.rdbuf());
    std::cin.clear();
    PointSet points;
    const std::string message = message_of([&] { points = read_points("-", {}, choice); });
    std::cin.rdbuf(before);
    return std::make_pair(points.charges, message);
  };
  CHECK(from_input("1 2 3 4\n5,6,7,8\n").second ==
        "standard input:2: column 1: found '5,6,7,8', expected a finite number");
  CHECK(from_input("x,y,z,q\n1,2,3,4\n").first == Numbers{4});
  CHECK(from_input("1\n\nO 1 2 3 5\n", {.format = "xyz"}).first == Numbers{5});
  CHECK(from_input("", {.format = "pqr"}).second ==
        "standard input: found no atoms, expected at least one ATOM or HETATM line");
  CHECK(from_input("", {.format = "hdf5"}).second ==
        "standard input: found HDF5, expected text, pqr or xyz; or a file");
  CHECK(read_points(scratch.file("points.dat", "1 2 3 4\n"), {}, {.format = "text"}).charges ==
        Numbers{4});
  CHECK(
      complaint(scratch.file("a.csv", "1 2 3 4\n"), {}, {.particles = "PartType1"}) ==
      "--particles: found it with a.csv, expected a Gadget snapshot or an H5MD file, .h5 or .hdf5");
  CHECK(complaint(scratch / "a.csv", {}, {.frame = 1}) ==
        "--frame: found it with a.csv, expected an H5MD file or .xyz");
}

TEST_CASE("nothing of a file that steers a terminal comes back") {
  CHECK(printable("a\x1b[31mb\x7f\tc\nd\re") == "a?[31mb??c d e");
  CHECK(printable("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x99") ==
        "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x99");
  CHECK(printable("\xc2\x9b"
                  "31m") == "??31m");  // a C1 control, which some terminals obey
  CHECK(printable("\x9b"
                  "31m") == "?31m");  // the same, of Latin 1
  CHECK(printable("\xe2\x80\xae"
                  "txt") == "???txt");  // turns the direction of writing
  CHECK(printable("\xc0\x9b \xe0\x82\x9b \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82") ==
        "?? ??? ??? ???? ??");  // too long, a surrogate, too large, cut off
  CHECK(in_quotes(std::string(59, 'a') + "\xc3\xa4") == "'" + std::string(59, 'a') + "...'");
  const Scratch scratch;
  for (const std::string name : {"a.csv", "a.pqr", "a.xyz"}) {
    const std::string message = complaint(scratch.file(name,
                                                       "ATOMS\x1b]0;\xc2\x9b"
                                                       "31m 1 2 3\n"));
    INFO(message);
    CHECK(message != "");
    CHECK(message == printable(message));
  }
}

#ifdef OCTOPOLE_HAVE_HDF5

namespace {

const Numbers six{0, 1, 2, 3, 4, 5};

/// What h5py makes of numpy's complex numbers, complex64 where `Part` is float.
template <class Part>
void write_complex(const std::string& path, const char* dataset, const std::vector<Part>& pairs,
                   const std::vector<hsize_t>& extents, const char* second = "i") {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t part = sizeof(Part) == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  const hid_t type = H5Tcreate(H5T_COMPOUND, 2 * sizeof(Part));
  H5Tinsert(type, "r", 0, part);
  H5Tinsert(type, second, sizeof(Part), part);
  const hid_t space = H5Screate_simple(int(extents.size()), extents.data(), nullptr);
  const hid_t data = H5Dcreate2(file, dataset, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pairs.data());
  H5Dclose(data);
  H5Sclose(space);
  H5Tclose(type);
  H5Fclose(file);
}

void write_numbers(const std::string& path, const char* object, const char* name,
                   const std::vector<double>& values) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t owner = H5Oopen(file, object, H5P_DEFAULT);
  const hsize_t extent = values.size();
  const hid_t space = H5Screate_simple(1, &extent, nullptr);
  const hid_t attribute =
      H5Acreate2(owner, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_DOUBLE, values.data());
  H5Aclose(attribute);
  H5Sclose(space);
  H5Oclose(owner);
  H5Fclose(file);
}

/// A new file of what `write` puts there.
std::string made(const Scratch& scratch, const std::string& name, auto write) {
  const std::string path = scratch / name;
  auto file = Hdf5File::create(path);
  write(file);
  file.close();
  return path;
}

std::string with_sources(const Scratch& scratch) {
  return made(scratch, "c.h5", [](Hdf5File& f) { f.write("/sources", six.data(), {2, 3}); });
}

}  // namespace

TEST_CASE("hdf5: complex charges as h5py writes them") {
  const Scratch scratch;
  const ChargeShape wave = charges_of("helmholtz"), waves_of_two = charges_of("helmholtz", 2);
  std::string path = with_sources(scratch);
  write_complex<double>(path, "/charges", {1, 2, 3, 4}, {2});
  CHECK(read_points(path, wave).charges == Numbers{1, 2, 3, 4});
  CHECK(complaint(path) ==
        "c.h5: /charges: found complex numbers, expected one charge per source, real");
  CHECK(complaint(path, waves_of_two) ==
        "c.h5: /charges: found shape (2), expected shape (2, 2), a complex number per source and "
        "right-hand side, as helmholtz takes");
  path = with_sources(scratch);
  write_complex<float>(path, "/charges", {1, 2, 3, 4, 5, 6, 7, 8}, {2, 2});
  // Right-hand sides last: the real parts of both, then the imaginary ones.
  CHECK(read_points(path, waves_of_two).charges == Numbers{1, 3, 2, 4, 5, 7, 6, 8});
  CHECK(complaint(path, wave).ends_with("(or --rhs 2)"));
  path = with_sources(scratch);
  write_complex<double>(path, "/charges", {1, 2, 3, std::nan("")}, {2, 1});
  CHECK(complaint(path, wave) == "c.h5: /charges[1, 0, 1]: found 'nan', expected a finite number");
  path = with_sources(scratch);
  write_complex<double>(path, "/charges", {1, 2, 3, 4}, {2}, "j");
  CHECK(complaint(path, wave) ==
        "c.h5: /charges: found elements that are not numbers, expected floating-point numbers");
}

TEST_CASE("hdf5: snapshots of Gadget") {
  const Scratch scratch;
  const Numbers masses{7, 8};
  std::string path = made(scratch, "s.hdf5", [&](Hdf5File& f) {
    f.write("/PartType0/Coordinates", six.data(), {2, 3});
    f.write("/PartType0/Masses", masses);
    f.write("/PartType1/Coordinates", six.data() + 3, {1, 3});
    f.write("/PartType4/Velocities", six.data(), {2, 3});
    f.write_attribute("/Header", "NumFilesPerSnapshot", std::int32_t(1));
  });
  write_numbers(path, "/Header", "MassTable", {0, 2.5, 0, 0, 0, 0});
  CHECK(read_points(path, {}, {.particles = "PartType0"}).sources == six);
  CHECK(read_points(path, {}, {.particles = "PartType0"}).charges == masses);
  const PointSet dark = read_points(path, {}, {.particles = "PartType1"});
  CHECK(dark.sources == Numbers{3, 4, 5});
  CHECK(dark.charges == Numbers{2.5});
  CHECK(read_targets(path, {.particles = "PartType1"}) == dark.sources);
  CHECK_FALSE(dark.crystal);
  write_numbers(path, "/Header", "BoxSize", {0});  // as files say that nothing repeats
  CHECK_FALSE(read_points(path, {}, {.particles = "PartType1"}).crystal);
  CHECK(complaint(path) ==
        "s.hdf5: found particles of several kinds, PartType0, PartType1, expected --particles with "
        "one "
        "of them");
  CHECK(complaint(path, {}, {.particles = "PartType4"}) ==
        "--particles: found 'PartType4', expected PartType0, PartType1, which s.hdf5 has");
  CHECK(complaint(path, charges_of("stokeslet"), {.particles = "PartType0"})
            .starts_with(
                "s.hdf5: /PartType0/: found one mass per particle, all that it holds, expected 3"));
  path = made(scratch, "one.h5", [&](Hdf5File& f) {
    f.write("/PartType5/Coordinates", six.data(), {2, 3});
    f.write("/PartType5/Masses", masses);
  });
  CHECK(read_points(path).charges == masses);  // the only kind
  for (const Numbers& box : {Numbers{64}, Numbers{64, 64, 32}}) {
    CAPTURE(box);
    path = made(scratch, "box.h5", [&](Hdf5File& f) {
      f.write("/PartType5/Coordinates", six.data(), {2, 3});
      f.write("/PartType5/Masses", masses);
      f.write_attribute("/Header", "NumFilesPerSnapshot", std::int32_t(1));
    });
    write_numbers(path, "/Header", "BoxSize", box);
    const auto crystal = read_points(path).crystal;
    REQUIRE(crystal);
    CHECK(crystal->edges == std::array<double, 3>{64, 64, box.back()});
    CHECK(crystal->is_cube() == (box.size() == 1));
  }
  path = made(scratch, "none.h5",
              [&](Hdf5File& f) { f.write("/PartType2/Coordinates", six.data(), {2, 3}); });
  CHECK(complaint(path) ==
        "none.h5: /PartType2/: found neither Masses nor a mass of all in /Header's MassTable, "
        "expected "
        "one of the two");
  path = made(scratch, "part.h5", [&](Hdf5File& f) {
    f.write("/PartType2/Coordinates", six.data(), {2, 3});
    f.write("/PartType2/Masses", masses);
    f.write_attribute("/Header", "NumFilesPerSnapshot", std::int32_t(4));
  });
  CHECK(complaint(path) ==
        "part.h5: found one of several files of a snapshot, expected a snapshot in one file");
  path = with_sources(scratch);
  CHECK(complaint(path, {}, {.particles = "PartType1"}) ==
        "--particles: found it with c.h5, which has no groups of particles, expected a Gadget "
        "snapshot "
        "or an H5MD file");
}

TEST_CASE("hdf5: trajectories of H5MD") {
  const Scratch scratch;
  Numbers frames(12);
  for (std::size_t i = 0; i < 12; ++i) frames[i] = double(i);
  const Numbers charges{7, -8};
  std::string path = made(scratch, "t.h5", [&](Hdf5File& f) {
    f.write("/particles/atoms/position/value", frames.data(), {2, 2, 3});
    f.write("/particles/atoms/position/step", std::vector<double>{0, 1});
    f.write("/particles/atoms/charge", charges);
    f.write("/h5md/version", std::vector<double>{1, 1});
  });
  const PointSet second = read_points(path, {}, {.frame = 1});
  CHECK(second.sources == Numbers{6, 7, 8, 9, 10, 11});
  CHECK(second.charges == charges);
  CHECK(read_points(path, {}, {.particles = "atoms", .frame = 0}).sources == six);
  CHECK(read_targets(path, {.frame = 1}) == second.sources);
  CHECK(complaint(path) ==
        "t.h5: /particles/atoms/position/value: found 2 frames, expected one, or --frame 0 to 1");
  CHECK(
      complaint(path, {}, {.frame = 7})
          .starts_with("--frame: found 7, expected 0 to 1, which t.h5: /particles/atoms/position"));
  path = made(scratch, "fixed.h5", [&](Hdf5File& f) {
    f.write("/particles/a/position", six.data(), {2, 3});
    f.write("/particles/a/charge/value", frames.data(), {1, 2});
    f.write("/particles/b\x1b/position", six.data(), {2, 3});
  });
  CHECK(read_points(path, {}, {.particles = "a"}).charges == Numbers{0, 1});
  CHECK(complaint(path) ==
        "fixed.h5: found particles of several kinds, a, b?, expected --particles with one of them");
  const Numbers sides{2, 2, 2, 3, 3, 3}, turned{0, 2, 0, -2, 0, 0, 0, 0, 2};
  const auto box = [&](const std::string& dataset, const Numbers& numbers,
                       const std::vector<std::size_t>& shape) {
    path = made(scratch, "box.h5", [&](Hdf5File& f) {
      f.write("/particles/a/position/value", frames.data(), {2, 2, 3});
      f.write("/particles/a/charge", charges);
      f.write(dataset, numbers.data(), shape);
    });
    return read_points(path, {}, {.frame = 1}).crystal;
  };
  CHECK(box("/particles/a/box/edges", {5, 5, 5}, {3})->edges[0] == 5);
  CHECK(box("/particles/a/box/edges/value", sides, {2, 3})->edges[2] == 3);
  CHECK(box("/particles/a/box/edges/value", sides, {1, 3})->is_cube());  // of all frames
  CHECK_FALSE(box("/particles/a/box/edges/value", {sides[0], 2, 2, 2, 2, 2, 2, 2, 2}, {3, 3}));
  CHECK(box("/particles/a/box/edges", turned, {3, 3})->angles == std::array<double, 3>{90, 90, 90});
  CHECK_FALSE(box("/particles/a/box/edges", turned, {3, 3})->is_cube());
  CHECK_FALSE(box("/particles/a/box/other", {1}, {1}));
  write_numbers(path, "/particles/a/box", "edges", {7, 7, 7});
  CHECK(read_points(path, {}, {.frame = 1}).crystal->edges[1] == 7);
  path = made(scratch, "bad_box.h5", [&](Hdf5File& f) {
    f.write("/particles/a/position", six.data(), {2, 3});
    f.write("/particles/a/charge", charges);
    f.write("/particles/a/box/edges", six.data(), {2, 3});
  });
  CHECK(complaint(path) ==
        "bad_box.h5: /particles/a/box/edges: found shape (2, 3), expected shape (3) or (3, 3)");
  path = made(scratch, "flat.h5", [&](Hdf5File& f) {
    f.write("/particles/a/position/value", frames.data(), {2, 3, 2});
  });
  CHECK(
      complaint(path) ==
      "flat.h5: /particles/a/position/value: found shape (2, 3, 2), expected shape (frames, N, 3)");
  path = made(scratch, "bare.h5",
              [&](Hdf5File& f) { f.write("/particles/a/position", six.data(), {2, 3}); });
  CHECK(complaint(path) ==
        "bare.h5: /particles/a/charge: found no such dataset, expected shape (N)");
  CHECK(complaint(path, {}, {.frame = 0}) ==
        "bare.h5: /particles/a/charge: found no such dataset, expected shape (N)");
}

#endif
