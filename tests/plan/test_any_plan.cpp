// SPDX-License-Identifier: BSD-3-Clause
// AnyPlan is a Plan whose types are chosen at run time: the same choices, the same bits, and a
// sentence for everything that a compiler would have refused.
#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <perf/judge/Octopole_Workloads.hpp>
#include <sstream>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_shared_operators.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include <tests/support/test_scratch.hpp>
#include <tests/support/test_views.hpp>

namespace {

using Octopole::AnyArray;
using Octopole::AnyOutputs;
using Octopole::AnyPlan;
using Octopole::Family;
using Octopole::KernelInfo;
using Octopole::Output;
using Octopole::OutputTerm;
using Octopole::Precision;
using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;
using Numbers = std::vector<double>;
template <class X>
using Points = Kokkos::View<X* [3], Kokkos::LayoutRight, Memory>;

constexpr std::size_t n = 3000, m = 700, sides = 2;

template <class X = double>
Points<X> points(const char* distribution, std::size_t count, int seed = 3) {
  return view_of<Points<X>>(Octopole::Workloads::make(distribution, "positive", count, seed).xyz,
                            count);
}

/// For kernels with a parameter one that is not the default.
template <class Kernel>
std::vector<double> parameters() {
  return std::vector<double>(Octopole::kernel_info(Kernel::name()).parameters.size(), 0.37);
}
template <class Kernel>
Kernel kernel() {
  Kernel k;
  for (int i = 0; i < Family<Kernel>::parameters; ++i)
    k.*Family<Kernel>::parameter(i).member = 0.37;
  return k;
}
template <class Kernel>
constexpr Precision precision_of =
    std::is_same_v<typename Kernel::scalar, float> ? Precision::float32 : Precision::float64;

/// Both plans of a comparison take their operators from there.
Octopole::Cache cache() {
  static const Scratch folder;
  return Octopole::Cache::read_write(folder / "operators.h5");
}

Octopole::Options options(Output outputs) {
  return {.digits = 3,
          .method = Octopole::Method::fmm,
          .cache = cache(),
          .outputs = outputs,
          .right_hand_sides = int(sides)};
}

/// An array of some extents and strides in memory of its own.
template <class T>
struct Store {
  Kokkos::View<T*, Memory> memory;
  std::vector<std::size_t> extents, strides;

  Store() = default;
  /// Row-major; or with the first index fastest and gaps between all elements.
  Store(const std::vector<std::size_t>& of, bool strided) : extents(of), strides(of.size()) {
    std::size_t size = strided ? 3 : 1;
    for (std::size_t i = 0; i < of.size(); ++i) {
      const std::size_t r = strided ? i : of.size() - 1 - i;
      strides[r] = size;
      size *= of[r] + (strided && i > 0);
    }
    memory = Kokkos::View<T*, Memory>("Octopole::test::store", size + 1);
  }
  AnyArray array() const { return AnyArray(memory.data(), extents, strides); }
  /// f(element, place in row-major order) for all, on the host.
  template <class F>
  void for_each(const F& f) const {
    const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), memory);
    std::size_t total = 1;
    for (const std::size_t e : extents) total *= e;
    for (std::size_t i = 0; i < total; ++i) {
      std::size_t rest = i, at = 0;
      for (std::size_t r = extents.size(); r-- > 0; rest /= extents[r])
        at += strides[r] * (rest % extents[r]);
      f(host(at), i);
    }
    Kokkos::deep_copy(memory, host);
  }
  Numbers numbers() const {
    Numbers all;
    for_each([&](T& x, std::size_t) { all.push_back(x); });
    return all;
  }
};

/// The same numbers whatever the layout.
template <class T>
Store<T> charges(const KernelInfo& info, std::size_t count, bool strided = false) {
  Store<T> q(info.charge_extents(count, sides), strided);
  q.for_each([](T& x, std::size_t i) { x = T(std::sin(1.0 + 12.9898 * double(i))); });
  return q;
}

