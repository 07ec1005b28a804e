// SPDX-License-Identifier: BSD-3-Clause
// What a profiler sees of a Plan, through Kokkos Tools callbacks: every label is ours, every kernel
// runs where it was told to, and the second execute takes no memory. (After ArborX's tests
// tstKokkosToolsAnnotations and tstKokkosToolsExecutionSpaceInstances.)
#include <Octopole.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <perf/judge/Octopole_Workloads.hpp>
#include <set>
#include <string>
#include <string_view>
#include <tests/support/octopole_catch.hpp>
#include <thread>
#include <type_traits>
#include <vector>

#include <tests/support/test_scratch.hpp>
#include <tests/support/test_views.hpp>

// ---- every allocation of the process --------------------------------------------------------

// operator new is replaced, and where the C library lets us (glibc, no address sanitizer in the
// way) malloc and its relatives too: whatever any library allocates then passes here.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define OCTOPOLE_TEST_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}
#endif

namespace {

/// Memory taken while `on`. No memory of its own: it is called from inside malloc.
namespace Heap {

struct Block {
  std::atomic<void*> at;
  std::size_t size;
  bool by_new;
  std::atomic<bool> freed;
  char text[64];  ///< what was in it when it was freed
};
constexpr int most = 65536;
Block blocks[most];
std::atomic<int> count{0};
std::atomic<bool> on{false};

void taken(void* at, std::size_t size, bool by_new) {
  if (!on || at == nullptr) return;
  const int i = count++;
  if (i >= most) return;
  Block& b = blocks[i];
  b.size = size;
  b.by_new = by_new;
  b.freed = false;
  b.text[0] = 0;
  b.at = at;
}

void given_back(void* at) {
  if (!on || at == nullptr) return;
  for (int i = std::min(count.load(), most) - 1; i >= 0; --i) {
    Block& b = blocks[i];
    if (b.at != at || b.freed) continue;
    const std::size_t n = std::min(b.size, sizeof b.text - 1);
    std::memcpy(b.text, at, n);
    b.text[n] = 0;
    b.freed = true;
    return;
  }
}

void start() {
  count = 0;
  on = true;
}
void stop() {
  on = false;
}

/// The one thing that is let pass: KokkosBlas::gemm hands string literals to pushRegion and
/// parallel_for, which take a std::string. Short (< 64 bytes), made and freed within the call, and
/// recognised by the text in it. Everything else is ours, and there must be nothing else: `launch`
/// hands Kokkos, which would copy them, the labels of our kernels only where a tool listens.
bool is_label_of_kokkos_blas(const Block& b) {
  return b.by_new && b.freed && b.size < 64 && std::strncmp(b.text, "KokkosBlas::", 12) == 0;
}

}  // namespace Heap

void* raw_malloc(std::size_t size) {
#ifdef OCTOPOLE_TEST_COUNTS_MALLOC
  return __libc_malloc(size);
#else
  return std::malloc(size);
#endif
}
void* raw_memalign(std::size_t alignment, std::size_t size) {
#ifdef OCTOPOLE_TEST_COUNTS_MALLOC
  return __libc_memalign(alignment, size);
#else
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
#endif
}
void raw_free(void* at) {
#ifdef OCTOPOLE_TEST_COUNTS_MALLOC
  __libc_free(at);
#else
  std::free(at);
#endif
}

void* counted_new(std::size_t size, std::size_t alignment) {
  void* const at = alignment ? raw_memalign(alignment, size) : raw_malloc(size ? size : 1);
  if (at == nullptr) throw std::bad_alloc();
  Heap::taken(at, size, true);
  return at;
}
void counted_delete(void* at) noexcept {
  Heap::given_back(at);
  raw_free(at);
}

}  // namespace

