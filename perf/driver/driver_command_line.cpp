// SPDX-License-Identifier: BSD-3-Clause
#include <CLI/CLI.hpp>
#include <Octopole_Config.hpp>
#include <string_view>

#if __has_include(<Octopole_Git.hpp>)
#include <Octopole_Git.hpp>
#endif

#include <perf/driver/driver_error.hpp>
#include <perf/driver/driver_help.hpp>
#include <perf/driver/driver_options.hpp>
#include <perf/driver/driver_version.hpp>

namespace Octopole::Driver {
namespace {

constexpr const char* examples =
    "Examples:\n"
    "  octopole_fmm --n 1e6 --digits 6 --check 1000\n"
    "      a million charges in a cube, and how exact their potential is\n"
    "  octopole_fmm molecule.pqr --gradient --output molecule.h5\n"
    "      potential and gradient at a molecule's atoms, for ParaView or Python\n"
    "  octopole_fmm charges.csv --targets grid.csv --output field.csv\n"
    "      the potential of some points at others, as a text\n"
    "  octopole_fmm vortices.csv --kernel biot-savart --core 0.01 --digits 4\n"
    "      velocities that smoothed vortices induce on each other\n"
    "  octopole_fmm - --kernel yukawa --screening 2 --json run.json < charges.csv\n"
    "      screened charges from the standard input; times and facts as JSON";

constexpr const char* on_ranks =
    "Built with OCTOPOLE_ENABLE_MPI, mpirun -n R octopole_fmm runs on R ranks, with the results of "
    "one (of --method fmm): each reads or makes its part of the points, text cut by its bytes and "
    "HDF5 by its rows, and the first writes. There are no blas on GPUs, direct, tune and standard "
    "input then, and leaves at level 19 hold at most --leaf-capacity points.";

constexpr const char* ends =
    "Bad input, and what the library refuses, ends with status 2 and one line on stderr; results "
    "that are not finite, or an error checked that is above what the digits promise, with status "
    "3 and a line, when all is written. --kokkos-num-threads=K and --kokkos-device-id=K go to "
    "Kokkos.";

/// Kokkos' word for what --threads says.
const std::string num_threads = "--kokkos-num-threads=";

/// CLI11 reads the words and writes the help; values stay text for `validate`, which knows the form
/// of our messages and serves the configuration file too.
class Words {
 public:
  Words()
      : m_app(
            "Sums charges by a kernel-independent fast multipole method:\n  u(x_i) = sum_j K(x_i - "
            "y_j) q_j,\nfor laplace q_j / (4 pi |x_i - y_j|), a pair at distance zero counting as "
            "nothing.") {
    m_app.name("octopole_fmm");
    m_app.allow_extras();  // so that unknown words are refused in our own form
    m_app.formatter(std::make_shared<HelpFormatter>(help_width()));

    m_file = m_app.add_option("FILE", m_values["FILE"], "The same as --input FILE");
    m_file->type_name("");
    group("Points");
    add("input", "FILE",
        "Charges to read: .h5/.hdf5 (/sources, /charges and optional /targets; PyExaFMM's "
        "/particle_data; Gadget's /PartType1/Coordinates and Masses; H5MD), .pqr (Angstrom, e; one "
        "number per charge), .xyz/.extxyz (charges by Properties), .csv or .txt (x y z q1 .. qC, "
        "or "
        "by the names of a header), - for the standard input");
    add("format", "NAME",
        "text, pqr, xyz or hdf5: what the input is (default: auto, by the extension; of the "
        "standard "
        "input text)");
    add("particles", "GROUP",
        "Which of a Gadget snapshot (PartType0 to 5) or of H5MD's /particles (default: the only "
        "one)");
    add("frame", "F", "Which frame of .xyz or H5MD, from 0 (default: the only one)");
    add("targets", "FILE",
        "Points at which outputs are wanted, instead of the input's: .h5/.hdf5 (/targets, else "
        "/sources), .xyz, .csv or .txt (x y z), - for the standard input");
    add("distribution", "NAME", "cube, sphere, plummer, filament or two-scale (default: cube)");
    add("n", "N", "Number of points, 1e6 for a million (default: 1e6)");
    add("seed", "S", "Seed of points and charges (default: 42)");
    add("charges", "LAW",
        "zero-mean: uniform in [-0.5, 0.5); positive: in [0, 1); every component of a charge "
        "(default: zero-mean)");
    add("rhs", "K",
        "Right-hand sides, 1 to 1024: sets of charges at once, the last extent of /charges and "
        "outputs (default: 1)");
    add("cell", "L",
        "Sums over all images of the points in a cube of side L that repeats, of all kernels but "
        "helmholtz; points outside are folded into it");
    add("periodic", "AXES",
        "Along which axes it repeats: xyz, with a uniform background for a net charge; or x, y, z, "
        "xy, xz or yz, not of biot-savart and stokeslet, where points lie from 0 to L along the "
        "others, and "
        "charges of laplace sum to zero (default: xyz); without --cell L is what the file says: "
        "CRYST1 of a "
        ".pqr, Lattice of an .xyz, the attribute cell of a .h5, BoxSize of Gadget's, box of "
        "H5MD's");
    group("Kernel");
    add("kernel", "NAME",
        "laplace: 1/(4 pi r); yukawa: exp(-l r)/(4 pi r); helmholtz: exp(i k r)/(4 pi r), complex; "
        "stokeslet: forces (3); biot-savart: vortices (3); charge-dipole: 1/(4 pi r) of a charge "
        "and "
        "a dipole each (4); softened-laplace: of charges spread over balls (default: laplace)");
    add("screening", "L", "l of yukawa, per unit of length (default: 1)");
    add("wavenumber", "K", "k of helmholtz, per unit of length (default: 1)");
    add("core", "E", "Radius of biot-savart's Gaussian vortices; 0: points (default: 0)");
    add("softening", "H",
        "Radius of softened-laplace's balls, 2.8 Plummer lengths; 0: points (default: 0)");
    add_flag("dipole", "laplace of dipoles d (3): d.r/(4 pi r^3)");
    add("outputs", "LIST",
        "Comma separated. laplace, charge-dipole, softened-laplace: potential, gradient, hessian "
        "(xx "
        "xy xz yy yz zz); yukawa, "
        "helmholtz: potential, gradient; stokeslet: velocity, pressure; biot-savart: velocity, "
        "velocity_gradient (a, b: du_a/dx_b) (default: the first)");
    add_flag("gradient", "Short for --outputs potential,gradient");
    group("Accuracy");
    add("digits", "D",
        "Relative L2 error at most 10^-D: 1 to 10, in single precision 1 to 4 (default: 6, single "
        "4)");
    add("order", "P", "Points per edge of the equivalent surface, 2 to 14, instead of --digits");
    add("precision", "NAME", "double or single (default: double)");
    group("Method");
    add("method", "NAME", "auto, fmm or direct (default: auto)");
    add("m2l", "NAME", "auto, blas or fft (default: auto)");
    add("m2l-precision", "NAME",
        "auto, double or single: of M2L fft under --precision double (default: auto, by the "
        "digits)");
    add("m2l-memory", "MB",
        "What the transforms of M2L fft may take (default: 64, on a device 1024)");
    add("near-field", "NAME",
        "auto, exact, fast, mixed or rough: the arithmetic of P2P (default: auto, by the digits)");
    add("m2l-tolerance", "T", "What the compression of M2L may drop (default: from the digits)");
    add("m2l-rank", "K",
        "Rank of the M2L bases, or full for no compression (default: from the tolerance)");
    add("leaf-capacity", "K", "Most points in a leaf, or auto (default: auto)");
    add_flag("tune",
             "Measure near and far field on these points and choose the leaf capacity by that; "
             "kept in the cache");
    add("root-scale", "S",
        "Side of the root cube in longest edges of the points' bounding box, 1 to 4 (default: 1 "
        "with "
        "--leaf-capacity, else the library's choice)");
    add("balance", "WORD", "2:1 balance of the tree: on, off or auto (default: auto)");
    add("cache", "FILE",
        "Where operators are kept, or off (default: octopole/operators.h5 in $XDG_CACHE_HOME or "
        "~/.cache)");
    group("Run");
    add("threads", "T",
        "Threads of OpenMP (default: OMP_NUM_THREADS, else one per core, which they then stay on)");
    add("check", "M",
        "Compare M evenly strided targets, or all, with a direct sum; with a cell that repeats "
        "along "
        "xyz with Ewald's, of all outputs but dipoles' Hessian");
    add("repeat", "R", "Timed executions after one to warm up; the median counts (default: 3)");
    add("plans", "P", "Plans made, one after the other; the last one's times count (default: 1)");
    add("updates", "U",
        "Timed updates of the plan by the same points, after the executions; the median stands in "
        "the JSON (default: none)");
    add("json", "FILE", "Write configuration, times and errors");
    add("output", "FILE",
        "Write the results: .h5 with /sources, /charges, /targets and a dataset of each output "
        "(complex: a trailing 2; then right-hand sides), and an .xdmf file for ParaView, pyvista "
        "and "
        "meshio (its TimeSeriesReader) beside it; .npz for numpy; or .csv, a line per target");
    add("config", "FILE",
        "Read PyExaFMM's configuration; options given here win over it. Read without effect: "
        "backend, "
        "max_level, cond, and experiment where there is no EXPERIMENT.hdf5 beside the file");
    add_flag("quiet",
             "Print no progress and no table; files are written, errors and warnings told");
    m_app.set_help_flag("-h,--help", "Print this and stop")->group("Run");
    m_app.add_flag("--version", m_version, "Print the version and stop")->group("Run");
    m_app.footer(std::string(examples) + "\n\n" + on_ranks + "\n\n" + ends);
  }