/// A View (count[, those of the extents that are not one], sides) of a Plan's.
template <class T, int E0, int E1, int E2 = 1>
auto view(std::size_t count) {
  const char* label = "Octopole::test::view";
  using Right = Kokkos::LayoutRight;
  if constexpr (E2 > 1 && E0 > 1)
    return Kokkos::View<T****, Right, Memory>(label, count, E0, E2, sides);
  else if constexpr (E0 > 1 && E1 > 1)
    return Kokkos::View<T****, Right, Memory>(label, count, E0, E1, sides);
  else if constexpr (E0 * E1 * E2 > 1)
    return Kokkos::View<T***, Right, Memory>(label, count, E0 * E1 * E2, sides);
  else
    return Kokkos::View<T**, Right, Memory>(label, count, sides);
}

/// The View of an output, or what stands for one that is not in the Set.
template <class Kernel, Output Set, Output One>
auto output(std::size_t count) {
  using T = typename Kernel::scalar;
  if constexpr (Octopole::contains(Set, One)) {
    constexpr OutputTerm term = Family<Kernel>::term(Octopole::last_output_of<Kernel>(One));
    if constexpr (Octopole::is_complex<Kernel>)
      return view<T, term.extents[0], 1, 2>(count);
    else
      return view<T, term.extents[0], term.extents[1]>(count);
  } else {
    return Octopole::NoOutput{};
  }
}

/// What a Plan gives, by index_of the output.
using Results = std::vector<Numbers>;

template <class Kernel, Output Set, class Plan>
Results results_of_plan(Plan& plan) {
  using T = typename Kernel::scalar;
  constexpr int parts = Octopole::is_complex<Kernel> ? 2 : 1;
  const std::size_t count = plan.facts().n_targets;
  const auto numbers_of_charges =
      charges<T>(Octopole::kernel_info(Kernel::name()), plan.facts().n_sources).numbers();
  const auto empty = view<T, Family<Kernel>::charges / parts, parts>(plan.facts().n_sources);
  const auto q = empty;
  const auto host = Kokkos::create_mirror_view(q);
  for (std::size_t i = 0; i < numbers_of_charges.size(); ++i)
    host.data()[i] = T(numbers_of_charges[i]);
  Kokkos::deep_copy(q, host);
  const auto outputs =
      Octopole::outputs()
          .potential(output<Kernel, Set, Output::potential>(count))
          .gradient(output<Kernel, Set, Output::gradient>(count))
          .hessian(output<Kernel, Set, Output::hessian>(count))
          .velocity(output<Kernel, Set, Output::velocity>(count))
          .pressure(output<Kernel, Set, Output::pressure>(count))
          .velocity_gradient(output<Kernel, Set, Output::velocity_gradient>(count));
  const Exec exec;
  plan.execute(exec, q, outputs);
  exec.fence();
  Results results(Octopole::output_count);
  outputs.for_each(
      [&](Output one, const auto& v) { results[Octopole::index_of(one)] = numbers(v); });
  return results;
}

template <class T>
Results results_of_any(AnyPlan& plan, Output wanted, bool strided) {
  const Exec exec;
  const auto q = charges<T>(plan.kernel(), plan.facts().n_sources, strided);
  std::vector<Store<T>> stores(Octopole::output_count);
  AnyOutputs outputs;
  for (const Octopole::OutputInfo& one : plan.kernel().outputs) {
    if (!Octopole::contains(wanted, one.output)) continue;
    Store<T>& store = stores[Octopole::index_of(one.output)];
    store = Store<T>(plan.kernel().output_extents(one, plan.facts().n_targets, sides), strided);
    outputs[one.output] = store.array();
  }
  REQUIRE(outputs.wanted() == wanted);
  plan.execute(exec, q.array(), outputs);
  exec.fence();
  Results results;
  for (const Store<T>& store : stores)
    results.push_back(store.extents.empty() ? Numbers{} : store.numbers());
  return results;
}

/// Calls f.template operator()<Set>() for every set of the kernel's outputs but the empty one.
template <class Kernel, Output Set = Output::none, int i = 0, class F>
void for_sets_of_outputs(const F& f) {
  if constexpr (i < Family<Kernel>::n_outputs) {
    for_sets_of_outputs<Kernel, Set, i + 1>(f);
    for_sets_of_outputs<Kernel, Set | Family<Kernel>::term(i).output, i + 1>(f);
  } else if constexpr (Set != Output::none) {
    f.template operator()<Set>();
  }
}

