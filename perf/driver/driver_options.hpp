// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_OPTIONS_HPP
#define OCTOPOLE_DRIVER_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <perf/driver/driver_kernels.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {

/// One option's text and where it stands, for messages: "--digits" or "config.json: npoints".
struct Setting {
  std::string text;
  std::string place;
};

/// Option name without dashes -> its text. The command line and a --config file both end up here,
/// so that their values are judged by the same code.
using Settings = std::map<std::string, Setting>;

/// What the driver was asked for, checked; nothing here depends on Kokkos.
struct Options {
  std::string input;   ///< empty: a distribution; "-": standard input
  InputChoice choice;  ///< of what the input holds
  std::string distribution = "cube";
  std::size_t n = 1'000'000;
  std::uint64_t seed = 42;
  std::string charges = "zero-mean";
  std::string targets;       ///< a file; empty: those of the input, else the sources
  int right_hand_sides = 1;  ///< of charges and outputs

  std::string kernel = "laplace";
  bool dipole = false;
  double screening = 1, wavenumber = 1, core = 0, softening = 0;  ///< as the kernels have them
  Output outputs = Output::potential;
  std::optional<int> digits;  ///< not set: `order` is
  std::optional<int> order;
  std::optional<int> check_order;
  std::optional<double> inner, outer;
  std::string precision = "double";
  std::string m2l = "auto";
  std::size_t m2l_memory_mb = 0;  ///< 0: the library's default
  bool tune = false;
  double root_scale = 0;  ///< 0: the library's choice
  int m2l_single = -1;
  std::string near_field = "auto";
  std::optional<double> m2l_tolerance;
  std::optional<int> m2l_rank;  ///< -1: full
  std::string method = "auto";
  int leaf_capacity = 0;       ///< 0: auto
  int balance = -1;            ///< -1: auto
  std::optional<double> cell;  ///< side of the cube that repeats; none: nothing does
  bool cell_of_input = false;  ///< its side is to be the file's
  std::string axes = "xyz";    ///< along which it does
  std::string cache;           ///< a file, "off", or empty for the default place

  std::size_t check = 0;  ///< targets compared with a direct sum; 0: none
  int threads = 0;        ///< 0: as many as OpenMP takes
  int repeat = 3;
  int plans = 1;
  int updates = 0;
  std::string json, output;
  bool quiet = false;  ///< neither progress nor table

  std::vector<std::string> notices;       ///< one line each, for stderr
  std::vector<std::string> kokkos_words;  ///< --kokkos-* arguments, handed on

  const KernelInfo& kernel_info() const { return kernel_of(kernel, dipole); }
  ChargeShape charge_shape() const { return {kernel_info(), std::size_t(right_hand_sides)}; }
  bool repeats() const { return cell || cell_of_input; }
  /// Of a parameter of a kernel's; its option has the same name.
  double parameter(std::string_view name) const {
    if (name == "screening") return screening;
    if (name == "wavenumber") return wavenumber;
    if (name == "core") return core;
    if (name == "softening") return softening;
    throw std::logic_error("Octopole::Driver: no option is written for " + std::string(name));
  }
};

/// What is left to do after the command line has been read.
struct CommandLine {
  Options options;
  std::string print;  ///< not empty: --help or --version, print it and stop
};

/// Throws BadInput for the first thing that is wrong.
CommandLine parse_command_line(int argc, const char* const* argv);

/// The checks of single values and of what goes together.
Options validate(const Settings& settings);

/// The settings that a PyExaFMM configuration file stands for; `notices` gets a line on keys that
/// have no effect here. Throws BadInput.
Settings read_pyexafmm_config(const std::string& path, std::vector<std::string>& notices);

}  // namespace Octopole::Driver

#endif
