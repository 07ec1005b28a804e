// SPDX-License-Identifier: BSD-3-Clause
// Every way in which the constructor, update_points, execute and check of a Plan refuse a call
// (options: test_options.cpp), and that a plan which has refused is what it was and takes the next
// good update.
#include <tests/support/octopole_refusals.hpp>
#include <tests/support/octopole_shared_operators.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace octopole_test;
using Octopole::Helmholtz;
using Octopole::Laplace;
using Octopole::M2L;
using Octopole::NearField;
using Octopole::Stokeslet;

}  // namespace

TEMPLATE_TEST_CASE("Points that cannot be planned for are refused", "", Laplace<double>,
                   Laplace<float>, Helmholtz<double>) {
  const auto method = GENERATE(Method::fmm, Method::direct);
  const bool own_targets = GENERATE(false, true);
  const Execution exec;
  const TestType kernel{};
  const Options o = small(method);
  const Points good = uniform(400, 1), more = uniform(900, 2);
  Subject<TestType> subject(kernel, o, good, own_targets ? std::optional(more) : std::nullopt);
  auto& plan = subject.plan;

  const auto refuse = [&](Before before, const auto& wrong, const std::string& of_sources,
                          const std::string& of_targets) {
    const auto right = to_view(good);
    refused(before, {of_sources}, [&] { Plan made(exec, kernel, wrong, o); });
    refused(before, {of_sources}, [&] { Plan made(exec, kernel, wrong, right, o); });
    refused(before, {of_targets}, [&] { Plan made(exec, kernel, right, wrong, o); });
    subject.refuses(before, {of_sources}, [&] { plan.update_points(exec, wrong); });
    subject.refuses(before, {of_sources}, [&] { plan.update_points(exec, wrong, right); });
    subject.refuses(before, {of_targets}, [&] { plan.update_points(exec, right, wrong); });
  };
  for (const double bad : {nan_, infinity, -infinity})
    for (const std::size_t at : {std::size_t(0), more.size() - 1})
      for (const int axis : {0, 2})
        refuse(Before::kernels, to_view(with(more, at, axis, bad)), "1 of 900 sources",
               "1 of 900 targets");
  // A side that is more than the largest double.
  const auto endless = with(with(good, 3, 1, -1.7e308), 9, 1, 1.7e308);
  refuse(Before::kernels, to_view(endless), "Octopole", "Octopole");
  refuse(Before::nothing, view_of<double>(900, 2), "sources: found a View of extents (900, 2)",
         "targets: found a View of extents (900, 2)");
  refuse(Before::nothing, view_of<float>(3, 900), "(3, 900), expected (N, 3)", "(N, 3)");
  refuse(Before::nothing, view_of<float>(0, 0), "(0, 0), expected (N, 3)", "(N, 3)");
  subject.takes(more);
}

TEST_CASE("More points than can be counted are refused before they are read") {
  const Execution exec;
  // Not there: whoever reads them dies of it.
  using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;
  double nothing = 0;
  const Kokkos::View<const double**, Kokkos::LayoutRight, Memory, Unmanaged> many(
      &nothing, std::size_t(1) << 30, 3);
  const Options o = small();
  const Points points = uniform(400, 1);
  const auto right = to_view(points);
  const Laplace<double> kernel;
  refused(Before::nothing, {"points: found 1073741824"}, [&] { Plan plan(exec, kernel, many, o); });
  refused(Before::nothing, {"points: found 1073741824"},
          [&] { Plan plan(exec, kernel, right, many, o); });
  Subject subject(kernel, o, points);
  const auto refuse = [&](const std::function<void()>& call) {
    subject.refuses(Before::nothing, {"points: found 1073741824"}, call);
  };
  refuse([&] { subject.plan.update_points(exec, many); });
  refuse([&] { subject.plan.update_points(exec, right, many); });
  subject.takes(uniform(900, 2));
}