void require_same_choices(const Octopole::PlanFacts& a, const Octopole::PlanFacts& b) {
  CHECK(a.method == "fmm");
  CHECK(a.order == b.order);
  CHECK(a.leaf_capacity == b.leaf_capacity);
  CHECK(a.n_leaves == b.n_leaves);
  CHECK(a.pairs_p2p == b.pairs_p2p);
  CHECK(a.plan_bytes == b.plan_bytes);
}

template <class Kernel, Output Set, class Plan>
void require_same_bits(Plan& plan, AnyPlan& any) {
  using T = typename Kernel::scalar;
  const Results expected = results_of_plan<Kernel, Set>(plan);
  INFO(Kernel::name() << ", " << Octopole::names_of(Set));
  CHECK(std::any_of(expected.begin(), expected.end(), [](const Numbers& x) {
    return std::any_of(x.begin(), x.end(), [](double u) { return u != 0; });
  }));
  CHECK((results_of_any<T>(any, Set, false) == expected));
  CHECK((results_of_any<T>(any, Set, true) == expected));
}

template <class Kernel>
void same_bits() {
  const Exec exec;
  constexpr Output all = Octopole::outputs_of<Kernel>;
  const auto o = options(all);
  const Octopole::AnyKernel name{Kernel::name(), parameters<Kernel>()};
  const auto x = points("sphere", n);

  Octopole::Plan plan(exec, kernel<Kernel>(), x, o);
  AnyPlan any(exec, name, precision_of<Kernel>, x, o);
  CHECK(any.kernel().name == Kernel::name());
  CHECK(any.precision() == precision_of<Kernel>);
  CHECK(any.options().order == plan.options().order);
  CHECK(any.bytes() == plan.bytes());
  require_same_choices(any.facts(), plan.facts());
  for_sets_of_outputs<Kernel>([&]<Output Set>() { require_same_bits<Kernel, Set>(plan, any); });

  // Other points, another number of them, and targets of their own.
  const auto moved = points("cube", n / 2);
  plan.update_points(exec, moved);
  any.update_points(exec, moved);
  require_same_choices(any.facts(), plan.facts());
  require_same_bits<Kernel, all>(plan, any);
  const auto y = points("cube", m, 5);
  plan.update_points(exec, x, y);
  any.update_points(exec, x, y);
  CHECK(any.facts().n_targets == m);
  require_same_bits<Kernel, all>(plan, any);

  // A new plan of coordinates in float, in columns.
  const auto xf = points<float>("cube", n), yf = points<float>("cube", m, 9);
  Kokkos::View<float* [3], Kokkos::LayoutLeft, Memory> columns("Octopole::test::columns", n);
  Kokkos::deep_copy(exec, columns, xf);
  exec.fence();
  Octopole::Plan apart(exec, kernel<Kernel>(), xf, yf, o);
  AnyPlan any_apart(exec, name, precision_of<Kernel>, columns, yf, o);
  require_same_choices(any_apart.facts(), apart.facts());
  require_same_bits<Kernel, all>(apart, any_apart);
}

#define OCTOPOLE_SAME_BITS(KERNEL)                                       \
  TEST_CASE("AnyPlan returns the bits of a Plan: " #KERNEL ", double") { \
    same_bits<Octopole::KERNEL<double>>();                               \
  }                                                                      \
  TEST_CASE("AnyPlan returns the bits of a Plan: " #KERNEL ", float") {  \
    same_bits<Octopole::KERNEL<float>>();                                \
  }
OCTOPOLE_FOR_BUILT_IN_KERNELS(OCTOPOLE_SAME_BITS)
#undef OCTOPOLE_SAME_BITS

/// What was said in refusing; empty when nothing was refused.
template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

