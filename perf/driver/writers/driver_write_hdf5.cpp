// SPDX-License-Identifier: BSD-3-Clause
// .h5: /sources, /charges and /targets (another name of /sources where they are the same), a dataset of each
// output, each with its unit; the facts of the run as attributes of the file; and what XDMF refers to.
#include <Octopole_Config.hpp>

#include <perf/driver/writers/driver_writers.hpp>

#ifdef OCTOPOLE_HAVE_HDF5
#include <algorithm>
#include <core/precompute/Octopole_Hdf5File.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#endif

namespace Octopole::Driver {

#ifndef OCTOPOLE_HAVE_HDF5
void write_hdf5(const std::string&, const Results&) {}  // refused before
#else
namespace {

using Json = nlohmann::ordered_json;

/// One attribute per fact, "seconds.plan" within "seconds"; nothing where there is no fact (null).
void write_facts(Impl::Hdf5File& file, const std::string& name, const Json& fact) {
  if (fact.is_object())
    for (const auto& [key, value] : fact.items())
      write_facts(file, name.empty() ? key : name + "." + key, value);
  else if (fact.is_string())
    file.write_string_attribute("/", name, fact.get<std::string>());
  else if (fact.is_number_float())
    file.write_attribute("/", name, fact.get<double>());
  else if (fact.is_number() || fact.is_boolean())
    file.write_attribute(
        "/", name, fact.is_boolean() ? std::int64_t(fact.get<bool>()) : fact.get<std::int64_t>());
  else if (fact.is_array()) {
    std::string text;
    for (const Json& one : fact)
      text.append(text.empty() ? "" : ", ")
          .append(one.is_string() ? one.get<std::string>() : one.dump());
    file.write_string_attribute("/", name, text);
  }
}

/// The numbers of one part and one right-hand side, point by point. `values`: of all, of some points.
std::vector<double> gathered(const Results& r, const std::vector<double>& values, std::size_t part,
                             std::size_t side) {
  const std::size_t parts = r.kernel().parts(), sides = r.sides();
  std::vector<double> some(values.size() / (parts * sides));
  for (std::size_t i = 0; i < some.size(); ++i) some[i] = values[(i * parts + part) * sides + side];
  return some;
}

}  // namespace

void write_hdf5(const std::string& path, const Results& r) {
  auto file = Impl::Hdf5File::create(path);
  // A dataset of what `some_of` makes of the rows of an array.
  const auto put_some = [&](const std::string& dataset, int array,
                            const std::vector<std::size_t>& shape, const std::string& unit,
                            const auto& some_of) {
    file.create_rows<double>(dataset, shape);
    std::size_t first = 0;
    r.rows.for_slabs(array, [&](const std::vector<double>& rows) {
      const std::size_t n = std::min(AllRows::at_a_time, shape[0] - first);
      const std::vector<double> some = some_of(rows);
      file.write_rows(dataset, some.data(), first, n);
      first += n;
    });
    file.write_string_attribute(dataset, "units", unit);
  };
  const auto put = [&](const std::string& dataset, int array, const std::vector<std::size_t>& shape,
                       const std::string& unit) {
    put_some(dataset, array, shape, unit, [](const std::vector<double>& rows) { return rows; });
  };
  const std::size_t n = r.n_sources(), m = r.n_targets();
  put("/sources", AllRows::sources, {n, 3}, unit_of_length(r));
  put("/charges", AllRows::charges, r.options.charge_shape().extents(n), unit_of_charges(r));
  if (!r.points.has_targets())
    file.link("/sources", "/targets");
  else
    put("/targets", AllRows::targets, {m, 3}, unit_of_length(r));
  file.create_rows<std::int64_t>("/xdmf/connectivity", {m, 1});
  for (std::size_t first = 0; first < m; first += AllRows::at_a_time) {
    std::vector<std::int64_t> some(std::min(AllRows::at_a_time, m - first));
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = std::int64_t(first + i);
    file.write_rows("/xdmf/connectivity", some.data(), first, some.size());
  }
  for (const OutputInfo& output : r.outputs()) {
    const std::string unit = unit_of(r, output.output);
    const int array = AllRows::of(output.output);
    put(std::string("/") + name_of(output.output), array,
        r.kernel().output_extents(output, m, r.sides()), unit);
    const std::vector<XdmfArray> arrays = xdmf_arrays(r, output);
    if (arrays.size() > 1)
      for (std::size_t i = 0; i < arrays.size(); ++i)
        put_some(arrays[i].dataset, array, arrays[i].shape, unit,
                 [&](const std::vector<double>& rows) {
                   return gathered(r, rows, i / r.sides(), i % r.sides());
                 });
  }
  write_facts(file, "", Json::parse(r.json));
  file.write_string_attribute("/", "run", r.json);
  file.close();
}

#endif

}  // namespace Octopole::Driver
