// SPDX-License-Identifier: BSD-3-Clause
// The extension octopole._core: what the Python files of the package are written on. Its types are in _core.pyi.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <Octopole_Config.hpp>
#include <core/plan/Octopole_OptionNames.hpp>
#include <python_plan.hpp>

namespace nb = nanobind;
using namespace nb::literals;

namespace Octopole::Python {
namespace {

static_assert(
    Kokkos::SpaceAccessibility<Kokkos::DefaultExecutionSpace, Kokkos::HostSpace>::accessible,
    "octopole for Python: arrays of numpy's lie in the host's memory, which this "
    "Kokkos' default execution space does not reach: build for processors");

using Corners = std::pair<std::array<double, 3>, std::array<double, 3>>;

std::vector<std::string> names_in(Output outputs) {
  std::vector<std::string> names;
  for (int i = 0; i < output_count; ++i)
    if (contains(outputs, output_at(i))) names.emplace_back(name_of(output_at(i)));
  return names;
}

void bind_options(nb::module_& m) {
  nb::class_<Options> options(m, "Options");
  options.def(nb::init<>())
      .def_rw("digits", &Options::digits)
      .def_rw("order", &Options::order)
      .def_rw("check_order", &Options::check_order)
      .def_rw("inner", &Options::inner)
      .def_rw("outer", &Options::outer)
      .def_rw("cutoff", &Options::cutoff)
      .def_rw("m2l_tolerance", &Options::m2l_tolerance)
      .def_rw("m2l_rank", &Options::m2l_rank)
      .def_rw("m2l_single", &Options::m2l_single)
      .def_rw("m2l_memory", &Options::m2l_memory)
      .def_rw("leaf_capacity", &Options::leaf_capacity)
      .def_rw("root_scale", &Options::root_scale)
      .def_rw("balance", &Options::balance)
      .def_rw("right_hand_sides", &Options::right_hand_sides)
      .def_rw("memory_limit", &Options::memory_limit)
      .def_rw("tune", &Options::tune);
  // What has an enumerator in C++ goes by its word.
  options
      .def_prop_rw(
          "m2l", [](const Options& o) { return std::string(word_of(o.m2l)); },
          [](Options& o, const std::string& word) { o.m2l = m2l_named(word); })
      .def_prop_rw(
          "near_field", [](const Options& o) { return std::string(word_of(o.near_field)); },
          [](Options& o, const std::string& word) { o.near_field = near_field_named(word); })
      .def_prop_rw(
          "method", [](const Options& o) { return std::string(word_of(o.method)); },
          [](Options& o, const std::string& word) { o.method = method_named(word); })
      .def_prop_rw(
          "outputs", [](const Options& o) { return names_in(o.outputs); },
          [](Options& o, const std::vector<std::string>& names) {
            o.outputs = Output::none;
            for (const std::string& name : names) o.outputs |= output_named(name);
          });
  options
      .def_prop_rw(
          "bounding_box",
          [](const Options& o) -> std::optional<Corners> {
            if (!o.bounding_box) return std::nullopt;
            return Corners(o.bounding_box->lower, o.bounding_box->upper);
          },
          [](Options& o, const std::optional<Corners>& corners) {
            o.bounding_box.reset();
            if (corners) o.bounding_box = BoundingBox{corners->first, corners->second};
          },
          nb::arg().none())
      .def_prop_rw(
          "cell",
          [](const Options& o) -> std::optional<double> {
            if (!o.periodic) return std::nullopt;
            return o.periodic->cell;
          },
          [](Options& o, const std::optional<double>& cell) {
            o.periodic.reset();
            if (cell) o.periodic = Periodic{.cell = *cell};
          },
          nb::arg().none())
      .def("cache_off", [](Options& o) { o.cache = Cache::off(); })
      .def("cache_read", [](Options& o) { o.cache = Cache::read_only(); })
      .def("cache_write",
           [](Options& o, const std::string& path) { o.cache = Cache::read_write(path); });
}

void bind_facts(nb::module_& m) {
  nb::class_<PlanFacts>(m, "Facts", "What a plan decided and found out.")
      .def_ro("n_sources", &PlanFacts::n_sources)
      .def_ro("n_targets", &PlanFacts::n_targets)
      .def_ro("digits", &PlanFacts::digits)
      .def_ro("order", &PlanFacts::order)
      .def_ro("check_order", &PlanFacts::check_order)
      .def_ro("right_hand_sides", &PlanFacts::right_hand_sides)
      .def_ro("method", &PlanFacts::method)
      .def_ro("m2l", &PlanFacts::m2l)
      .def_ro("m2l_rank", &PlanFacts::m2l_rank)
      .def_ro("m2l_single", &PlanFacts::m2l_single)
      .def_ro("near_field", &PlanFacts::near_field)
      .def_ro("leaf_capacity", &PlanFacts::leaf_capacity)
      .def_ro("near_over_far", &PlanFacts::near_over_far)
      .def_ro("balanced", &PlanFacts::balanced)
      .def_ro("root_size", &PlanFacts::root_size)
      .def_ro("depth", &PlanFacts::depth)
      .def_ro("n_leaves", &PlanFacts::n_leaves)
      .def_ro("n_boxes", &PlanFacts::n_boxes)
      .def_ro("boxes_by_level", &PlanFacts::boxes_by_level)
      .def_ro("largest_leaf", &PlanFacts::largest_leaf)
      .def_ro("operators_source", &PlanFacts::operators_source)
      .def_ro("pairs_p2p", &PlanFacts::pairs_p2p)
      .def_ro("pairs_m2l", &PlanFacts::pairs_m2l)
      .def_ro("pairs_m2p", &PlanFacts::pairs_m2p)
      .def_ro("pairs_p2l", &PlanFacts::pairs_p2l)
      .def_ro("plan_bytes", &PlanFacts::plan_bytes)
      .def_ro("launches", &PlanFacts::launches)
      .def_ro("notice", &PlanFacts::notice);
}

void bind_kernels(nb::module_& m) {
  m.def("kernels", [] {
    nb::list kernels;
    for (const KernelInfo& info : kernel_infos()) {
      nb::list parameters, outputs;
      for (const ParameterInfo& p : info.parameters)
        parameters.append(nb::make_tuple(p.name, p.initial, p.least));
      for (const OutputInfo& one : info.outputs) {
        nb::list shape;
        for (const std::size_t extent : one.extents)
          if (extent > 1) shape.append(extent);
        outputs.append(nb::make_tuple(name_of(one.output), nb::tuple(shape)));
      }
      kernels.append(nb::make_tuple(info.name, nb::tuple(parameters), info.charge_components,
                                    info.complex, nb::tuple(outputs)));
    }
    return nb::tuple(kernels);
  });
}

void bind_plan(nb::module_& m) {
  nb::class_<Plan>(m, "Plan")
      .def(nb::init<const std::string&, const std::vector<double>&, bool, const ReadArray&,
                    const std::optional<ReadArray>&, const Options&>(),
           "kernel"_a, "parameters"_a, "single"_a, "sources"_a, "targets"_a.none(), "options"_a)
      .def("execute", &Plan::execute, "charges"_a, "results"_a)
      .def("check", &Plan::check, "charges"_a, "results"_a, "samples"_a)
      .def("update_points", &Plan::update_points, "sources"_a, "targets"_a.none())
      .def("set_timing", &Plan::set_timing, "on"_a)
      .def("stage_seconds", &Plan::stage_seconds)
      .def("facts", &Plan::facts)
      .def("options", &Plan::options)
      .def("description", &Plan::description)
      .def("shape", &Plan::shape, "output"_a);
}

}  // namespace
}  // namespace Octopole::Python

NB_MODULE(_core, m) {
  using namespace Octopole::Python;
  m.attr("version") = OCTOPOLE_VERSION;
  m.def(
      "start",
      [](int threads) {
        const Turn turn;
        start(threads);
      },
      "threads"_a);
  m.def("threads", [] {
    const Turn turn;
    start(0);
    return Kokkos::DefaultExecutionSpace().concurrency();
  });
  m.def("end", [] {
    const Turn turn;
    end();
  });
  bind_options(m);
  bind_facts(m);
  bind_kernels(m);
  bind_plan(m);
  // Before the interpreter takes its modules apart, and after all its threads but daemons have ended.
  nb::module_::import_("atexit").attr("register")(m.attr("end"));
  nb::set_leak_warnings(false);  // a plan may live on in a module that is never taken apart
}