TEST_CASE("The built-in kernels say what they take and give") {
  std::vector<std::string> lines;
  for (const KernelInfo& k : Octopole::kernel_infos()) {
    std::string line = k.name + ":";
    for (const auto& p : k.parameters)
      line += " " + p.name + " " + std::to_string(int(p.initial)) + " from " +
              std::to_string(int(p.least)) + ";";
    const auto shape = [](const std::vector<std::size_t>& extents) {
      std::string text = "(";
      for (const std::size_t e : extents)
        text.append(text.size() > 1 ? "," : "").append(std::to_string(e));
      return text.append(")");
    };
    line += " charges " + shape(k.charge_extents(9, 5));
    for (const auto& o : k.outputs)
      line += std::string(" ") + name_of(o.output) + " " + shape(k.output_extents(o, 9, 5));
    lines.push_back(line);
  }
  // These names are identifiers: programs and files keep them.
  const std::vector<std::string> expected = {
      "laplace: charges (9,5) potential (9,5) gradient (9,3,5) hessian (9,6,5)",
      "laplace dipole: charges (9,3,5) potential (9,5) gradient (9,3,5) hessian (9,6,5)",
      "yukawa: screening 1 from 0; charges (9,5) potential (9,5) gradient (9,3,5)",
      "helmholtz: wavenumber 1 from 0; charges (9,2,5) potential (9,2,5) gradient (9,3,2,5)",
      "stokeslet: charges (9,3,5) velocity (9,3,5) pressure (9,5)",
      "biot-savart: core 0 from 0; charges (9,3,5) velocity (9,3,5) velocity_gradient (9,3,3,5)",
      "charge-dipole: charges (9,4,5) potential (9,5) gradient (9,3,5) hessian (9,6,5)",
      "softened-laplace: softening 0 from 0; charges (9,5) potential (9,5) gradient (9,3,5) "
      "hessian (9,6,5)"};
  CHECK(lines == expected);
  CHECK(&Octopole::kernel_info("yukawa") == &Octopole::kernel_infos()[2]);
  CHECK(Octopole::kernel_info("helmholtz").offered() == (Output::potential | Output::gradient));
}

TEST_CASE("AnyPlan refuses kernels, parameters and options that there are not") {
  const Exec exec;
  const auto x = points("cube", 100);
  const auto refused = [&](const Octopole::AnyKernel& k, const Octopole::Options& o = {},
                           Precision p = Precision::float64) {
    return refusal([&] { AnyPlan(exec, k, p, x, o); });
  };
  CHECK(refused({"laplace", {}}) == "");
  CHECK(refused({"Laplace", {}}) ==
        "Octopole::AnyKernel: found the name 'Laplace', allowed laplace, laplace dipole, yukawa, "
        "helmholtz, stokeslet, biot-savart, charge-dipole, softened-laplace");
  CHECK(refused({"yukawa", {}}) ==
        "Octopole::AnyKernel: found 0 parameters with the kernel yukawa, allowed 1: screening");
  CHECK(refused({"stokeslet", {1.0}}) ==
        "Octopole::AnyKernel: found 1 parameters with the kernel stokeslet, allowed none");
  CHECK(refused({"helmholtz", {-1.0}}) ==
        "Octopole: kernel helmholtz: found wavenumber = -1, allowed finite numbers of at least 0");
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK(refused({"biot-savart", {bad}}).find("allowed finite numbers of at least 0") !=
          std::string::npos);
  CHECK(refused({"laplace", {}}, {.digits = 11}) ==
        "Octopole::Options::digits: found 11, allowed 1 to 10 with double");
  CHECK(refused({"laplace", {}}, {.digits = 5}, Precision::float32) ==
        "Octopole::Options::digits: found 5, allowed 1 to 4 with float");
  CHECK(refused({"yukawa", {1.0}}, {.outputs = Output::hessian}) ==
        "Octopole::Options::outputs: found hessian, allowed potential, gradient with the kernel "
        "yukawa");
}

