// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_options.hpp>

#include <Octopole_Config.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>

#include <perf/driver/driver_check_cells.hpp>
#include <perf/driver/driver_error.hpp>
#include <perf/judge/Octopole_Workloads.hpp>

namespace Octopole::Driver {
namespace {

constexpr int largest_digits_double = 10, largest_digits_single = 4;
constexpr int least_order = 2, largest_order = 14;
constexpr int default_digits = 6;
constexpr int most_right_hand_sides = 1024;
constexpr std::size_t largest_n = 1'000'000'000;

std::string found(const Setting& setting) {
  return setting.text.empty() ? "nothing" : in_quotes(setting.text);
}

std::string one_of(const std::vector<std::string>& words) {
  std::string text = words.size() > 1 ? "one of " : "";
  for (std::size_t i = 0; i < words.size(); ++i) text += (i ? ", " : "") + words[i];
  return text;
}

/// Digits only: no sign but '-', no blanks, no remainder.
template <class Integer>
std::optional<Integer> as_integer(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<double> as_real(std::string_view text) {
  double value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

/// Looks settings up and judges them one by one.
class Reader {
 public:
  explicit Reader(const Settings& settings) : m_settings(settings) {}

  const Setting* get(const std::string& name) const {
    const auto it = m_settings.find(name);
    return it == m_settings.end() ? nullptr : &it->second;
  }

  template <class Integer>
  std::optional<Integer> integer(const std::string& name, Integer least, Integer largest,
                                 const std::string& also = "") const {
    const Setting* s = get(name);
    if (!s) return {};
    const auto value = as_integer<Integer>(s->text);
    if (!value || *value < least || *value > largest)
      throw BadInput(
          s->place, found(*s),
          "an integer from " + std::to_string(least) + " to " + std::to_string(largest) + also);
    return value;
  }

  /// As `integer`, but 1e6 is fine too.
  std::optional<std::size_t> count(const std::string& name, std::size_t largest,
                                   const std::string& also = "") const {
    const Setting* s = get(name);
    if (!s) return {};
    const auto value = as_real(s->text);
    if (!value || *value < 1 || *value > static_cast<double>(largest) ||
        std::floor(*value) != *value)
      throw BadInput(s->place, found(*s), "an integer from 1 to " + std::to_string(largest) + also);
    return static_cast<std::size_t>(*value);
  }

  std::optional<double> real_between(const std::string& name, double low, double high,
                                     const std::string& expected) const {
    const Setting* s = get(name);
    if (!s) return {};
    const auto value = as_real(s->text);
    if (!value || !(*value > low) || !(*value < high))
      throw BadInput(s->place, found(*s), expected);
    return value;
  }

  std::optional<double> real_at_least_zero(const std::string& name) const {
    const Setting* s = get(name);
    if (!s) return {};
    const auto value = as_real(s->text);
    if (!value || !(*value >= 0)) throw BadInput(s->place, found(*s), "a number of at least 0");
    return value;
  }

  std::optional<std::string> word(const std::string& name,
                                  const std::vector<std::string>& words) const {
    const Setting* s = get(name);
    if (!s) return {};
    if (std::find(words.begin(), words.end(), s->text) == words.end())
      throw BadInput(s->place, found(*s), one_of(words));
    return s->text;
  }

  std::optional<std::string> file(const std::string& name) const {
    const Setting* s = get(name);
    if (!s) return {};
    if (s->text.empty()) throw BadInput(s->place, "nothing", "the name of a file");
    return s->text;
  }

  void only_one(const std::string& a, const std::string& b) const {
    const Setting *first = get(a), *second = get(b);
    if (first && second)
      throw BadInput(second->place, "it beside " + first->place, "only one of the two");
  }

 private:
  const Settings& m_settings;
};

template <class Array>
std::vector<std::string> words(const Array& names) {
  return {std::begin(names), std::end(names)};
}

template <class T>
void assign(T& to, std::optional<T> from) {
  if (from) to = std::move(*from);
}

void read_points(const Reader& read, Options& o) {
  for (const char* other : {"distribution", "n", "seed", "charges"}) read.only_one("input", other);
  assign(o.input, read.file("input"));
  for (const char* of_input : {"format", "particles", "frame"})
    if (const Setting* s = read.get(of_input); s && o.input.empty())
      throw BadInput(s->place, "it without --input", "it beside --input");
  assign(o.choice.format, read.word("format", words(input_formats)));
  if (const Setting* s = read.get("particles")) {
    if (s->text.empty()) throw BadInput(s->place, "nothing", "the name of a group of particles");
    o.choice.particles = s->text;
  }
  o.choice.frame = read.integer<std::size_t>("frame", 0, largest_n);
  assign(o.distribution, read.word("distribution", words(Workloads::distributions)));
  assign(o.n, read.count("n", largest_n));
  assign(o.seed, read.integer<std::uint64_t>("seed", 0, std::numeric_limits<std::uint64_t>::max()));
  assign(o.charges, read.word("charges", words(Workloads::charge_laws)));
  assign(o.targets, read.file("targets"));
  if (o.input == "-" && o.targets == "-")
    throw BadInput("--targets", "the standard input, which --input reads", "a file");
  assign(o.right_hand_sides, read.integer<int>("rhs", 1, most_right_hand_sides));
}

/// Refuses an option that belongs to other kernels.
void only_with(const Reader& read, const std::string& name, const std::string& kernel,
               const std::vector<std::string>& kernels) {
  const Setting* s = read.get(name);
  if (!s || std::find(kernels.begin(), kernels.end(), kernel) != kernels.end()) return;
  std::string names;
  for (std::size_t i = 0; i < kernels.size(); ++i)
    names += (i == 0 ? "" : i + 1 < kernels.size() ? ", " : " or ") + kernels[i];
  throw BadInput(s->place, "it with the kernel " + kernel, "--kernel " + names);
}

Output listed_outputs(const Setting& list, const KernelInfo& kernel) {
  const std::string offered =
      "one or more of " + names_of(kernel.offered()) + ", which " + kernel.name + " offers";
  Output outputs = Output::none;
  for (std::string_view rest = list.text;;) {
    const std::size_t end = rest.find(',');
    const std::string_view word = rest.substr(0, end);
    const auto found_output =
        std::find_if(kernel.outputs.begin(), kernel.outputs.end(),
                     [&](const OutputInfo& one) { return word == name_of(one.output); });
    if (found_output == kernel.outputs.end())
      throw BadInput(list.place, word.empty() ? found(list) : in_quotes(word), offered);
    if (contains(outputs, found_output->output))
      throw BadInput(list.place, in_quotes(word) + " more than once", "each at most once");
    outputs |= found_output->output;
    if (end == rest.npos) return outputs;
    rest.remove_prefix(end + 1);
  }
}

void read_kernel(const Reader& read, Options& o) {
  assign(o.kernel, read.word("kernel", kernel_options()));
  only_with(read, "dipole", o.kernel, {"laplace"});
  o.dipole = read.get("dipole") != nullptr;
  for (const KernelInfo& kernel : kernel_infos())
    for (const ParameterInfo& one : kernel.parameters)
      only_with(read, one.name, o.kernel, {kernel.name});
  assign(o.screening, read.real_at_least_zero("screening"));
  assign(o.wavenumber, read.real_at_least_zero("wavenumber"));
  assign(o.core, read.real_at_least_zero("core"));
  assign(o.softening, read.real_at_least_zero("softening"));

  read.only_one("gradient", "outputs");
  only_with(read, "gradient", o.kernel, kernel_options(Output::gradient));
  const KernelInfo& kernel = o.kernel_info();
  o.outputs = kernel.outputs[0].output;
  if (read.get("gradient")) o.outputs = Output::potential | Output::gradient;
  if (const Setting* s = read.get("outputs")) o.outputs = listed_outputs(*s, kernel);
}

void read_accuracy(const Reader& read, Options& o) {
  read.only_one("digits", "order");
  assign(o.precision, read.word("precision", {"double", "single"}));
  const bool single = o.precision == "single";
  const int most = single ? largest_digits_single : largest_digits_double;
  o.digits =
      read.integer<int>("digits", 1, most, single ? " (all that single precision holds)" : "");
  o.order = read.integer<int>("order", least_order, largest_order);
  if (!o.digits && !o.order) o.digits = std::min(default_digits, most);
  o.check_order = read.integer<int>("check-order", least_order, largest_order);
  if (o.check_order && (!o.order || *o.check_order < *o.order)) {
    const Setting& s = *read.get("check-order");
    throw BadInput(
        s.place, found(s),
        o.order ? "at least the order, " + std::to_string(*o.order) : "the order beside it");
  }
  o.inner = read.real_between("inner", 1, 3, "a number between 1 and 3");
  o.outer = read.real_between("outer", o.inner.value_or(1), 3,
                              "a number above the inner radius and below 3");
}

void read_method(const Reader& read, Options& o) {
  assign(o.m2l, read.word("m2l", {"auto", "blas", "fft"}));
  if (const auto precision = read.word("m2l-precision", {"auto", "double", "single"}))
    o.m2l_single = *precision == "single" ? 1 : *precision == "double" ? 0 : -1;
  assign(o.m2l_memory_mb, read.count("m2l-memory", 1'000'000));
  assign(o.near_field, read.word("near-field", {"auto", "exact", "fast", "mixed", "rough"}));
  assign(o.method, read.word("method", {"auto", "fmm", "direct"}));
  read.only_one("m2l-tolerance", "m2l-rank");
  o.m2l_tolerance = read.real_between("m2l-tolerance", 0, 1, "a number between 0 and 1");
  if (const Setting* s = read.get("m2l-rank")) {
    constexpr int coefficients = 6 * (largest_order - 1) * (largest_order - 1) + 2;
    o.m2l_rank =
        s->text == "full" ? -1 : *read.integer<int>("m2l-rank", 1, coefficients, ", or full");
  }
  const bool single = o.precision == "single", by_products = o.m2l_tolerance || o.m2l_rank;
  if (const Setting* s = read.get("m2l-precision");
      s && o.m2l_single == 1 && (single || o.m2l == "blas" || by_products))
    throw BadInput(s->place, found(*s), "auto or double but for M2L fft under --precision double");
  if (const Setting* s = read.get("near-field");
      s && single && (o.near_field == "mixed" || o.near_field == "rough"))
    throw BadInput(s->place, found(*s), "auto, exact or fast with --precision single");
  if (const Setting* s = read.get("leaf-capacity"); s && s->text != "auto")
    o.leaf_capacity = *read.integer<int>("leaf-capacity", 1, 1'000'000, ", or auto");
  assign(o.root_scale, read.real_between("root-scale", 0.999999, 4.000001, "a number from 1 to 4"));
  if (const auto balance = read.word("balance", {"on", "off", "auto"}))
    o.balance = *balance == "on" ? 1 : *balance == "off" ? 0 : -1;
  o.tune = read.get("tune") != nullptr;
  if (const Setting* s = read.get("tune"); s && (o.leaf_capacity != 0 || o.method == "direct"))
    throw BadInput(s->place, "it beside a leaf capacity or --method direct", "a tree to choose");
  assign(o.cache, read.file("cache"));
}

/// A cell, and what goes with one; what else does not is the library's to say.
void read_cell(const Reader& read, Options& o) {
  o.cell = read.real_between("cell", 0, 1e90, "a number above 0");
  assign(o.axes, read.word("periodic", {"x", "y", "z", "xy", "xz", "yz", "xyz"}));
  o.cell_of_input = read.get("periodic") && !o.cell;
  if (o.cell_of_input && o.input.empty())
    throw BadInput(read.get("periodic")->place, "it without --cell",
                   "the side of the cell beside it");
  if (!o.repeats()) return;
  for (const char* name : {"periodic", "cell"})
    only_with(
        read, name, o.kernel,
        {"laplace", "stokeslet", "biot-savart", "yukawa", "charge-dipole", "softened-laplace"});
  const Setting* check = read.get("check");
  if (!check) return;
  if (o.axes != "xyz")
    throw BadInput(check->place, "it beside --periodic " + o.axes,
                   "--periodic xyz, of which Ewald's sum is written");
  const Output judged = judged_in_cells(o);
  if (!contains(judged, o.outputs))
    throw BadInput(check->place, "it of " + names_of(o.outputs) + " beside --cell",
                   names_of(judged) + ", of which Ewald's sum is written");
}

void read_run(const Reader& read, Options& o) {
  if (const Setting* s = read.get("check"))
    o.check = s->text == "all" ? largest_n : *read.count("check", largest_n, ", or all");
  assign(o.threads, read.integer<int>("threads", 1, 9999));
  assign(o.repeat, read.integer<int>("repeat", 1, 1000));
  assign(o.plans, read.integer<int>("plans", 1, 1000));
  assign(o.updates, read.integer<int>("updates", 1, 1000));
  o.quiet = read.get("quiet") != nullptr;
  assign(o.json, read.file("json"));
  assign(o.output, read.file("output"));
  if (const Setting* s = read.get("output")) {
    const std::string extension = lower_case_extension(s->text);
    if (extension != "h5" && extension != "csv" && extension != "npz")
      throw BadInput(s->place, in_quotes(s->text), "a file name that ends in .h5, .csv or .npz");
#ifndef OCTOPOLE_HAVE_HDF5
    if (extension == "h5")
      throw BadInput(s->place, ".h5 in a build without HDF5",
                     "a build with OCTOPOLE_ENABLE_HDF5=ON, or .csv or .npz");
#endif
  }
}

}  // namespace

Options validate(const Settings& settings) {
  const Reader read(settings);
  Options o;
  read_points(read, o);
  read_kernel(read, o);
  read_accuracy(read, o);
  read_method(read, o);
  read_cell(read, o);
  read_run(read, o);
  return o;
}

}  // namespace Octopole::Driver
