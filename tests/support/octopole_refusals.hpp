// SPDX-License-Identifier: BSD-3-Clause
// What a refused call has to be: std::invalid_argument in words that the caller can use, without
// work beforehand; and the plan is what it was: same facts, same options, the same bits from
// execute and check.
#ifndef OCTOPOLE_REFUSALS_HPP
#define OCTOPOLE_REFUSALS_HPP

#include <Octopole.hpp>
#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <tests/support/test_scratch.hpp>

namespace octopole_test {

using Octopole::Method;
using Octopole::Options;
using Octopole::Output;
using Octopole::outputs;
using Octopole::Plan;
using Octopole::PlanFacts;

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();

/// Operators are computed once per process.
inline Octopole::Cache cache() {
  static const Scratch scratch;
  return Octopole::Cache::read_write(scratch / "operators.h5");
}

/// Two digits by the fast method, with room in the root cube, which then is the same for all plans.
inline Options small(Method method = Method::fmm) {
  return {.digits = 2,
          .method = method,
          .leaf_capacity = 20,
          .bounding_box = Octopole::BoundingBox{.lower = {0, 0, 0}, .upper = {1, 1, 1}},
          .cache = cache()};
}

// ---- everything that can be seen of a plan --------------------------------------------------

inline auto members(const PlanFacts& f) {
  return std::tuple(f.n_sources, f.n_targets, f.digits, f.order, f.check_order, f.right_hand_sides,
                    f.method, f.m2l, f.m2l_rank, f.m2l_single, f.near_field, f.leaf_capacity,
                    f.near_over_far, f.balanced, f.root_size, f.depth, f.n_leaves, f.n_boxes,
                    f.boxes_by_level, f.largest_leaf, f.operators_source, f.pairs_p2p, f.pairs_m2l,
                    f.pairs_m2p, f.pairs_p2l, f.m2l_flops, f.plan_bytes, f.launches, f.notice);
}
inline auto members(const Options& o) {
  const auto box = o.bounding_box.value_or(Octopole::BoundingBox{});
  return std::tuple(o.digits, o.order, o.check_order, o.inner, o.outer, o.cutoff, o.m2l,
                    o.m2l_tolerance, o.m2l_rank, o.m2l_single, o.m2l_memory, o.near_field, o.method,
                    o.leaf_capacity, o.root_scale, o.balance, box.lower, box.upper, o.cache.mode(),
                    o.cache.path(), o.outputs, o.right_hand_sides, o.memory_limit, o.tune);
}

/// A View of the kind that its extents ask for. Nothing is written to it: no kernel runs but the
/// library's.
template <class X, class... Extents>
auto view_of(Extents... extents) {
  constexpr std::size_t rank = sizeof...(Extents);
  using Data = std::conditional_t<
      rank == 1, X*,
      std::conditional_t<rank == 2, X**, std::conditional_t<rank == 3, X***, X****>>>;
  return Kokkos::View<Data, Memory>(
      Kokkos::view_alloc(Kokkos::WithoutInitializing, "Octopole::test::values"),
      std::size_t(extents)...);
}

/// The same numbers for the same extents.
template <class X, class... Extents>
auto numbers(Extents... extents) {
  const auto view = view_of<X>(extents...);
  Random random(5);
  const auto host = Kokkos::create_mirror_view(Kokkos::HostSpace{}, view);
  for (std::size_t i = 0; i < host.span(); ++i) host.data()[i] = X(random() - 0.5);
  Kokkos::deep_copy(view, host);
  return view;
}

template <class View>
std::string bits(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
  return {reinterpret_cast<const char*>(host.data()), host.span() * sizeof(*host.data())};
}

/// Every bit that execute gives for the numbers above, of two outputs, and what check says of them.
template <class Kernel>
std::pair<std::string, std::string> results(Plan<Memory, Kernel>& plan) {
  using T = typename Kernel::scalar;
  using X = std::conditional_t<Octopole::is_complex<Kernel>, Kokkos::complex<T>, T>;
  const Execution exec;
  const std::size_t n = plan.facts().n_sources, m = plan.facts().n_targets;
  const int sides = plan.options().right_hand_sides;
  const auto scalars = view_of<X>(m, sides);
  const auto vectors = view_of<X>(m, 3, sides);
  const auto all = [&](const auto& charges, const auto& outputs) {
    plan.execute(exec, charges, outputs);
    exec.fence("Octopole::test");
    const std::string seen = bits(scalars) + bits(vectors);
    std::ostringstream checked;
    const auto found = plan.check(exec, charges, outputs, 5);
    for (const auto& error : found.errors) checked << std::hexfloat << error.rel_l2 << ' ';
    checked << "at " << found.targets;
    return std::pair(seen, checked.str());
  };
  if constexpr (contains(Octopole::outputs_of<Kernel>, Output::velocity))
    return all(numbers<X>(n, 3, sides), outputs().velocity(vectors).pressure(scalars));
  else
    return all(numbers<X>(n, sides), outputs().potential(scalars).gradient(vectors));
}

// ---- refusals -------------------------------------------------------------------------------

/// While it lives: kernels launched, the largest piece of memory taken, and the bytes taken and not
/// yet given back.
class Watch {
 public:
  Watch() {
    s_kernels = 0, s_largest = 0, s_held = 0;
    set(on_kernel);
    Kokkos::Tools::Experimental::set_allocate_data_callback(on_allocate);
    Kokkos::Tools::Experimental::set_deallocate_data_callback(on_deallocate);
  }
  ~Watch() {
    set(nullptr);
    Kokkos::Tools::Experimental::set_allocate_data_callback(nullptr);
    Kokkos::Tools::Experimental::set_deallocate_data_callback(nullptr);
  }
  static int kernels() { return s_kernels; }
  static std::uint64_t largest() { return s_largest; }
  static std::int64_t held() { return s_held; }