TEST_CASE("Charges and results of wrong extents are refused before any work") {
  const auto method = GENERATE(Method::fmm, Method::direct);
  const int sides = GENERATE(1, 4);
  CAPTURE(int(method), sides);
  const Execution exec;
  Options o = small(method);
  o.right_hand_sides = sides;
  std::size_t n = 600, m = 200;
  Subject subject(Laplace<double>{}, o, uniform(600, 1), uniform(200, 2));
  auto& plan = subject.plan;
  const auto test = [&] {
    const auto q = numbers<double>(n, sides), u = numbers<double>(m, sides);
    const auto g = numbers<double>(m, 3, sides);
    const std::string untouched = bits(u) + bits(g), several = sides > 1 ? ", 4)" : ")";
    const auto refuse = [&](const char* what, const auto& found, const std::string& expected,
                            const std::function<void()>& call) {
      std::string shape = std::to_string(found.extent(0));
      for (std::size_t d = 1; d < found.rank(); ++d)
        shape += ", " + std::to_string(found.extent(d));
      subject.refuses(
          Before::nothing,
          {what, "found a View of extents (" + shape + ")", "expected (" + expected + several},
          call);
    };
    const auto charges = [&](const auto& wrong) {
      const auto call = [&](const std::function<void()>& f) {
        refuse("charges", wrong, std::to_string(n), f);
      };
      call([&] { plan.execute(exec, wrong, outputs().potential(u).gradient(g)); });
      call([&] { plan.check(exec, wrong, outputs().gradient(g), 10); });
    };
    charges(view_of<double>(n - 1, sides));
    charges(view_of<double>(n + 1, sides));
    charges(view_of<double>(n, sides + 1));
    charges(view_of<double>(n, 0));
    charges(view_of<double>(n / 3));
    charges(view_of<double>(n, 1, sides));
    charges(view_of<double>(sides, n));
    if (sides > 1) charges(view_of<double>(n));
    const auto potential = [&](const auto& wrong) {
      const auto call = [&](const std::function<void()>& f) {
        refuse("potential", wrong, std::to_string(m), f);
      };
      call([&] { plan.execute(exec, q, wrong); });
      call([&] { plan.execute(exec, q, outputs().potential(wrong).gradient(g)); });
      call([&] { plan.check(exec, q, outputs().potential(wrong), 10); });
    };
    potential(view_of<double>(m - 1, sides));
    potential(view_of<double>(m + 1, sides));
    potential(view_of<double>(m, sides + 1));
    potential(view_of<double>(m, 3, sides));
    if (sides > 1) potential(view_of<double>(m));
    const auto gradient = [&](const auto& wrong) {
      const auto call = [&](const std::function<void()>& f) {
        refuse("gradient", wrong, std::to_string(m) + ", 3", f);
      };
      call([&] { plan.execute(exec, q, outputs().potential(u).gradient(wrong)); });
      call([&] { plan.execute(exec, q, outputs().gradient(wrong)); });
      call([&] { plan.check(exec, q, outputs().gradient(wrong), 10); });
    };
    gradient(view_of<double>(3 * m));
    gradient(view_of<double>(m, sides));
    gradient(view_of<double>(m - 1, 3, sides));
    gradient(view_of<double>(m, 2, sides));
    gradient(view_of<double>(m, 3, sides + 1));
    gradient(view_of<double>(3, m, sides));
    gradient(view_of<double>(m, 1, 3, sides));
    if (sides > 1) gradient(view_of<double>(m, 3));
    CHECK((bits(u) + bits(g) == untouched));
    return u;
  };
  const auto old_results = test();
  // The extents are those of the points that the plan has now.
  const auto old_charges = numbers<double>(n, sides);
  subject.takes(uniform(900, 3));
  n = m = 900;
  test();
  subject.refuses(Before::nothing, {"charges", "(900"},
                  [&] { plan.execute(exec, old_charges, numbers<double>(m, sides)); });
  const auto q = numbers<double>(n, sides);
  subject.refuses(Before::nothing, {"potential", "(900"},
                  [&] { plan.execute(exec, q, old_results); });
  // Nothing is let pass where there is nothing to do.
  plan.update_points(exec, to_view(uniform(900, 3)), to_view({}));
  refused(Before::nothing, {"charges", "(900"},
          [&] { plan.execute(exec, old_charges, view_of<double>(0, sides)); });
  refused(Before::nothing, {"potential", "(0"}, [&] { plan.execute(exec, q, old_results); });
}

