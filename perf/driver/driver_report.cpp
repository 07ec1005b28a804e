// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_report.hpp>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include <perf/driver/driver_check.hpp>
#include <perf/driver/driver_error.hpp>
#include <perf/driver/driver_version.hpp>

namespace Octopole::Driver {
namespace {

using Json = nlohmann::ordered_json;

/// Coulomb's constant of charges in e and distances in Angstrom, kJ/mol.
constexpr double coulomb_constant = 1389.35457644;
constexpr double four_pi = 12.566370614359172954;

std::string points_name(const Options& o) {
  if (o.input.empty()) return o.distribution;
  return o.input == "-" ? "standard input" : std::filesystem::path(o.input).filename().string();
}
std::string charges_name(const Options& o) {
  return o.input.empty() ? o.charges : "file";
}

double rate(double amount, double seconds) {
  return seconds > 0 ? amount / seconds : 0;
}

double m2l_gflops(const Result& r) {
  return rate(r.facts.m2l_flops, r.seconds.m2l) * 1e-9;
}
double pairs_per_second(const Result& r) {
  return rate(static_cast<double>(r.facts.pairs_p2p), r.seconds.p2p);
}
double points_per_second(const Result& r) {
  return rate(static_cast<double>(r.facts.n_targets), r.seconds.evaluate);
}

/// 1/2 sum_i q_i phi_i; the library's potentials carry the factor 1/(4 pi).
double coulomb_energy(const Result& r) {
  return 0.5 * coulomb_constant * four_pi * r.charge_times_potential;
}

Json error_json(const Result& r) {
  Json error{{"targets", r.error ? Json(r.error->targets) : Json(nullptr)}};
  for (int i = 0; i < output_count; ++i) {
    const Output one = output_at(i);
    const std::string name = name_of(one);
    const bool known = r.error && (*r.error)[one];
    error[name + "_rel_l2"] = known ? Json((*r.error)[one]->relative_l2) : Json(nullptr);
    error[name + "_max"] = known ? Json((*r.error)[one]->maximum) : Json(nullptr);
  }
  return error;
}

/// The value of a parameter of the kernel's; null of other kernels'.
Json parameter_json(const Options& o, const char* name) {
  for (const ParameterInfo& one : o.kernel_info().parameters)
    if (one.name == name) return o.parameter(name);
  return nullptr;
}
Json outputs_json(const Options& o) {
  Json names = Json::array();
  for (const OutputInfo& one : o.kernel_info().outputs)
    if (contains(o.outputs, one.output)) names.push_back(name_of(one.output));
  return names;
}

std::string format(const char* form, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char* form, ...) {
  char line[512];
  va_list values;
  va_start(values, form);
  std::vsnprintf(line, sizeof line, form, values);
  va_end(values);
  return line;
}

std::string row(const char* name, const std::string& value) {
  return format("  %-22s%s\n", name, value.c_str());
}

/// Why all pairs were summed.
std::string why_direct(const PlanFacts& f) {
  if (f.direct_pairs == 0) return "as asked for";
  return format("which is faster for these %.3g pairs (up to %.3g)",
                static_cast<double>(f.pairs_p2p), static_cast<double>(f.direct_pairs));
}

std::string kernel_text(const Options& o) {
  const KernelInfo& kernel = o.kernel_info();
  std::string text = kernel.name;
  for (const ParameterInfo& one : kernel.parameters)
    text += " (" + one.name + format(" %g)", o.parameter(one.name));
  return text + ", " + o.precision + ", " + names_of(o.outputs);
}

/// Least, mean and most seconds of several ranks, and what they sent each other; null where there is one.
Json ranks_json(const Result& r) {
  if (!r.over_ranks) return nullptr;
  Json json{{"n", r.over_ranks->ranks},
            {"bytes_sent", r.over_ranks->bytes_sent},
            {"messages_sent", r.over_ranks->messages_sent},
            {"ghosts", r.facts.n_ghosts},
            {"imbalance", r.over_ranks->imbalance},
            {"imbalance_of_work", r.facts.imbalance}};
  for (const Stage& wait : waits) json["seconds_waited"][wait.name] = r.seconds.*wait.seconds;
  for (const auto& [name, seconds] : {std::pair("seconds_least", &r.over_ranks->least),
                                      std::pair("seconds_mean", &r.over_ranks->mean)})
    for (const Stage& stage : stages) json[name][stage.name] = (*seconds).*stage.seconds;
  return json;
}

}  // namespace

bool has_coulomb_energy(const Options& o, const PointSet& points) {
  return points.molecule && !points.has_targets() && o.kernel == "laplace" &&
         contains(o.outputs, Output::potential);
}

std::string json_text(const Options& o, const Result& r) {
  const PlanFacts& f = r.facts;
  const StageSeconds& s = r.seconds;
  Json json;
  json["n_sources"] = f.n_sources;
  json["n_targets"] = f.n_targets;
  json["distribution"] = points_name(o);
  json["charges"] = charges_name(o);
  json["kernel"] = o.kernel;
  json["dipole"] = o.dipole;
  for (const char* name : {"screening", "wavenumber", "core", "softening"})
    json[name] = parameter_json(o, name);
  json["outputs"] = outputs_json(o);
  json["rhs"] = o.right_hand_sides;
  json["precision"] = o.precision;
  json["digits"] =
      o.digits ? Json(*o.digits) : Json(nullptr);  // not asked where the order is given
  json["order"] = f.order;
  json["check_order"] = f.check_order;
  json["method"] = f.method;
  json["m2l"] = f.m2l;
  json["m2l_rank"] = f.m2l_rank;
  json["m2l_single"] = f.m2l_single;
  json["near_field"] = f.near_field;
  json["near_over_far"] = f.near_over_far;
  json["leaf_capacity"] = f.leaf_capacity;
  json["root_size"] = f.root_size;
  json["cell"] = o.cell ? Json(*o.cell) : Json(nullptr);
  json["periodic"] = o.cell ? Json(o.axes) : Json(nullptr);
  json["depth"] = f.depth;
  json["n_leaves"] = f.n_leaves;
  json["boxes_by_level"] = f.boxes_by_level;
  json["backend"] = r.backend;
  json["threads"] = r.threads;
  json["operators_source"] = f.operators_source;
  for (const Stage& stage : stages) {
    json["seconds"][stage.name] = s.*stage.seconds;
    if (stage.seconds == &StageSeconds::operators)
      json["seconds"]["update"] = r.update_seconds ? Json(*r.update_seconds) : Json(nullptr);
  }
  json["ranks"] = ranks_json(r);
  json["error"] = error_json(r);
  json["pairs"] = {
      {"p2p", f.pairs_p2p}, {"m2l", f.pairs_m2l}, {"m2p", f.pairs_m2p}, {"p2l", f.pairs_p2l}};
  json["launches"] = f.launches;
  json["rates"] = {{"points_per_second", points_per_second(r)},
                   {"p2p_pairs_per_second", pairs_per_second(r)},
                   {"m2l_gflops", m2l_gflops(r)}};
  json["memory"] = {{"peak_rss_bytes", r.peak_rss_bytes}, {"plan_bytes", f.plan_bytes}};
  json["version"] = version();
  json["git"] = git_revision();
  // A file name need not be UTF-8; JSON has to be.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string table_text(const Options& o, const PointSet& points, const Result& r,
                       const std::vector<std::string>& written) {
  const PlanFacts& f = r.facts;
  const StageSeconds& s = r.seconds;
  std::string t = "configuration\n";
  t += row("points", printable(points_name(o)) +
                         format(", %zu sources, %zu targets", f.n_sources, f.n_targets));
  const bool one_side = o.right_hand_sides == 1;
  t += row("charges", charges_name(o) + (points.molecule ? " (e; coordinates in Angstrom)" : "") +
                          (one_side ? "" : format(", %d right-hand sides", o.right_hand_sides)));
  t += row("kernel", kernel_text(o));
  if (o.cell)
    t += row("cell", format("a cube of side %.9g that repeats along %s", *o.cell, o.axes.c_str()));
  const std::string asked = o.digits ? format("digits %d: ", *o.digits) : "";
  if (f.method == "fmm") {
    t += row("accuracy", asked + format("order %d, check order %d", f.order, f.check_order));
    t += row("method", "fmm, M2L " + f.m2l + (f.m2l_single ? " (single)" : "") +
                           (f.m2l_rank > 0 ? format(" (rank %d)", f.m2l_rank) : "") +
                           ", near field " + f.near_field +
                           ", operators from: " + f.operators_source);
  } else {
    t += row("accuracy", asked + "a direct sum, exact but for rounding");
    t += row("method", "direct, " + why_direct(f));
  }
  t += row("runs on",
           (r.over_ranks ? format("%d ranks, each ", r.over_ranks->ranks) : std::string()) +
               r.backend + format(", %d threads", r.threads));
  t += row("version", version() + " (git " + git_revision() + ")");

  if (f.method == "fmm") {
    t += "tree\n";
    t += row("leaves", format("%zu, at most %d points each (largest %zu)", f.n_leaves,
                              f.leaf_capacity, f.largest_leaf));
    t += row("depth", format("%d, root cube %.6g wide, 2:1 balance %s", f.depth, f.root_size,
                             f.balanced ? "on" : "off"));
    t += row("pairs", format("P2P %llu, M2L %llu, M2P %llu, P2L %llu",
                             static_cast<unsigned long long>(f.pairs_p2p),
                             static_cast<unsigned long long>(f.pairs_m2l),
                             static_cast<unsigned long long>(f.pairs_m2p),
                             static_cast<unsigned long long>(f.pairs_p2l)));
  }
  t += r.over_ranks ? "seconds                   minimum     mean  maximum, over the ranks\n"
                    : "seconds\n";
  for (const Stage& stage : stages) {
    const bool of_direct = stage.seconds == &StageSeconds::plan ||
                           stage.seconds == &StageSeconds::evaluate ||
                           stage.seconds == &StageSeconds::p2p;
    if (f.method != "fmm" && !of_direct) continue;
    t += row(stage.title, r.over_ranks
                              ? format("%9.4f%9.4f%9.4f", r.over_ranks->least.*stage.seconds,
                                       r.over_ranks->mean.*stage.seconds, s.*stage.seconds)
                              : format("%9.4f", s.*stage.seconds));
  }
  if (r.over_ranks) {
    t += "seconds waited, in these\n";
    for (const Stage& wait : waits)
      t += row(wait.title, format("%9.4f%9.4f%9.4f", r.over_ranks->least.*wait.seconds,
                                  r.over_ranks->mean.*wait.seconds, s.*wait.seconds));
  }
  t += "rates\n";
  t += row("points", format("%.4g per second", points_per_second(r)));
  t += row("P2P pairs", format("%.4g per second", pairs_per_second(r)));
  if (f.method == "fmm") t += row("M2L", format("%.4g GF/s", m2l_gflops(r)));
  t += row("kernels",
           format("%llu launched by an evaluate", static_cast<unsigned long long>(f.launches)));
  if (r.over_ranks)
    t += row(
        "ranks",
        format(
            "%.4g MB sent by an evaluate in %zu messages, near pairs %.2f times the mean at most",
            1e-6 * static_cast<double>(r.over_ranks->bytes_sent), r.over_ranks->messages_sent,
            r.over_ranks->imbalance));
  t += row("memory", format(r.over_ranks ? "%.3g GB at most on a rank, a plan %.3g GB"
                                         : "%.3g GB at most, of it the plan %.3g GB",
                            1e-9 * static_cast<double>(r.peak_rss_bytes),
                            1e-9 * static_cast<double>(f.plan_bytes)));

  if (r.error) {
    t += format("error against %s, %zu targets%s%s\n",
                o.cell ? "Ewald's double sum" : "a direct double sum", r.error->targets,
                has_halves(o, points) ? " (the worse of the whole and its halves)" : "",
                one_side ? "" : " (the worst right-hand side)");
    for (const OutputInfo& one : o.kernel_info().outputs)
      if (const auto& e = (*r.error)[one.output])
        t += row(name_of(one.output),
                 format("%.2e relative L2, %.2e maximum / RMS", e->relative_l2, e->maximum));
  }
  if (has_coulomb_energy(o, points)) {
    t += "molecule\n";
    t += row("Coulomb energy",
             format("%.8g kJ/mol%s", coulomb_energy(r), o.cell ? " of a cell" : ""));
    t += row("", format("1/2 sum q_i q_j / r_ij over all i != j, times %.8f kJ/mol Angstrom / e^2",
                        coulomb_constant));
  }
  if (!written.empty()) t += "written\n";
  for (const std::string& name : written) t += "  " + printable(name) + "\n";
  return t;
}

std::string shortfall(const Options& o, const Result& r) {
  std::string text;
  const auto add = [&](Output output, const std::string& what) {
    text += (text.empty() ? "" : "; ") + (name_of(output) + (": " + what));
  };
  for (const OutputInfo& one : o.kernel_info().outputs) {
    if (!contains(o.outputs, one.output)) continue;
    const std::size_t wrong = r.not_finite[index_of(one.output)];
    if (wrong > 0) {
      const std::size_t numbers = r.facts.n_targets * one.components() * o.kernel_info().parts() *
                                  std::size_t(o.right_hand_sides);
      add(one.output, format("%zu of %zu numbers are not finite", wrong, numbers));
      continue;
    }
    if (!r.error || !o.digits) continue;
    const auto& error = (*r.error)[one.output];
    // Not error > promise: a NaN is above it.
    if (error && !(error->relative_l2 <= std::pow(10.0, -*o.digits)))
      add(one.output,
          format("found a relative error of %.2g at %zu targets, above the 1e-%d that the digits "
                 "promise",
                 error->relative_l2, r.error->targets, *o.digits));
  }
  return text;
}

}  // namespace Octopole::Driver