TEST_CASE("AnyPlan refuses arrays that do not fit, before any work") {
  const Exec exec;
  const auto x = points("cube", n);
  const auto refused_points = [&](const AnyArray& sources) {
    return refusal([&] { AnyPlan(exec, {"laplace"}, Precision::float64, sources); });
  };
  const Kokkos::View<double*, Memory> numbers("Octopole::test::numbers", 12);
  CHECK(refused_points({numbers.data(), {3, 4}}) ==
        "Octopole: sources: found a View of extents (3, 4), expected (N, 3)");
  CHECK(refused_points({numbers.data(), {3}}) ==
        "Octopole: sources: found a View of extents (3), expected (N, 3)");
  const Kokkos::View<Kokkos::complex<double>* [3], Memory> waves("Octopole::test::waves", 4);
  CHECK(refused_points(waves) ==
        "Octopole: sources: found a View of extents (4, 3) of complex numbers, expected (N, 3)");
  CHECK(refused_points({}) == "Octopole: sources: found a View of extents (), expected (N, 3)");
  CHECK(refusal([&] { AnyPlan(exec, {"laplace"}, Precision::float64, x, numbers); }) ==
        "Octopole: targets: found a View of extents (12), expected (N, 3)");

  AnyPlan plan(exec, {"laplace"}, Precision::float64, x,
               {.digits = 3, .method = Octopole::Method::fmm, .cache = Octopole::Cache::off()});
  const Kokkos::View<double*, Memory> q("Octopole::test::q", n), u("Octopole::test::u", n);
  const Kokkos::View<double**, Memory> two("Octopole::test::two", n, 2);
  const Kokkos::View<float*, Memory> qf("Octopole::test::qf", n);
  const Kokkos::View<Kokkos::complex<double>*, Memory> qc("Octopole::test::qc", n);
  Kokkos::deep_copy(q, 1.0);
  Kokkos::deep_copy(u, 7.0);
  const auto refused = [&](const AnyArray& charges, const AnyOutputs& outputs) {
    return refusal([&] { plan.execute(exec, charges, outputs); });
  };
  const AnyOutputs good{{Output::potential, u}};
  CHECK(refused(qf, good) ==
        "Octopole: charges: found a View of float, expected double, the plan's precision");
  CHECK(refused(two, good) ==
        "Octopole: charges: found a View of extents (3000, 2), expected (3000)");
  CHECK(refused(qc, good) ==
        "Octopole: charges: found a View of extents (3000) of complex numbers, expected real "
        "numbers");
  CHECK(refused({}, good) == "Octopole: charges: found a View of extents (), expected (3000)");
  CHECK(refused(q, {{Output::potential, qf}}) ==
        "Octopole: potential: found a View of float, expected double, the plan's precision");
  CHECK(refused(q, {{Output::gradient, two}}) ==
        "Octopole: gradient: found a View of extents (3000, 2), expected (3000, 3)");
  CHECK(refused(q, {{Output::potential, Kokkos::View<const double*, Memory>(u)}}) ==
        "Octopole: potential: found a View of const numbers, expected one that can be written");
  CHECK(refused(q, {}) ==
        "Octopole::AnyOutputs: found none, allowed potential, gradient, hessian with the kernel "
        "laplace");
  CHECK(
      refused(q, {{Output::velocity, u}, {Output::potential, u}}) ==
      "Octopole::AnyOutputs: found potential, velocity, allowed potential, gradient, hessian with "
      "the kernel laplace");
  // The kernel offers it, this plan was not made for it.
  const Kokkos::View<double* [6], Memory> h("Octopole::test::h", n);
  CHECK(
      refused(q, {{Output::hessian, h}}) ==
      "Octopole::Plan: found hessian in Outputs; this plan was made for potential, and its digits "
      "hold for nothing further: name the outputs in Options::outputs");
  CHECK(
      refusal([&] { AnyOutputs()[Output::potential | Output::gradient]; }) ==
      "Octopole::AnyOutputs: found an array for 'potential, gradient', allowed one for each single "
      "output");
  CHECK(refusal([&] { plan.check(exec, qf, good, 10); }).find("found a View of float") !=
        std::string::npos);
  CHECK(refusal([&] { plan.update_points(exec, two); }) ==
        "Octopole: sources: found a View of extents (3000, 2), expected (N, 3)");
  exec.fence();
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), u);
  for (std::size_t i = 0; i < n; ++i) REQUIRE(host(i) == 7.0);

  // It is as good as before.
  plan.execute(exec, q, good);
  CHECK(plan.check(exec, q, good, 100)[Output::potential].rel_l2 < 1e-3);

  CHECK(refusal([&] { AnyArray(u.data(), {}); }) ==
        "Octopole::AnyArray: found 0 extents, allowed 1 to 4");
  CHECK(refusal([&] { AnyArray(u.data(), {1, 1, 1, 1, 1}); }) ==
        "Octopole::AnyArray: found 5 extents, allowed 1 to 4");
  CHECK(refusal([&] { AnyArray(u.data(), {5, 2}, {1}); }) ==
        "Octopole::AnyArray: found 1 strides, expected 2, one for each extent");
  CHECK(refusal([&] { AnyArray(static_cast<const float*>(nullptr), {5, 2}); }) ==
        "Octopole::AnyArray: found a null pointer, expected memory for (5, 2) numbers");
  CHECK(refusal([&] { AnyArray(static_cast<const float*>(nullptr), {0, 2}); }) == "");
}