  /// The settings as given; `help` or `version` in `print`; --kokkos-* words in `kokkos_words`.
  Settings read(int argc, const char* const* argv, std::string& print,
                std::vector<std::string>& kokkos_words) {
    try {
      m_app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      print = m_app.help();
      return {};
    } catch (const CLI::ArgumentMismatch& e) {
      throw BadInput(name_in(e.what()), "nothing", "a value");
    } catch (const CLI::ParseError& e) {
      throw BadInput("command line", in_quotes(e.what()), "the options that --help lists");
    }
    if (m_version) {
      print = version_line() + "\n";
      return {};
    }
    for (const std::string& word : m_app.remaining()) {
      if (!is_kokkos_word(word))
        throw BadInput("command line", in_quotes(word), "only the options that --help lists");
      kokkos_words.push_back(word);
    }
    Settings settings;
    for (const auto& [name, option] : m_options) {
      if (option->count() == 0) continue;
      if (option->count() > 1)
        throw BadInput("--" + name, "it " + std::to_string(option->count()) + " times",
                       "it at most once");
      settings[name] = {m_values[name], "--" + name};
    }
    if (m_file->count() > 0) {
      if (settings.count("input"))
        throw BadInput("command line", in_quotes(m_values["FILE"]) + " beside --input", "one file");
      settings["input"] = {m_values["FILE"], "FILE"};
    }
    return settings;
  }

