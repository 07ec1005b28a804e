// SPDX-License-Identifier: BSD-3-Clause
// The C interface of octopole.h: what was given as AnyPlan takes it, and exceptions as statuses with a text.
#include <octopole.h>

#include <Kokkos_Core.hpp>
#include <Octopole_Config.hpp>
#include <core/plan/Octopole_AnyPlan.hpp>
#include <core/plan/Octopole_OptionNames.hpp>

#include <algorithm>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the handle of octopole.h stands for.
struct octopole_plan {
  Octopole::AnyPlan plan;  ///< the one of C++
  std::string text;        ///< its last description
};

namespace {

using namespace Octopole;

thread_local std::string last_error;
bool started_here = false;

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("octopole: " + what);
}

/// Runs `work` and says by a status how it ended.
template <class Work>
int guarded(const Work& work) {
  try {
    work();
    return OCTOPOLE_SUCCESS;
  } catch (const std::invalid_argument& e) {
    last_error = e.what();
    return OCTOPOLE_BAD_ARGUMENT;
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "octopole: an exception of unknown kind";
  }
  return OCTOPOLE_FAILURE;
}

void expect_kokkos() {
  if (!Kokkos::is_initialized() || Kokkos::is_finalized())
    refuse("Kokkos does not run, expected a call of octopole_initialize before");
}

template <class Number>
AnyArray array_of(const octopole_array& a) {
  const std::vector<std::size_t> extents(a.extents, a.extents + a.rank);
  const std::vector<std::size_t> strides(a.strides, a.strides + a.rank);
  const bool dense =
      std::all_of(strides.begin(), strides.end(), [](std::size_t s) { return s == 0; });
  Number* const data = static_cast<Number*>(a.data);
  return dense ? AnyArray(data, extents) : AnyArray(data, extents, strides);
}

AnyArray any_array(const octopole_array* a, const char* what) {
  if (!a) refuse(std::string(what) + ": found a null pointer, expected an octopole_array");
  if (a->rank < 1 || a->rank > 4)
    refuse(std::string(what) + ": found rank " + std::to_string(a->rank) + ", allowed 1 to 4");
  switch (a->type) {
    case OCTOPOLE_FLOAT:
      return array_of<float>(*a);
    case OCTOPOLE_DOUBLE:
      return array_of<double>(*a);
    case OCTOPOLE_FLOAT_COMPLEX:
      return array_of<Kokkos::complex<float>>(*a);
    case OCTOPOLE_DOUBLE_COMPLEX:
      return array_of<Kokkos::complex<double>>(*a);
  }
  refuse(std::string(what) + ": found type " + std::to_string(a->type) +
         ", allowed OCTOPOLE_FLOAT (0) to OCTOPOLE_DOUBLE_COMPLEX (3)");
}

Output outputs_listed(std::string_view list) {
  Output outputs = Output::none;
  for (;;) {
    const std::size_t end = list.find(',');
    std::string_view name = list.substr(0, end);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    outputs |= output_named(name);
    if (end == list.npos) return outputs;
    list.remove_prefix(end + 1);
  }
}

Options options_of(const octopole_options& given) {
  Options options;
  options.digits = given.digits;
  options.order = given.order;
  options.right_hand_sides = given.right_hand_sides;
  if (given.outputs) options.outputs = outputs_listed(given.outputs);
  if (given.method) options.method = method_named(given.method);
  if (given.cache)
    options.cache =
        std::string_view(given.cache) == "off" ? Cache::off() : Cache::read_write(given.cache);
  return options;
}

Periodic periodic_of(const octopole_cell& cell) {
  Periodic periodic;
  periodic.cell = cell.side;
  const bool all = cell.axes[0] == 0 && cell.axes[1] == 0 && cell.axes[2] == 0;
  for (std::size_t d = 0; d < 3; ++d) {
    if (cell.axes[d] != 0 && cell.axes[d] != 1)
      refuse("axes of a cell: found " + std::to_string(cell.axes[d]) + ", allowed 0 and 1");
    periodic.lower[d] = cell.lower[d];
    periodic.axes[d] = all || cell.axes[d] == 1;
  }
  if (cell.in_vacuum != 0 && cell.in_vacuum != 1)
    refuse("in_vacuum of a cell: found " + std::to_string(cell.in_vacuum) + ", allowed 0 and 1");
  if (cell.in_vacuum == 1) periodic.surroundings = Surroundings::vacuum;
  return periodic;
}