TEST_CASE("AnyPlan takes sources and targets of different scalars, as Plan does") {
  const Exec exec;
  const auto x = points("plummer", n);
  const auto y = points<float>("plummer", m, 4), z = points<float>("plummer", m, 5);
  auto o = options(Output::potential);
  o.right_hand_sides = 1;
  o.cache = Octopole::Cache::off();
  const Kokkos::View<double*, Memory> q("Octopole::test::q", n), u("Octopole::test::u", m),
      direct("Octopole::test::direct", m);
  Kokkos::deep_copy(q, 0.7);
  octopole_test::forget_operators<Memory>();  // both say that operators were computed
  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, x, y, o);
  octopole_test::forget_operators<Memory>();
  AnyPlan any(exec, {"laplace"}, Precision::float64, x, y, o);
  const auto compare = [&] {
    plan.execute(exec, q, direct);
    any.execute(exec, q, {{Output::potential, u}});
    exec.fence();
    const auto a = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), u),
               b = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), direct);
    for (std::size_t i = 0; i < m; ++i) REQUIRE(a(i) == b(i));
    CHECK(a(0) > 0);
  };
  compare();
  const auto text = [](const auto& of) {
    std::ostringstream out;
    out << of;
    return out.str();
  };
  CHECK(text(any).find("700 targets") != std::string::npos);
  CHECK(text(any) == text(plan));
  plan.update_points(exec, x, z);
  any.update_points(exec, x, z);
  compare();
}

TEST_CASE("AnyPlan takes complex Views, reports what it did and can be moved") {
  const Exec exec;
  const auto x = points("cube", n);
  const auto o = options(Output::potential);
  const Kokkos::View<Kokkos::complex<double>**, Memory> q("Octopole::test::q", n, sides),
      u("Octopole::test::u", n, sides), direct("Octopole::test::direct", n, sides);
  Kokkos::deep_copy(q, Kokkos::complex<double>(0.3, -2));
  const Octopole::Helmholtz<double> wave{2.0};
  Octopole::Plan plan(exec, wave, x, o);
  AnyPlan any(exec, {"helmholtz", {2.0}}, Precision::float64, x, o);
  plan.execute(exec, q, Octopole::outputs().potential(direct));
  any.set_timing(true);
  any.execute(exec, q, Octopole::outputs().potential(u));
  exec.fence();
  const auto a = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), u),
             b = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), direct);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t r = 0; r < sides; ++r) REQUIRE(a(i, r) == b(i, r));
  CHECK(any.stage_seconds().p2p > 0);
  CHECK(any.stage_seconds().evaluate > 0);
  const auto found = any.check(exec, q, {{Output::potential, u}}, 50),
             expected = plan.check(exec, q, Octopole::outputs().potential(direct), 50);
  CHECK(found.targets == 50);
  CHECK(found[Output::potential].rel_l2 == expected[Output::potential].rel_l2);
  CHECK(found[Output::potential].rel_l2 < 1e-3);

  AnyPlan other = std::move(any);
  CHECK(other.facts().n_sources == n);
  CHECK_THROWS_AS(any.facts(), std::logic_error);
  CHECK_THROWS_AS(any.execute(exec, q, {{Output::potential, u}}), std::logic_error);
  any = std::move(other);
  any.execute(exec, q, {{Output::potential, u}});
  exec.fence();
}

TEST_CASE("An array of values may have 32 numbers per point and no more") {
  namespace Impl = Octopole::Impl;
  Impl::ArrayLayout array;
  array.rank = 3;
  const std::size_t extents[] = {5, 11, 3};
  const std::int64_t strides[] = {33, 3, 1};
  std::copy(extents, extents + 3, array.extents);
  std::copy(strides, strides + 3, array.strides);
  double numbers[165];
  CHECK(refusal([&] { Impl::values_in(numbers, array, {"gradient", 5, {11, 3}, false, 1}); }) ==
        "Octopole: gradient: found 33 numbers per point, allowed at most 32");
  array.extents[1] = 10;
  CHECK(refusal([&] { Impl::values_in(numbers, array, {"gradient", 5, {10, 3}, false, 1}); }) ==
        "");
}

}  // namespace
