// SPDX-License-Identifier: BSD-3-Clause
// Each member of Options below, above and at the ends of its range.
#include <tests/support/octopole_refusals.hpp>

#include <climits>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace octopole_test;
using Octopole::Helmholtz;
using Octopole::Laplace;
using Octopole::M2L;
using Octopole::NearField;

}  // namespace

TEST_CASE("Every option out of range is refused before any work, with what is allowed") {
  struct Wrong {
    std::string option, found, allowed;
    std::function<void(Options&)> set;
  };
  using O = Options;
  const std::vector<Wrong> wrongs = {
      {"digits", "0", "1 to 10", [](O& o) { o.digits = 0; }},
      {"digits", "-1", "1 to 10", [](O& o) { o.digits = -1; }},
      {"digits", "11", "1 to 10", [](O& o) { o.digits = 11; }},
      {"digits", "99", "1 to 10", [](O& o) { o.digits = 99; }},
      {"order", "1", "2 to 14", [](O& o) { o.order = 1; }},
      {"order", "-3", "2 to 14", [](O& o) { o.order = -3; }},
      {"order", "15", "2 to 14", [](O& o) { o.order = 15; }},
      {"order", "1000", "2 to 14", [](O& o) { o.order = 1000; }},
      {"check_order", "4", "14", [](O& o) { o.order = 5, o.check_order = 4; }},
      {"check_order", "15", "14", [](O& o) { o.check_order = 15; }},
      {"check_order", "-1", "14", [](O& o) { o.check_order = -1; }},
      {"inner", "1", "above 1", [](O& o) { o.inner = 1; }},
      {"inner", "0.5", "above 1", [](O& o) { o.inner = 0.5; }},
      {"inner", "2.96", "below outer", [](O& o) { o.inner = 2.96; }},
      {"inner", "nan", "above 1", [](O& o) { o.inner = nan_; }},
      {"outer", "1", "above inner", [](O& o) { o.outer = 1; }},
      {"outer", "3", "below 3", [](O& o) { o.outer = 3; }},
      {"outer", "3.5", "below 3", [](O& o) { o.outer = 3.5; }},
      {"outer", "inf", "below 3", [](O& o) { o.outer = infinity; }},
      {"outer", "nan", "below 3", [](O& o) { o.outer = nan_; }},
      {"cutoff", "0.0001", "0.001", [](O& o) { o.cutoff = 1e-4; }},
      {"cutoff", "-4", "0.001", [](O& o) { o.cutoff = -4; }},
      {"cutoff", "1e+13", "1e12", [](O& o) { o.cutoff = 1e13; }},
      {"cutoff", "nan", "0.001", [](O& o) { o.cutoff = nan_; }},
      {"cutoff", "inf", "0.001", [](O& o) { o.cutoff = infinity; }},
      {"m2l_tolerance", "-1e-06", "0.5", [](O& o) { o.m2l_tolerance = -1e-6; }},
      {"m2l_tolerance", "1", "0.5", [](O& o) { o.m2l_tolerance = 1; }},
      {"m2l_tolerance", "nan", "0.5", [](O& o) { o.m2l_tolerance = nan_; }},
      {"m2l_rank", "-2", "-1", [](O& o) { o.m2l_rank = -2; }},
      {"m2l_rank", "100001", "-1", [](O& o) { o.m2l_rank = 100001; }},
      {"m2l", "fft with", "blas only", [](O& o) { o.m2l = M2L::fft, o.m2l_tolerance = 0.1; }},
      {"m2l", "fft with", "blas only", [](O& o) { o.m2l = M2L::fft, o.m2l_rank = 5; }},
      {"m2l_single", "2", "1 (on)", [](O& o) { o.m2l_single = 2; }},
      {"m2l_single", "-2", "1 (on)", [](O& o) { o.m2l_single = -2; }},
      {"m2l_single", "1", "fft", [](O& o) { o.m2l = M2L::blas, o.m2l_single = 1; }},
      {"leaf_capacity", "-1", "1 or more", [](O& o) { o.leaf_capacity = -1; }},
      {"root_scale", "0.5", "1 to 4", [](O& o) { o.root_scale = 0.5; }},
      {"root_scale", "4.5", "1 to 4", [](O& o) { o.root_scale = 4.5; }},
      {"root_scale", "nan", "1 to 4", [](O& o) { o.root_scale = nan_; }},
      {"balance", "2", "1 (on)", [](O& o) { o.balance = 2; }},
      {"balance", "-2", "1 (on)", [](O& o) { o.balance = -2; }},
      {"bounding_box", "2 to 1 along axis 1", "lower <= upper",
       [](O& o) { o.bounding_box = {{0, 2, 0}, {1, 1, 1}}; }},
      {"bounding_box", "0 to nan along axis 2", "finite",
       [](O& o) { o.bounding_box = {{0, 0, 0}, {1, 1, nan_}}; }},
      {"bounding_box", "-inf to 1 along axis 0", "finite",
       [](O& o) { o.bounding_box = {{-infinity, 0, 0}, {1, 1, 1}}; }},
      {"outputs", "velocity", "potential, gradient", [](O& o) { o.outputs = Output::velocity; }},
      {"right_hand_sides", "0", "1 to 1024", [](O& o) { o.right_hand_sides = 0; }},
      {"right_hand_sides", "1025", "1 to 1024", [](O& o) { o.right_hand_sides = 1025; }},
      {"tune", "true", "leaf_capacity", [](O& o) { o.tune = true; }},
  };
  const auto s = to_view(uniform(500, 1));
  const auto refuse = [&](const auto& kernel, const Options& o, const Wrong& wrong) {
    refused(Before::nothing,
            {"::" + wrong.option + ": found " + wrong.found, "allowed", wrong.allowed},
            [&] { Plan plan(Execution{}, kernel, s, o); });
  };
  for (const Wrong& wrong : wrongs)
    for (const Method method : {Method::fmm, Method::direct, Method::automatic}) {
      Options o = small(method);
      wrong.set(o);
      refuse(Laplace<double>{}, o, wrong);
      if (wrong.option != "digits" && wrong.found != "1") refuse(Helmholtz<float>{}, o, wrong);
    }
  const std::vector<Wrong> wrongs_of_float = {
      {"digits", "5", "1 to 4 with float", [](O& o) { o.digits = 5; }},
      {"m2l_single", "1", "double", [](O& o) { o.m2l_single = 1; }},
      {"near_field", "mixed", "exact or fast with float",
       [](O& o) { o.near_field = NearField::mixed; }},
      {"near_field", "rough", "exact or fast with float",
       [](O& o) { o.near_field = NearField::rough; }}};
  for (const Wrong& wrong : wrongs_of_float) {
    Options o = small();
    wrong.set(o);
    refuse(Laplace<float>{}, o, wrong);
  }
  // The ends of the ranges are allowed.
  Options o = small();
  o.digits = 4;
  Plan of_float(Execution{}, Laplace<float>{}, s, o);
  o.order = 2, o.leaf_capacity = INT_MAX, o.m2l_tolerance = 0.5, o.inner = 1.01, o.outer = 2.99;
  o.cutoff = 1e-3, o.root_scale = 4, o.balance = 1;
  Plan high(Execution{}, Laplace<double>{}, s, o);
  o.m2l_rank = 1, o.leaf_capacity = 1, o.cutoff = 1e12, o.root_scale = 1, o.balance = -1;
  Plan low(Execution{}, Laplace<double>{}, s, o);
}

TEST_CASE("A kernel's parameter out of range is refused before any work, with what is allowed") {
  const auto s = to_view(uniform(500, 1));
  const auto check = [&](const auto& make, const std::string& kernel, const std::string& name) {
    for (const auto& [value, text] : std::vector<std::pair<double, std::string>>{
             {-1, "-1"}, {-1e-300, "-1e-300"}, {nan_, "nan"}, {infinity, "inf"}})
      for (const Method method : {Method::fmm, Method::direct})
        refused(Before::nothing,
                {"kernel " + kernel + ": found " + name + " = " + text,
                 "allowed finite numbers of at least 0"},
                [&, at = value] { Plan plan(Execution{}, make(at), s, small(method)); });
    Plan at_the_end(Execution{}, make(0), s, small());
  };
  check([](double x) { return Octopole::Yukawa<double>{x}; }, "yukawa", "screening");
  check([](double x) { return Octopole::Yukawa<float>{x}; }, "yukawa", "screening");
  check([](double x) { return Helmholtz<double>{x}; }, "helmholtz", "wavenumber");
  check([](double x) { return Octopole::BiotSavart<double>{x}; }, "biot-savart", "core");
}