octopole_plan& known(octopole_plan* plan) {
  if (!plan) refuse("found a null pointer, expected a plan by octopole_plan_create");
  return *plan;
}

}  // namespace

extern "C" {

int octopole_initialize(int threads) {
  return guarded([&] {
    if (threads < 0) refuse("found " + std::to_string(threads) + " threads, allowed 0 and more");
    if (Kokkos::is_finalized()) refuse("Kokkos has ended, and it starts only once in a program");
    if (Kokkos::is_initialized()) return;
    Kokkos::InitializationSettings settings;
    if (threads > 0) settings.set_num_threads(threads);
    Kokkos::initialize(settings);
    started_here = true;
  });
}

void octopole_finalize(void) {
  if (std::exchange(started_here, false) && !Kokkos::is_finalized()) Kokkos::finalize();
}

const char* octopole_version(void) {
  return OCTOPOLE_VERSION;
}

const char* octopole_error(void) {
  return last_error.c_str();
}

octopole_options octopole_default_options(void) {
  const Options options;
  return {options.digits, options.order, options.right_hand_sides, nullptr, nullptr, nullptr};
}

int octopole_plan_create(octopole_plan** plan, const char* kernel, const double* parameters,
                         int n_parameters, int precision, const octopole_array* sources,
                         const octopole_array* targets, const octopole_options* options) {
  return octopole_plan_create_periodic(plan, kernel, parameters, n_parameters, precision, sources,
                                       targets, options, nullptr);
}

int octopole_plan_create_periodic(octopole_plan** plan, const char* kernel,
                                  const double* parameters, int n_parameters, int precision,
                                  const octopole_array* sources, const octopole_array* targets,
                                  const octopole_options* options, const octopole_cell* cell) {
  return guarded([&] {
    expect_kokkos();
    if (!plan || !kernel || (n_parameters > 0 && !parameters))
      refuse("found a null pointer, expected a plan, a kernel and its parameters");
    if (n_parameters < 0) refuse("found " + std::to_string(n_parameters) + " parameters");
    if (precision != OCTOPOLE_FLOAT && precision != OCTOPOLE_DOUBLE)
      refuse("found the precision " + std::to_string(precision) +
             ", allowed OCTOPOLE_FLOAT (0) and OCTOPOLE_DOUBLE (1)");
    const AnyKernel named{kernel, {parameters, parameters + n_parameters}};
    const Precision of = precision == OCTOPOLE_FLOAT ? Precision::float32 : Precision::float64;
    const octopole_options defaults = octopole_default_options();
    Options chosen = options_of(options ? *options : defaults);
    if (cell) chosen.periodic = periodic_of(*cell);
    const AnyPlan::ExecutionSpace exec;
    const AnyArray x = any_array(sources, "sources");
    *plan =
        targets
            ? new octopole_plan{AnyPlan(exec, named, of, x, any_array(targets, "targets"), chosen),
                                {}}
            : new octopole_plan{AnyPlan(exec, named, of, x, chosen), {}};
  });
}

int octopole_plan_execute(octopole_plan* plan, const octopole_array* charges, int n_outputs,
                          const char* const* names, const octopole_array* results) {
  return guarded([&] {
    expect_kokkos();
    if (n_outputs < 1 || !names || !results)
      refuse("found no outputs, expected the name and the array of one or more");
    AnyOutputs outputs;
    for (int i = 0; i < n_outputs; ++i) {
      if (!names[i]) refuse("found a null pointer, expected the name of an output");
      outputs[output_named(names[i])] = any_array(&results[i], names[i]);
    }
    const AnyPlan::ExecutionSpace exec;
    known(plan).plan.execute(exec, any_array(charges, "charges"), outputs);
    exec.fence("octopole_plan_execute");
  });
}

int octopole_plan_update_points(octopole_plan* plan, const octopole_array* sources,
                                const octopole_array* targets) {
  return guarded([&] {
    expect_kokkos();
    const AnyPlan::ExecutionSpace exec;
    const AnyArray x = any_array(sources, "sources");
    if (targets)
      known(plan).plan.update_points(exec, x, any_array(targets, "targets"));
    else
      known(plan).plan.update_points(exec, x);
  });
}

const char* octopole_plan_description(octopole_plan* plan) {
  if (!plan) return nullptr;
  const int status = guarded([&] {
    std::ostringstream text;
    text << plan->plan;
    plan->text = text.str();
  });
  return status == OCTOPOLE_SUCCESS ? plan->text.c_str() : nullptr;
}

void octopole_plan_destroy(octopole_plan* plan) {
  delete plan;
}

}  // extern "C"