void* operator new(std::size_t n) {
  return counted_new(n, 0);
}
void* operator new[](std::size_t n) {
  return counted_new(n, 0);
}
void* operator new(std::size_t n, std::align_val_t a) {
  return counted_new(n, std::size_t(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return counted_new(n, std::size_t(a));
}
void operator delete(void* p) noexcept {
  counted_delete(p);
}
void operator delete[](void* p) noexcept {
  counted_delete(p);
}
void operator delete(void* p, std::size_t) noexcept {
  counted_delete(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  counted_delete(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  counted_delete(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  counted_delete(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  counted_delete(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  counted_delete(p);
}

#ifdef OCTOPOLE_TEST_COUNTS_MALLOC
extern "C" {
void* malloc(std::size_t size) noexcept {
  void* const at = __libc_malloc(size);
  Heap::taken(at, size, false);
  return at;
}
void* calloc(std::size_t n, std::size_t size) noexcept {
  void* const at = __libc_calloc(n, size);
  Heap::taken(at, n * size, false);
  return at;
}
void* realloc(void* old, std::size_t size) noexcept {
  Heap::given_back(old);
  void* const at = __libc_realloc(old, size);
  Heap::taken(at, size, false);
  return at;
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  void* const at = __libc_memalign(alignment, size);
  Heap::taken(at, size, false);
  return at;
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  *out = memalign(alignment, size);
  return *out ? 0 : 12;  // ENOMEM
}
void free(void* at) noexcept {
  Heap::given_back(at);
  __libc_free(at);
}
}
#endif

namespace {

// ---- every event of Kokkos Tools ------------------------------------------------------------

struct Event {
  std::string label;
  std::uint32_t device = 0;
  std::string region;  ///< the innermost open when it came
};

/// Callbacks are plain functions: what they see goes here.
struct Recorder {
  std::vector<Event> kernels, fences;
  std::vector<std::string> regions, allocations, deallocations, copies;
  std::map<std::string, std::uint64_t> taken;  ///< bytes of all Views, by their labels
  std::uint64_t copied = 0;                    ///< bytes of all copies
  std::vector<std::string> open;
} recorder;

void on_kernel(const char* label, std::uint32_t device, std::uint64_t* id) {
  *id = 0;
  recorder.kernels.push_back({label, device, recorder.open.empty() ? "" : recorder.open.back()});
}
void on_fence(const char* label, std::uint32_t device, std::uint64_t* id) {
  *id = 0;
  // Kokkos fences before each callback, unless a tool asks for less: that is us, not the Plan.
  if (std::string_view(label).starts_with("Kokkos::Tools::")) return;
  recorder.fences.push_back({label, device, recorder.open.empty() ? "" : recorder.open.back()});
}
void on_push(const char* label) {
  recorder.regions.push_back(label);
  recorder.open.push_back(label);
}
void on_pop() {
  if (!recorder.open.empty()) recorder.open.pop_back();
}
void on_allocate(Kokkos::Tools::SpaceHandle, const char* label, const void*, std::uint64_t bytes) {
  recorder.allocations.push_back(label);
  recorder.taken[label] += bytes;
}
void on_deallocate(Kokkos::Tools::SpaceHandle, const char* label, const void*, std::uint64_t) {
  recorder.deallocations.push_back(label);
}
void on_copy(Kokkos::Tools::SpaceHandle, const char* to, const void*, Kokkos::Tools::SpaceHandle,
             const char* from, const void*, std::uint64_t bytes) {
  recorder.copies.push_back(std::string(to) + " <- " + from);
  recorder.copied += bytes;
}

/// Listens from construction to destruction.
class Listening {
 public:
  Listening() {
    recorder = {};
    set(true);
  }
  ~Listening() { set(false); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  static void set(bool on) {
    namespace Tools = Kokkos::Tools::Experimental;
    Tools::set_begin_parallel_for_callback(on ? on_kernel : nullptr);
    Tools::set_begin_parallel_reduce_callback(on ? on_kernel : nullptr);
    Tools::set_begin_parallel_scan_callback(on ? on_kernel : nullptr);
    Tools::set_begin_fence_callback(on ? on_fence : nullptr);
    Tools::set_push_region_callback(on ? on_push : nullptr);
    Tools::set_pop_region_callback(on ? on_pop : nullptr);
    Tools::set_allocate_data_callback(on ? on_allocate : nullptr);
    Tools::set_deallocate_data_callback(on ? on_deallocate : nullptr);
    Tools::set_begin_deep_copy_callback(on ? on_copy : nullptr);
  }
};

// ---- the plans looked at --------------------------------------------------------------------

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;

template <class T>
struct Problem {
  Kokkos::View<double* [3], Kokkos::LayoutRight, Memory> sources, targets;
  Kokkos::View<T*, Memory> charges, potential;
  Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient;
};

/// `m` 0: the targets are the sources.
template <class T>
Problem<T> problem(const char* distribution, std::size_t n, std::size_t m) {
  const auto made = Octopole::Workloads::make(distribution, "zero-mean", n, 3);
  const auto other = Octopole::Workloads::make(distribution, "zero-mean", m, 4);
  Problem<T> p;
  p.sources = view_of<decltype(p.sources)>(made.xyz, n);
  p.targets = view_of<decltype(p.targets)>(other.xyz, m);
  p.charges = view_of<decltype(p.charges)>(made.q, n);
  p.potential = view_of<decltype(p.potential)>({}, m ? m : n);
  p.gradient = view_of<decltype(p.gradient)>({}, m ? m : n);
  return p;
}

/// Operators are computed once per process, and not while anybody listens, except where asked.
Octopole::Cache cache() {
  static const Scratch scratch;
  return Octopole::Cache::read_write(scratch / "operators.h5");
}

Octopole::Options options(Octopole::Method method, int balance = 0,
                          Octopole::Cache operators = cache()) {
  return {.digits = 3,
          .method = method,
          .leaf_capacity = 10,
          .balance = balance,
          .cache = operators,
          .outputs = Octopole::Output::gradient};
}

template <class T>
auto make_plan(const Execution& exec, const Problem<T>& p, const Octopole::Options& o) {
  const Octopole::Laplace<T> kernel;
  return p.targets.extent(0) > 0 ? Octopole::Plan(exec, kernel, p.sources, p.targets, o)
                                 : Octopole::Plan(exec, kernel, p.sources, o);
}

template <class T>
void execute(const Execution& exec, auto& plan, const Problem<T>& p) {
  plan.execute(exec, p.charges, Octopole::outputs().potential(p.potential).gradient(p.gradient));
}

template <class Plan>
void require_all_lists(const Plan& plan) {
  const auto& f = plan.facts();
  REQUIRE(f.method == "fmm");
  REQUIRE(f.pairs_p2p > 0);
  REQUIRE(f.pairs_m2l > 0);
  REQUIRE(f.pairs_m2p > 0);
  REQUIRE(f.pairs_p2l > 0);
}

/// Ours, or made inside KokkosBlas, whose labels we cannot choose.
bool may_be_called(const std::string& label) {
  return label.starts_with("Octopole::") || label.find("KokkosBlas") != std::string::npos;
}

void check_labels(const char* what, const std::vector<std::string>& labels) {
  std::map<std::string, int> foreign;
  for (const auto& label : labels)
    if (!may_be_called(label)) ++foreign[label];
  for (const auto& [label, count] : foreign)
    FAIL_CHECK(what << " labelled '" << label << "', " << count << " times");
}
std::vector<std::string> labels(const std::vector<Event>& events) {
  std::vector<std::string> all;
  for (const auto& e : events) all.push_back(e.label);
  return all;
}

/// `global_too`: fences of everything are not asked about (while planning).
void check_instance(const Execution& exec, bool global_too) {
  const std::uint32_t own = Kokkos::Tools::Experimental::device_id(exec);
  const auto is_root = [](std::uint32_t device) {
    // A fence of everything is one of the host's threads too.
    using Kokkos::Tools::Experimental::device_id_root;
    return device == device_id_root<Execution>() ||
           device == device_id_root<Kokkos::DefaultHostExecutionSpace>();
  };
  for (const auto& k : recorder.kernels)
    if (k.device != own)
      FAIL_CHECK("kernel '" << k.label << "' on instance " << k.device << ", not on " << own);
  for (const auto& f : recorder.fences)
    if (f.device != own && !(global_too && is_root(f.device)))
      FAIL_CHECK("fence '" << f.label << "' of instance " << f.device << ", not of " << own);
}

/// An instance that is not the default one.
template <class E = Execution>
E own_instance() {
  // Parts of the OpenMP space are the space itself unless regions may be nested: make one.
  if constexpr (std::is_constructible_v<E, int>)
    return E(1);
  else
    return Kokkos::Experimental::partition_space(E{}, 1, 1).back();
}

}  // namespace

TEMPLATE_TEST_CASE("Every label of Plan, execute and update_points is ours", "", double, float) {
  const bool own_targets = GENERATE(false, true);
  const std::size_t m = own_targets ? 1500 : 0;
  const int balance = own_targets;
  const auto p = problem<TestType>("plummer", 4000, m);
  const Execution exec;
  {
    // Kokkos takes scratch of its own, under its own label, at the first launches of a process.
    auto plan = make_plan(exec, p, options(Octopole::Method::fmm, balance));
    execute(exec, plan, p);
  }
  const Listening listening;
  {
    auto plan = make_plan(exec, p, options(Octopole::Method::fmm, balance, Octopole::Cache::off()));
    REQUIRE(recorder.kernels.size() > 20);
    REQUIRE(recorder.allocations.size() > 20);
    require_all_lists(plan);
    execute(exec, plan, p);
    exec.fence("Octopole::test");
    if (m == 0)
      plan.update_points(exec, p.sources);
    else
      plan.update_points(exec, p.sources, p.targets);
    plan.set_timing(true);
    execute(exec, plan, p);
    auto direct = make_plan(exec, p, options(Octopole::Method::direct));
    execute(exec, direct, p);
    exec.fence("Octopole::test");
  }
  check_labels("kernel", labels(recorder.kernels));
  check_labels("region", recorder.regions);
  check_labels("View", recorder.allocations);
  check_labels("View given back", recorder.deallocations);
  CHECK(recorder.open.empty());
}

TEMPLATE_TEST_CASE("Every kernel runs on the instance given, execute fences nothing else", "",
                   double, float) {
  const std::size_t m = GENERATE(0, 1500);
  const auto p = problem<TestType>("filament", 4000, m);
  // Where instances have numbers of their own (devices); OpenMP's all have the same, see below.
  const Execution exec = own_instance();
  for (const auto method : {Octopole::Method::fmm, Octopole::Method::direct}) {
    make_plan(Execution{}, p, options(method));
    const Listening listening;
    auto plan = make_plan(exec, p, options(method));
    if (method == Octopole::Method::fmm) require_all_lists(plan);
    REQUIRE(recorder.kernels.size() > 10);
    check_instance(exec, true);

    for (int repeat = 0; repeat < 2; ++repeat) {
      recorder = {};
      execute(exec, plan, p);
      REQUIRE(recorder.kernels.size() >= 3);
      check_instance(exec, false);
      // Asynchronous: nobody waits for anything, not even for the own instance.
      for (const auto& f : recorder.fences) FAIL_CHECK("execute fences: '" << f.label << "'");
      CHECK(recorder.copies.empty());
    }
    // Stage times are what fences are for; they are of the own instance.
    recorder = {};
    plan.set_timing(true);
    execute(exec, plan, p);
    REQUIRE(!recorder.fences.empty());
    check_instance(exec, false);

    recorder = {};
    if (m == 0)
      plan.update_points(exec, p.sources);
    else
      plan.update_points(exec, p.sources, p.targets);
    check_instance(exec, true);
  }
}

namespace {

/// A kernel that takes until it is let go, or too long.
struct Busy {
  std::atomic<bool>* started;
  std::atomic<bool>* let_go;
  std::atomic<bool>* too_long;
  void operator()(const int) const {
    *started = true;
    for (int i = 0; i < 20000 && !*let_go; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (!*let_go) *too_long = true;
  }
};

}  // namespace

// On the host an instance does one thing at a time: whoever used the default one while it is busy
// would wait for it.
TEST_CASE("execute uses no other instance of the host") {
  if constexpr (Kokkos::SpaceAccessibility<Kokkos::HostSpace, Memory>::accessible) {
    const auto p = problem<double>("plummer", 3000, 0);
    const Execution exec = own_instance();
    if (exec == Execution{}) return;  // this backend has one instance only
    auto plan = make_plan(exec, p, options(Octopole::Method::fmm));
    require_all_lists(plan);
    std::atomic<bool> started{false}, let_go{false}, too_long{false};
    std::thread other([&] {
      using Host = Kokkos::DefaultHostExecutionSpace;  // the same, but compiled for GPUs too
      Kokkos::parallel_for("Octopole::test::busy", Kokkos::RangePolicy<Host>(Host{}, 0, 1),
                           Busy{&started, &let_go, &too_long});
    });
    while (!started) std::this_thread::yield();
    execute(exec, plan, p);
    const bool in_time = !too_long;
    let_go = true;
    other.join();
    CHECK(in_time);
  }
}

TEST_CASE("Nothing that grows with the points is copied") {
  const auto method = GENERATE(Octopole::Method::fmm, Octopole::Method::direct);
  const auto m2l = GENERATE(Octopole::M2L::fft, Octopole::M2L::blas);
  const std::size_t m = GENERATE(0, 1);  // targets of their own, as many as sources, or none
  CAPTURE(int(method), int(m2l), m);
  const Execution exec;
  constexpr std::size_t few = 2000, many = 16000;
  std::uint64_t planning[2], updating[2];
  for (int i = 0; i < 2; ++i) {
    const std::size_t n = i == 0 ? few : many;
    const auto p = problem<double>("cube", n, m * n);
    auto asked = options(method);
    asked.m2l = m2l;
    make_plan(exec, p, asked);  // its operators are cached from here on
    const Listening listening;
    auto plan = make_plan(exec, p, asked);
    planning[i] = recorder.copied;
    recorder = {};
    if (m == 0)
      plan.update_points(exec, p.sources);
    else
      plan.update_points(exec, p.sources, p.targets);
    updating[i] = recorder.copied;
    recorder = {};
    execute(exec, plan, p);
    exec.fence("Octopole::test");
    for (const auto& copy : recorder.copies) FAIL_CHECK("execute copies: " << copy);
    // The callback is heard: a copy of the points, made by hand, is what the bound below is about.
    recorder = {};
    Kokkos::deep_copy(
        exec, Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>("Octopole::test::points", n),
        p.sources);
    exec.fence("Octopole::test");
    CHECK(recorder.copied >= 3 * sizeof(double) * n);
  }
  // Tables that grow with the depth of the tree are let pass: it is one level deeper.
  constexpr std::uint64_t allowed = sizeof(float) * (many - few);
  CHECK(planning[1] <= planning[0] + allowed);
  CHECK(updating[1] <= updating[0] + allowed);
}

TEST_CASE("The launches of an execute are counted, and few") {
  const char* distribution = GENERATE("cube", "plummer");
  const auto method = GENERATE(Octopole::Method::fmm, Octopole::Method::direct);
  const auto m2l = GENERATE(Octopole::M2L::fft, Octopole::M2L::blas);
  CAPTURE(distribution, int(method), int(m2l));
  const auto p = problem<double>(distribution, 4000, 0);
  const Execution exec;
  auto asked = options(method);
  asked.m2l = m2l;
  auto plan = make_plan(exec, p, asked);
  CHECK(plan.facts().launches == 0);
  {
    const Listening listening;
    execute(exec, plan, p);
    exec.fence("Octopole::test");
    // A vendor's library launches no kernels of Kokkos', and has a region for each product.
    const auto of_vendor = std::count_if(
        recorder.regions.begin(), recorder.regions.end(),
        [](const std::string& region) { return region.starts_with("KokkosBlas::gemm[TPL_"); });
    CHECK(plan.facts().launches == recorder.kernels.size() + of_vendor);
  }
  // By pairs of boxes each transfer vector takes a product of its own.
  if (method == Octopole::Method::direct)
    CHECK(plan.facts().launches <= 10);
  else if (m2l == Octopole::M2L::fft)
    CHECK(plan.facts().launches <= std::uint64_t(10 + 6 * (plan.facts().depth + 1)));
}

TEST_CASE("Kernels with operators of their own at each level take few launches too") {
  const auto p = problem<double>("plummer", 4000, 0);
  const Execution exec;
  auto asked = options(Octopole::Method::fmm);
  asked.m2l = Octopole::M2L::fft;
  Octopole::Plan plan(exec, Octopole::Yukawa<double>{.screening = 0.5}, p.sources, asked);
  execute(exec, plan, p);
  exec.fence("Octopole::test");
  REQUIRE(plan.facts().depth >= 8);
  CHECK(plan.facts().launches <= std::uint64_t(10 + 6 * (plan.facts().depth + 1)));
}

TEST_CASE("Arrays of a new tree lie where those of an earlier one did") {
  const bool own_targets = GENERATE(false, true);
  const std::size_t n = 20000, m = own_targets ? 5000 : 0;
  const Execution exec;
  auto p = problem<double>("plummer", n, m);
  auto plan = make_plan(exec, p, options(Octopole::Method::fmm, 1));
  const auto update = [&](std::uint64_t seed) {
    const auto made = Octopole::Workloads::make("plummer", "zero-mean", n, seed);
    p.sources = view_of<decltype(p.sources)>(made.xyz, n);
    const Listening listening;
    if (own_targets)
      plan.update_points(exec, p.sources, p.targets);
    else
      plan.update_points(exec, p.sources);
    return recorder.taken;
  };
  // Two sets of arrays: those in use, and those that the next tree is built in.
  const std::uint64_t first = update(5)["Octopole::Pool"];
  update(6);
  std::uint64_t later = 0;
  for (int seed = 7; seed < 12; ++seed) later += update(seed)["Octopole::Pool"];
  REQUIRE(first > 40 * n);
  CHECK(later < first);  // all five of them, where some array has grown
}

TEST_CASE("Memory that later trees do not need is given back") {
  const Execution exec;
  const auto many = problem<double>("plummer", 20000, 0), few = problem<double>("plummer", 1000, 0);
  auto plan = make_plan(exec, many, options(Octopole::Method::fmm, 1));
  plan.update_points(exec, many.sources);
  plan.update_points(exec, few.sources);
  const auto at_first = plan.facts().plan_bytes;
  for (int i = 0; i < 3; ++i) plan.update_points(exec, few.sources);
  CHECK(plan.facts().plan_bytes + 40 * 20000 < at_first);
}

TEST_CASE("A region per stage, with the variant in its name") {
  const bool by_fft = GENERATE(false, true);
  const std::string m2l = by_fft ? "Octopole::M2L[fft]" : "Octopole::M2L[blas]";
  const auto p = problem<double>("plummer", 4000, 0);
  const Execution exec;
  auto asked = options(Octopole::Method::fmm);
  asked.m2l = by_fft ? Octopole::M2L::fft : Octopole::M2L::blas;
  auto plan = make_plan(exec, p, asked);
  require_all_lists(plan);
  std::vector<std::string> stages;
  std::set<std::string> busy;
  bool all_inside = true;
  {
    const Listening listening;
    execute(exec, plan, p);
    exec.fence("Octopole::test");
    for (const auto& region : recorder.regions)
      if (region.find("KokkosBlas") == std::string::npos &&
          (stages.empty() || stages.back() != region))
        stages.push_back(region);
    for (const auto& k : recorder.kernels) {
      all_inside = all_inside && !k.region.empty();
      busy.insert(k.region);
    }
  }
  const std::vector<std::string> each = {
      "Octopole::Permute", "Octopole::P2M", "Octopole::M2M", m2l, "Octopole::P2L", "Octopole::L2L",
      "Octopole::L2P",     "Octopole::M2P", "Octopole::P2P"};
  for (const auto& stage : each) {
    CAPTURE(stage);
    CHECK(std::count(stages.begin(), stages.end(), stage) >= 1);
    // A kernel ran in it: no stage is a name only. (M2L's and M2M's products are KokkosBlas' own.)
    CHECK(busy.count(stage) == 1);
  }
  for (const auto& stage : stages) CHECK(std::find(each.begin(), each.end(), stage) != each.end());
  CHECK(all_inside);
  REQUIRE(!stages.empty());
  CHECK(stages.front() == "Octopole::Permute");
  CHECK(stages.back() == "Octopole::Permute");
  // M2L at every level from 2 on, none of them lost.
  CHECK(std::count(stages.begin(), stages.end(), m2l) >= plan.facts().depth - 1);
}

/// Runs `again` twice; the second time nothing may take memory.
template <class F>
void require_no_memory(const F& again, bool by_blas) {
  again();

  Heap::start();
  again();
  Heap::stop();
  const int taken = Heap::count;
  REQUIRE(taken < Heap::most);
  int labels_of_blas = 0, foreign = 0;
  for (int i = 0; i < taken; ++i) {
    const auto& b = Heap::blocks[i];
    // A GPU's driver takes what it likes by malloc.
    if (!b.by_new && !Octopole::on_host<Execution>) continue;
    if (Heap::is_label_of_kokkos_blas(b))
      ++labels_of_blas;
    else if (++foreign <= 20)
      FAIL_CHECK((b.by_new ? "operator new of " : "malloc of ")
                 << b.size << " bytes, " << (b.freed ? "freed, held '" : "kept, '") << b.text
                 << "'");
  }
  CHECK(foreign == 0);
  if (!by_blas) CHECK(labels_of_blas == 0);

  std::vector<std::string> allocations, deallocations;
  {
    const Listening listening;
    again();
    allocations = recorder.allocations;
    deallocations = recorder.deallocations;
  }
  for (const auto& label : allocations) FAIL_CHECK("View '" << label << "' allocated");
  for (const auto& label : deallocations) FAIL_CHECK("View '" << label << "' given back");
}

TEMPLATE_TEST_CASE("The second execute takes no memory", "", double, float) {
  const std::size_t m = GENERATE(0, 1500);
  const char* distribution = GENERATE("plummer", "cube");
  const auto method = GENERATE(Octopole::Method::fmm, Octopole::Method::direct);
  const bool gradient = GENERATE(true, false);
  CAPTURE(m, distribution, int(method), gradient);
  const auto p = problem<TestType>(distribution, 3000, m);
  const Execution exec;
  auto plan = make_plan(exec, p, options(method));
  if (method == Octopole::Method::fmm) {
    if (std::string(distribution) == "plummer") require_all_lists(plan);
    REQUIRE(plan.facts().pairs_m2l > 0);
  }
  const auto again = [&] {
    if (gradient)
      execute(exec, plan, p);
    else
      plan.execute(exec, p.charges, p.potential);
    exec.fence("Octopole::test");
  };
  // The direct sum multiplies no matrices.
  require_no_memory(again, method != Octopole::Method::direct);
}

TEST_CASE("The second execute of an AnyPlan takes no memory") {
  const auto p = problem<float>("plummer", 3000, 1500);
  const Execution exec;
  Octopole::AnyPlan plan(exec, {"laplace"}, Octopole::Precision::float32, p.sources, p.targets,
                         options(Octopole::Method::fmm));
  const auto again = [&] {
    plan.execute(
        exec, p.charges,
        {{Octopole::Output::potential, p.potential}, {Octopole::Output::gradient, p.gradient}});
    exec.fence("Octopole::test");
  };
  require_no_memory(again, true);
}

TEST_CASE("The second execute of Stokeslets takes no memory") {
  const auto p = problem<double>("plummer", 3000, 0);
  const Execution exec;
  const Kokkos::View<double* [3], Memory> forces("Octopole::test::f", 3000),
      velocity("Octopole::test::u", 3000);
  Kokkos::deep_copy(forces, 1.0);
  auto stokeslets = options(Octopole::Method::fmm);
  stokeslets.outputs = Octopole::Output::velocity;
  stokeslets.m2l = GENERATE(Octopole::M2L::blas, Octopole::M2L::fft);
  CAPTURE(name_of(stokeslets.m2l));
  Octopole::AnyPlan plan(exec, {"stokeslet"}, Octopole::Precision::float64, p.sources, stokeslets);
  REQUIRE(plan.facts().pairs_m2l > 0);
  const auto again = [&] {
    plan.execute(exec, forces, {{Octopole::Output::velocity, velocity}});
    exec.fence("Octopole::test");
  };
  require_no_memory(again, true);
}

TEST_CASE("The counters of memory count") {
  Heap::start();
  // Volatile: a pair whose memory nobody sees may be left out by the compiler.
  double* volatile one = new double(3);
  delete one;
  void* volatile plain = std::malloc(100);
  std::free(plain);
  const Kokkos::View<double*, Memory> view("Octopole::test::view", 1000);
  Heap::stop();
  const int taken = Heap::count;
  CHECK(taken >= 2);
  bool by_new = false, by_malloc = false;
  for (int i = 0; i < taken; ++i) {
    const auto& b = Heap::blocks[i];
    by_new = by_new || (b.by_new && b.size == sizeof(double) && b.freed);
    by_malloc = by_malloc || (!b.by_new && b.size == 100 && b.freed);
    CHECK(!Heap::is_label_of_kokkos_blas(b));
  }
  CHECK(by_new);
#ifdef OCTOPOLE_TEST_COUNTS_MALLOC
  CHECK(by_malloc);
#else
  CHECK(!by_malloc);
#endif
  const Listening listening;
  {
    const Kokkos::View<double*, Memory> another("Octopole::test::another", 10);
  }
  CHECK(std::count(recorder.allocations.begin(), recorder.allocations.end(),
                   "Octopole::test::another") == 1);
}