 private:
  void group(const std::string& name) { m_group = name; }

  void add(const std::string& name, const std::string& value, const std::string& help) {
    m_options[name] = m_app.add_option("--" + name, m_values[name], help)
                          ->group(m_group)
                          ->type_name(value)
                          // Repetitions are counted above; CLI11's own message has another form.
                          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  void add_flag(const std::string& name, const std::string& help) {
    m_options[name] = m_app.add_flag("--" + name, help)->group(m_group);
  }

  /// "--digits: 1 required D missing" -> "--digits"
  static std::string name_in(std::string_view message) {
    return std::string(message.substr(0, message.find(':')));
  }

  static bool is_kokkos_word(std::string_view word) {
    for (const std::string_view name :
         {std::string_view(num_threads), std::string_view("--kokkos-device-id=")}) {
      if (!word.starts_with(name)) continue;
      const std::string_view value = word.substr(name.size());
      const bool threads = name == num_threads;
      if (value.empty() || value.size() > 4 ||
          value.find_first_not_of("0123456789") != value.npos || (threads && value[0] == '0'))
        throw BadInput(std::string(name.substr(0, name.size() - 1)), in_quotes(value),
                       threads ? "an integer from 1 to 9999" : "an integer from 0 to 9999");
      return true;
    }
    return false;
  }

  CLI::App m_app;
  CLI::Option* m_file;
  std::string m_group;
  bool m_version = false;
  std::map<std::string, CLI::Option*> m_options;
  std::map<std::string, std::string> m_values;  // nodes do not move: CLI11 keeps references
};

/// What the command line says replaces the file's word on the same matter, under whichever name.
void drop_overruled(const Settings& given, Settings& config) {
  const auto overrule = [&](std::initializer_list<const char*> by,
                            std::initializer_list<const char*> names) {
    for (const char* name : by)
      if (given.count(name))
        for (const char* gone : names) config.erase(gone);
  };
  overrule({"input"}, {"distribution", "n", "charges"});
  overrule({"distribution", "n", "seed", "charges"}, {"input"});
  overrule({"digits", "order"}, {"digits", "order", "check-order"});
  overrule({"m2l-tolerance", "m2l-rank"}, {"m2l-tolerance", "m2l-rank"});
}

}  // namespace

std::string version_line() {
  return "octopole_fmm " + version() + " (git " + git_revision() + ")";
}
std::string version() {
  return OCTOPOLE_VERSION;
}
std::string git_revision() {
#ifdef OCTOPOLE_GIT
  return OCTOPOLE_GIT;
#else
  return "unknown";
#endif
}

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine result;
  std::vector<std::string> notices, kokkos_words;
  Settings settings = Words().read(argc, argv, result.print, kokkos_words);
  if (!result.print.empty()) return result;
  if (const auto config = settings.find("config"); config != settings.end()) {
    Settings from_file = read_pyexafmm_config(config->second.text, notices);
    drop_overruled(settings, from_file);
    settings.merge(from_file);  // what is there already stays
  }
  result.options = validate(settings);
  if (result.options.threads > 0) {
    for (const std::string& word : kokkos_words)
      if (word.starts_with(num_threads))
        throw BadInput("--threads", "it beside --kokkos-num-threads", "one of them");
    kokkos_words.push_back(num_threads + std::to_string(result.options.threads));
  } else {
    for (const std::string& word : kokkos_words)
      if (word.starts_with(num_threads))
        result.options.threads = std::stoi(word.substr(num_threads.size()));
  }
  result.options.notices = std::move(notices);
  result.options.kokkos_words = std::move(kokkos_words);
  return result;
}

}  // namespace Octopole::Driver