TEST_CASE("An output that was not planned for is refused before any kernel") {
  const auto method = GENERATE(Method::fmm, Method::direct);
  const Execution exec;
  Subject subject(Laplace<double>{}, small(method), uniform(600, 1));
  const auto q = numbers<double>(600), u = numbers<double>(600);
  const auto g = numbers<double>(600, 3), h = numbers<double>(600, 6);
  const std::string untouched = bits(u) + bits(g) + bits(h);
  const std::vector<std::string> words{"found hessian", "made for gradient", "Options::outputs"};
  for (int i = 0; i < 2; ++i) {
    subject.refuses(Before::nothing, words,
                    [&] { subject.plan.execute(exec, q, outputs().hessian(h)); });
    subject.refuses(Before::nothing, words,
                    [&] { subject.plan.execute(exec, q, outputs().potential(u).hessian(h)); });
    CHECK((bits(u) + bits(g) + bits(h) == untouched));
    subject.takes(uniform(600, 2));
  }
  // Options that name nothing stand for the first output.
  Plan plan(exec, Laplace<double>{}, to_view(uniform(600, 1)), small(method));
  refused(Before::nothing, {"found gradient", "made for potential", "Options::outputs"},
          [&] { plan.execute(exec, q, outputs().potential(u).gradient(g)); });
  CHECK((bits(u) + bits(g) + bits(h) == untouched));
}