 private:
  static void on_kernel(const char*, std::uint32_t, std::uint64_t* id) {
    *id = 0;
    ++s_kernels;
  }
  static void on_allocate(Kokkos::Tools::SpaceHandle, const char*, const void*, std::uint64_t n) {
    s_largest = std::max(s_largest, n);
    s_held += std::int64_t(n);
  }
  static void on_deallocate(Kokkos::Tools::SpaceHandle, const char*, const void*, std::uint64_t n) {
    s_held -= std::int64_t(n);
  }
  static void set(void (*callback)(const char*, std::uint32_t, std::uint64_t*)) {
    Kokkos::Tools::Experimental::set_begin_parallel_for_callback(callback);
    Kokkos::Tools::Experimental::set_begin_parallel_reduce_callback(callback);
    Kokkos::Tools::Experimental::set_begin_parallel_scan_callback(callback);
  }
  static inline int s_kernels = 0;
  static inline std::uint64_t s_largest = 0;
  static inline std::int64_t s_held = 0;
};

/// What may have happened before a call is refused.
enum class Before { nothing, kernels };

/// `call` throws std::invalid_argument whose text, which is returned, has every one of the words.
inline std::string refused(Before before, const std::vector<std::string>& words,
                           const std::function<void()>& call) {
  std::string text;
  {
    const Watch watch;
    try {
      call();
      text = "nothing was refused";
    } catch (const std::invalid_argument& e) {
      text = e.what();
    }
    if (before == Before::nothing) CHECK(watch.kernels() == 0);
    CHECK(watch.largest() < std::uint64_t(1) << 30);
  }
  CAPTURE(text);
  for (const auto& word : words) {
    INFO("should name '" << word << "'");
    CHECK(text.find(word) != std::string::npos);
  }
  return text;
}

/// For the two outputs that `results` asks for, where the options name none.
template <class Kernel>
auto make_plan(const Kernel& kernel, const Points& sources, const std::optional<Points>& targets,
               Options options) {
  constexpr bool flow = contains(Octopole::outputs_of<Kernel>, Output::velocity);
  if (options.outputs == Output::none) options.outputs = flow ? Output::pressure : Output::gradient;
  const Execution exec;
  return targets ? Plan(exec, kernel, to_view(sources), to_view(*targets), options)
                 : Plan(exec, kernel, to_view(sources), options);
}

/// A plan that is to refuse something, and how it was before.
template <class Kernel>
class Subject {
 public:
  Plan<Memory, Kernel> plan;

  Subject(const Kernel& kernel, const Options& asked, const Points& sources,
          const std::optional<Points>& targets = {})
      : plan(make_plan(kernel, sources, targets, asked)), m_kernel(kernel), m_asked(asked) {
    remember();
  }

  void check_unchanged() {
    CHECK((members(plan.facts()) == m_facts));
    CHECK((members(plan.options()) == m_options));
    check_results();
  }
  std::string refuses(Before before, const std::vector<std::string>& words,
                      const std::function<void()>& call) {
    const std::string text = refused(before, words, call);
    check_unchanged();
    return text;
  }
  /// A good update gives bitwise what a new plan gives.
  void takes(const Points& points) {
    plan.update_points(Execution{}, to_view(points));
    Subject fresh(m_kernel, m_asked, points);
    REQUIRE(plan.facts().root_size == fresh.plan.facts().root_size);
    m_results = fresh.m_results;
    check_results();
    remember();
  }

 private:
  void check_results() {
    const auto [numbers_given, checked] = results(plan);
    CHECK((numbers_given == m_results.first));
    CHECK(checked == m_results.second);
  }
  void remember() {
    m_results = results(plan);
    m_facts = members(plan.facts());
    m_options = members(plan.options());
  }
  Kernel m_kernel;
  Options m_asked;
  std::pair<std::string, std::string> m_results;
  decltype(members(PlanFacts{})) m_facts;
  decltype(members(Options{})) m_options = members(Options{});
};

inline Points with(Points points, std::size_t at, int axis, double value) {
  points[at][axis] = value;
  return points;
}

}  // namespace octopole_test

#endif