namespace {

/// A plan that may take one byte is refused; one that may take what the sentence names is not, and
/// holds about as much; and it does not grow beyond.
template <class Kernel>
void check_memory_limit(const char* what, const Kernel& kernel, Options o) {
  CAPTURE(what);
  const Points points = uniform(1500, 1);
  const auto needed = [&](const Points& all) {
    const std::string text =
        refused(Before::kernels, {"memory_limit: found 1,", "at least ", " bytes"},
                [&] { make_plan(kernel, all, {}, o); });
    const auto at = text.find("at least ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + 9));
  };
  o.memory_limit = 1;
  const std::size_t n = needed(points), n_of_more = needed(uniform(9000, 2));
  REQUIRE(n > 1);
  REQUIRE(n_of_more > n);
  const auto too_much = [](std::size_t found, std::size_t allowed) {
    return std::vector<std::string>{"memory_limit: found " + std::to_string(found) + ",",
                                    "at least " + std::to_string(allowed) + " bytes"};
  };
  o.memory_limit = n - 1;
  refused(Before::kernels, too_much(n - 1, n), [&] { make_plan(kernel, points, {}, o); });
  o.memory_limit = n;
  Subject subject(kernel, o, points);
  const double held = double(subject.plan.bytes());
  CHECK(held == Approx(double(n)).epsilon(0.1));
  const auto s = to_view(points);
  {
    octopole_test::forget_operators<Execution::memory_space>();
    const Watch watch;
    const auto plan = make_plan(kernel, points, {}, o);
    CHECK(held == Approx(double(watch.held())).epsilon(0.1));
  }
  // What an update needs may differ a little from what a new plan does.
  const auto more = to_view(uniform(9000, 2));
  subject.refuses(Before::kernels, {"memory_limit: found " + std::to_string(n) + ",", "at least "},
                  [&] { subject.plan.update_points(Execution{}, more); });
  subject.refuses(Before::kernels, {"memory_limit: found " + std::to_string(n) + ",", "at least "},
                  [&] { subject.plan.update_points(Execution{}, s, more); });
  // As deep a tree: an order that was probed for more levels would be kept.
  subject.takes(uniform(1400, 3));
}

/// Any of the options' members changed.
Options changed(void (*change)(Options&)) {
  Options o = small();
  change(o);
  return o;
}

}  // namespace

TEST_CASE("More memory than allowed is refused, all that a plan holds") {
  using O = Options;
  const Laplace<double> laplace;
  SECTION("fft") {
    check_memory_limit("fft", laplace, changed([](O& o) { o.m2l_single = 0; }));
  }
  SECTION("fft in single precision") {
    check_memory_limit("fft in single", laplace, changed([](O& o) { o.m2l_single = 1; }));
  }
  SECTION("blas") {
    check_memory_limit("blas", laplace, changed([](O& o) { o.m2l = M2L::blas; }));
  }
  SECTION("direct") {
    check_memory_limit("direct", laplace, small(Method::direct));
  }
  SECTION("near field in float") {
    check_memory_limit("mixed", laplace, changed([](O& o) { o.near_field = NearField::mixed; }));
  }
  SECTION("four right-hand sides") {
    check_memory_limit("four", laplace, changed([](O& o) { o.right_hand_sides = 4; }));
  }
  SECTION("balanced, with Hessian") {
    check_memory_limit("balanced", laplace,
                       changed([](O& o) { o.balance = 1, o.outputs = Output::hessian; }));
  }
  SECTION("float") {
    check_memory_limit("float", Laplace<float>{}, small());
  }
  SECTION("complex") {
    check_memory_limit("complex", Helmholtz<double>{2}, small());
  }
  SECTION("four columns") {
    check_memory_limit("Stokeslet", Stokeslet<double>{}, small());
  }
}

TEST_CASE("An update that the probe refuses leaves the plan as it was") {
  const Points points = uniform(2000, 1);
  Points many = uniform(6000, 2), few = uniform(300, 3);
  for (auto* next : {&many, &few})
    for (auto& p : *next) p = scaled(p, 40);
  Options o = small();
  o.leaf_capacity = 40;
  Subject subject(Helmholtz<double>{8}, o, points);
  const std::vector<std::string> words{"helmholtz", "found a relative error of ", "2 digits",
                                       "waves of this length are too short"};
  const auto refuse = [&](const auto&... next) {
    subject.refuses(Before::kernels, words,
                    [&] { subject.plan.update_points(Execution{}, to_view(next)...); });
  };
  refused(Before::kernels, words, [&] { make_plan(Helmholtz<double>{8}, many, {}, o); });
  refuse(many);
  refuse(few);
  refuse(points, few);
  subject.takes(uniform(1500, 4));
}

TEST_CASE("Columns of boxes that an int cannot count are refused before memory is taken for them") {
  // Pairs of points that only small boxes tell apart, so that there are many boxes of few points:
  // four columns for each of 1024 right-hand sides reach 2^31 with 524,288 boxes. Their charges
  // alone would take 20 GB: no piece of memory may be as large as 1 GB before this is refused.
  Points pairs;
  for (const auto& p : uniform(42000, 1)) {
    pairs.push_back(p);
    pairs.push_back({p[0], p[1] + (p[1] < 0.5 ? 4e-6 : -4e-6), p[2]});
  }
  Options o = small();
  o.order = 2, o.leaf_capacity = 1, o.right_hand_sides = 1024;
  const std::vector<std::string> words{"right_hand_sides: found 1024", "2^31"};
  const Stokeslet<float> kernel;
  refused(Before::kernels, words, [&] { make_plan(kernel, pairs, {}, o); });
  Subject subject(kernel, o, uniform(20, 2));
  const auto many = to_view(pairs);
  subject.refuses(Before::kernels, words, [&] { subject.plan.update_points(Execution{}, many); });
  subject.takes(uniform(30, 3));
}

TEST_CASE("A plan that was moved from says so, whatever it is asked for") {
  const Execution exec;
  const Points points = uniform(400, 1);
  Subject subject(Laplace<double>{}, small(), points);
  const auto s = to_view(points);
  const auto q = numbers<double>(400), u = numbers<double>(400);
  auto& from = subject.plan;
  Plan to = std::move(from);
  const std::vector<std::pair<const char*, std::function<void()>>> members = {
      {"execute", [&] { from.execute(exec, q, u); }},
      {"execute with Outputs", [&] { from.execute(exec, q, outputs().potential(u)); }},
      {"check", [&] { from.check(exec, q, outputs().potential(u), 10); }},
      {"update_points", [&] { from.update_points(exec, s); }},
      {"update_points with targets", [&] { from.update_points(exec, s, s); }},
      {"set_timing", [&] { from.set_timing(true); }},
      {"stage_seconds", [&] { from.stage_seconds(); }},
      {"facts", [&] { from.facts(); }},
      {"options", [&] { from.options(); }},
      {"bytes", [&] { from.bytes(); }},
      {"operator<<", [&] { std::ostringstream() << from; }}};
  const std::string untouched = bits(u);
  for (const auto& [name, call] : members) {
    CAPTURE(name);
    std::string text;
    const Watch watch;
    try {
      call();
    } catch (const std::logic_error& e) {
      text = e.what();
    }
    CHECK(text == "Octopole::Plan: this plan was moved from");
    CHECK(watch.kernels() == 0);
  }
  CHECK((bits(u) == untouched));
  // Both work again: what took the plan, and what is assigned to.
  from = std::move(to);
  subject.check_unchanged();
  subject.takes(uniform(900, 2));
}

namespace {

/// Stops a thread that launches a first kernel, until it is let go.
struct Gate {
  static inline std::thread::id held;
  static inline std::atomic<bool> reached{false}, open{false};
  static void on_kernel(const char*, std::uint32_t, std::uint64_t* id) {
    *id = 0;
    if (std::this_thread::get_id() != held || reached.exchange(true)) return;
    // Not for ever: a second call may be one that waits for the first.
    for (int i = 0; i < 3000 && !open; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};

/// Calls `second` from another thread while this one is in the middle of `first`; what the second
/// threw.
std::string thrown_during(const std::function<void()>& first, const std::function<void()>& second) {
  Gate::reached = Gate::open = false;
  std::string thrown;
  std::thread other([&] {
    while (!Gate::reached) std::this_thread::yield();
    try {
      second();
    } catch (const std::logic_error& e) {
      thrown = e.what();
    }
    Gate::open = true;
  });
  Gate::held = std::this_thread::get_id();
  Kokkos::Tools::Experimental::set_begin_parallel_for_callback(Gate::on_kernel);
  first();
  Kokkos::Tools::Experimental::set_begin_parallel_for_callback(nullptr);
  other.join();
  return thrown;
}

}  // namespace

TEST_CASE("Two host threads in one plan are a detected error") {
  const auto method = GENERATE(Method::fmm, Method::direct);
  const Execution exec;
  Subject subject(Laplace<double>{}, small(method), uniform(900, 1));
  auto& plan = subject.plan;
  const auto q = numbers<double>(900), u = numbers<double>(900), v = numbers<double>(900);
  const auto both = Octopole::outputs().potential(u).gradient(numbers<double>(900, 3));
  const auto next = to_view(uniform(900, 2));
  const std::string untouched = bits(v);
  const std::vector<std::pair<const char*, std::function<void()>>> calls = {
      {"execute", [&] { plan.execute(exec, q, v); }},
      // Of a plan that another thread is at not even the extents are known.
      {"execute with other extents", [&] { plan.execute(exec, numbers<double>(901), v); }},
      {"check", [&] { plan.check(exec, q, outputs().potential(v), 10); }},
      {"update_points", [&] { plan.update_points(exec, next); }},
      {"update_points with targets", [&] { plan.update_points(exec, next, next); }}};
  plan.execute(exec, q, both);
  exec.fence("Octopole::test");
  const std::string expected = bits(u);
  for (const auto& [name, second] : calls) {
    CAPTURE(name);
    Kokkos::deep_copy(u, 0.0);
    const std::string thrown = thrown_during(
        [&] {
          plan.execute(exec, q, both);
          exec.fence("Octopole::test");
        },
        second);
    CHECK(thrown.find("another host thread") != std::string::npos);
    CHECK((bits(u) == expected));
    CHECK((bits(v) == untouched));
    subject.check_unchanged();
    // Nor does it disturb an update.
    const std::string during_update =
        thrown_during([&] { plan.update_points(exec, next); }, second);
    CHECK(during_update.find("another host thread") != std::string::npos);
    CHECK((bits(v) == untouched));
    subject.takes(uniform(900, 1));
  }
}
