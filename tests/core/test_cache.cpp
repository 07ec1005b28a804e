// SPDX-License-Identifier: BSD-3-Clause
// The operator cache: what goes in comes out bit for bit, and nothing else is ever trusted.
#include <Octopole.hpp>
#include <Octopole_Config.hpp>
#include <core/plan/impl/Octopole_OperatorSets.hpp>
#include <core/precompute/Octopole_OperatorCache.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/octopole_shared_operators.hpp>
#include <tests/support/octopole_test_kernels.hpp>
#include <tests/support/test_scratch.hpp>
#include <vector>

#ifdef OCTOPOLE_HAVE_HDF5
#include <hdf5.h>
#include <sys/wait.h>
#include <unistd.h>

#include <core/precompute/Octopole_Hdf5File.hpp>
#endif

namespace {

namespace fs = std::filesystem;
using Octopole::Cache;
using Octopole::Laplace;
using Octopole::Options;
using octopole_test::Execution;
using octopole_test::Memory;
using octopole_test::Random;
using octopole_test::Yukawa;

constexpr int n_points = 500;

// Sets an environment variable, and puts it back.
class Variable {
 public:
  Variable(const char* name, const char* value) : m_name(name) {
    if (const char* old = std::getenv(name)) m_old = old, m_had = true;
    if (value)
      setenv(name, value, 1);
    else
      unsetenv(name);
  }
  ~Variable() {
    if (m_had)
      setenv(m_name, m_old.c_str(), 1);
    else
      unsetenv(m_name);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* m_name;
  std::string m_old;
  bool m_had = false;
};

// The spec and options that all tests here share: small, and deep enough for every operator.
Octopole::OperatorSpec spec_of(int order = 3) {
  Octopole::OperatorSpec spec;
  spec.cutoff = Octopole::Accuracy::cutoff<Laplace<double>>(order);
  spec.order = spec.check_order = order;
  spec.m2l_tolerance = 1e-6;
  return spec;
}

Options options_of(const Cache& cache, int order = 3) {
  return {.digits = 4,  // float allows no more
          .order = order,
          .m2l_tolerance = 1e-6,
          .method = Octopole::Method::fmm,
          .leaf_capacity = 10,
          .cache = cache};
}

struct Run {
  std::vector<double> potential;
  Octopole::PlanFacts facts;
};

// One FMM of few points, with a cache.
template <class Kernel>
Run run_again(const Kernel& kernel, const Options& options) {
  const Execution exec;
  const auto x = octopole_test::to_view(octopole_test::clustered(n_points, 1));
  using Values = Kokkos::View<typename Kernel::scalar*, Memory>;
  const Values q("Octopole::test::q", n_points), u("Octopole::test::u", n_points);
  const auto host = Kokkos::create_mirror_view(q);
  Random random(2);
  for (int i = 0; i < n_points; ++i) host(i) = static_cast<typename Kernel::scalar>(random() - 0.5);
  Kokkos::deep_copy(q, host);
  Octopole::Plan plan(exec, kernel, x, options);
  plan.execute(exec, q, u);
  exec.fence();
  const auto values = octopole_test::to_vector(u);
  return {{values.begin(), values.end()}, plan.facts()};
}

// One FMM of few points, with a cache, as the first of its process would be.
template <class Kernel>
Run run(const Kernel& kernel, const Options& options) {
  octopole_test::forget_operators<Memory>();
  return run_again(kernel, options);
}

Run run(const Cache& cache, int order = 3) {
  return run(Laplace<double>{}, options_of(cache, order));
}

// Bitwise the same results. Not `==` in a CHECK, which would print them all.
bool bitwise(const Run& a, const Run& b) {
  return a.potential.size() == b.potential.size() &&
         std::memcmp(a.potential.data(), b.potential.data(), a.potential.size() * sizeof(double)) ==
             0;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A kernel that somebody edited without changing its name.
struct EditedLaplace : Laplace<double> {
  EditedLaplace rescaled(double) const { return *this; }
  template <class V, class Q>
  KOKKOS_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                 V (&u)[1]) const {
    u[0] = u[0] + Octopole::inverse_sqrt(V(dx * dx + dy * dy + dz * dz)) * V(Q(2) * q[0]);
  }
};

}  // namespace

TEST_CASE("cache: the default place is the one of the XDG specification") {
  {
    const Variable xdg("XDG_CACHE_HOME", "/somewhere/cache"), home("HOME", "/home/someone");
    CHECK(Octopole::OperatorCache::file(Cache::read_only()) ==
          "/somewhere/cache/octopole/operators.h5");
    CHECK(Octopole::OperatorCache::file(Cache::read_write("a/b.h5")) == "a/b.h5");
  }
  {
    const Variable xdg("XDG_CACHE_HOME", nullptr), home("HOME", "/home/someone");
    CHECK(Octopole::OperatorCache::file(Cache::read_only()) ==
          "/home/someone/.cache/octopole/operators.h5");
  }
  for (const char* useless : {"", "relative/cache"}) {
    const Variable xdg("XDG_CACHE_HOME", useless), home("HOME", "/home/someone");
    CHECK(Octopole::OperatorCache::file(Cache::read_only()) ==
          "/home/someone/.cache/octopole/operators.h5");
  }
  const Variable xdg("XDG_CACHE_HOME", nullptr), home("HOME", nullptr);
  CHECK(Octopole::OperatorCache::file(Cache::read_only()).empty());
}

TEST_CASE("cache: everything that enters the computation is in the key") {
  using Octopole::OperatorCache::key;
  const auto spec = spec_of();
  const Laplace<double> laplace;
  std::vector<std::string> keys = {key<double>(laplace, spec),
                                   key<float>(laplace, spec),
                                   key<double>(Yukawa<double>{1}, spec),
                                   key<double>(Yukawa<double>{1 + 1e-15}, spec),
                                   key<double>(octopole_test::Stokeslet<double>{}, spec),
                                   key<double>(EditedLaplace{}, spec)};
  const auto with = [&](auto change) {
    auto changed = spec;
    change(changed);
    keys.push_back(key<double>(laplace, changed));
  };
  using Spec = Octopole::OperatorSpec;
  with([](Spec& s) { s.order = 4; });
  with([](Spec& s) { s.check_order = 4; });
  with([](Spec& s) { s.inner = 1.06; });
  with([](Spec& s) { s.outer = 2.9; });
  with([](Spec& s) { s.cutoff = 5; });
  with([](Spec& s) { s.m2l_tolerance = 1e-7; });
  with([](Spec& s) { s.m2l_rank = 16; });
  with([](Spec& s) { s.m2l_rank = -1; });
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CAPTURE(i, keys[i]);
    CHECK(keys[i].find('\n') == std::string::npos);
    for (std::size_t j = 0; j < i; ++j) CHECK(keys[i] != keys[j]);
  }
  CHECK(key<double>(laplace, spec) == keys[0]);
  CHECK(Octopole::value_hash(EditedLaplace{}) != Octopole::value_hash(laplace));
  // A kernel of another size is the rescaled one.
  CHECK(key<double>(Yukawa<double>{2}.rescaled(0.5), spec) == keys[2]);
}

#ifdef OCTOPOLE_HAVE_HDF5

namespace {

using Octopole::Impl::Hdf5File;
using Set = Octopole::OperatorSet<double>;

template <class T>
bool same(const Octopole::OperatorSet<T>& a, const Octopole::OperatorSet<T>& b) {
  bool equal = a.m2l_rank == b.m2l_rank;
  std::vector<std::string> views;
  Octopole::OperatorSet<T>::for_each(a, [&](const char*, const auto& view) {
    views.push_back(
        std::to_string(view.extent(0)) + "," + std::to_string(view.size()) + ":" +
        std::string(reinterpret_cast<const char*>(view.data()), view.size() * sizeof(T)));
  });
  std::size_t i = 0;
  Octopole::OperatorSet<T>::for_each(b, [&](const char*, const auto& view) {
    equal = equal && views[i++] == std::to_string(view.extent(0)) + "," +
                                       std::to_string(view.size()) + ":" +
                                       std::string(reinterpret_cast<const char*>(view.data()),
                                                   view.size() * sizeof(T));
  });
  return equal;
}

std::string key_of(int order = 3) {
  return Octopole::OperatorCache::key<double>(Laplace<double>{}, spec_of(order));
}

// A cache of one set in the scratch folder, and what the FMM gives with it.
struct Cached {
  Scratch scratch;
  std::string path = scratch / "operators.h5";
  Run first = run(Cache::read_write(path));

  Cached() {
    REQUIRE(first.facts.operators_source == "computed");
    REQUIRE(first.facts.notice == "");
    REQUIRE(fs::exists(path));
    for (const auto pairs : {first.facts.pairs_m2l, first.facts.pairs_m2p, first.facts.pairs_p2l})
      REQUIRE(pairs > 0);
  }
  Set load() const {
    Set set;
    std::string notice;
    REQUIRE(Octopole::OperatorCache::load(Cache::read_only(path), key_of(), set, notice));
    REQUIRE(notice == "");
    return set;
  }
  void replace(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
};

bool one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == std::string::npos;
}

// What must happen with anything that is no good: said in one line, computed, left as it is.
void expect_refused(const std::string& path, const Run& expected) {
  const bool a_file = fs::is_regular_file(path);
  const std::string before = a_file ? bytes_of(path) : "";
  for (const bool write : {false, true}) {
    CAPTURE(write);
    const Run r = run(write ? Cache::read_write(path) : Cache::read_only(path));
    CAPTURE(r.facts.notice);
    CHECK(one_line(r.facts.notice));
    CHECK(r.facts.notice.find(path) != std::string::npos);
    CHECK(r.facts.operators_source == "computed");
    CHECK(bitwise(r, expected));
    if (a_file) CHECK((bytes_of(path) == before));
    // No temporary file stays behind.
    int others = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path()))
      others += entry.path().string() != path;
    CHECK(others == 0);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("cache: a set comes back bit for bit", "", double, float) {
  using T = TestType;
  const Scratch scratch;
  const Cache cache = Cache::read_write(scratch / "a.h5");
  for (const int rank : {0, 16, -1}) {
    CAPTURE(rank);
    auto spec = spec_of(4);
    spec.m2l_rank = rank, spec.check_order = 5;
    const Laplace<T> kernel;
    const auto key = Octopole::OperatorCache::key<T>(kernel, spec);
    auto set = Octopole::Impl::precompute<T>(kernel, spec);
    REQUIRE(set.compressed() == (rank >= 0));
    set.up_left(0, 0) = -T(0);
    set.up_left(1, 0) = std::numeric_limits<T>::denorm_min();
    std::string notice;
    Octopole::OperatorSet<T> found;
    CHECK_FALSE(Octopole::OperatorCache::load(cache, key, found, notice));
    Octopole::OperatorCache::store<T>(cache, {{key, set}}, notice);
    REQUIRE(Octopole::OperatorCache::load(cache, key, found, notice));
    CHECK(notice == "");
    CHECK(same(found, set));
    CHECK(found.compressed() == set.compressed());
    CHECK(Octopole::OperatorCache::checksum(key, found) ==
          Octopole::OperatorCache::checksum(key, set));
  }
}

TEST_CASE("cache: the second plan reads, and gives bitwise the same") {
  const Cached cached;
  const std::string before = bytes_of(cached.path);
  for (const Cache& cache : {Cache::read_write(cached.path), Cache::read_only(cached.path)}) {
    const Run r = run(cache);
    CHECK(r.facts.operators_source == "cache");
    CHECK(r.facts.notice == "");
    CHECK(bitwise(r, cached.first));
  }
  CHECK((bytes_of(cached.path) == before));
  const Run off = run(Cache::off());
  CHECK(off.facts.operators_source == "computed");
  CHECK(bitwise(off, cached.first));
}

TEST_CASE("cache: read_only never writes, off does not even read") {
  const Scratch scratch;
  const std::string path = scratch / "operators.h5";
  CHECK(run(Cache::read_only(path)).facts.operators_source == "computed");
  CHECK(run(Cache::off()).facts.operators_source == "computed");
  CHECK_FALSE(fs::exists(path));
  CHECK(fs::is_empty(fs::path(path).parent_path()));
  {
    const Variable xdg("XDG_CACHE_HOME", fs::path(path).parent_path().c_str());
    CHECK(run(Laplace<double>{}, options_of(Options{}.cache)).facts.notice == "");
    CHECK(fs::is_empty(fs::path(path).parent_path()));
  }
  // Another key beside the one that is there is not added either.
  const Cached cached;
  const std::string before = bytes_of(cached.path);
  CHECK(run(Cache::read_only(cached.path), 4).facts.operators_source == "computed");
  CHECK((bytes_of(cached.path) == before));
}

TEST_CASE("cache: the default place is made when it is written to") {
  const Scratch scratch;
  const std::string home = scratch / "deep/folder";
  const Variable xdg("XDG_CACHE_HOME", home.c_str());
  const Run first = run(Cache::read_write()), second = run(Cache::read_write());
  CHECK(first.facts.notice == "");
  CHECK(fs::is_regular_file(home + "/octopole/operators.h5"));
  CHECK(second.facts.operators_source == "cache");
  CHECK(bitwise(second, first));
  const Variable no_xdg("XDG_CACHE_HOME", nullptr), no_home("HOME", nullptr);
  const Run nowhere = run(Cache::read_write());
  CHECK(nowhere.facts.operators_source == "computed");
  CHECK(one_line(nowhere.facts.notice));
  CHECK(bitwise(nowhere, first));
  CHECK(run(Cache::read_only()).facts.notice == "");
}

TEST_CASE("cache: several keys in one file") {
  const Cached cached;
  const Cache cache = Cache::read_write(cached.path);
  const Run four = run(cache, 4);
  CHECK(four.facts.operators_source == "computed");
  CHECK(run(cache, 4).facts.operators_source == "cache");
  CHECK(bitwise(run(cache, 4), four));
  const Run three = run(cache, 3);
  CHECK(three.facts.operators_source == "cache");
  CHECK(bitwise(three, cached.first));
  // Not homogeneous: a set per level, shared by every plan of that box side.
  const Yukawa<double> yukawa{1};
  const Run y = run(yukawa, options_of(cache));
  CHECK(y.facts.operators_source == "computed");
  const Run again = run(yukawa, options_of(cache));
  CHECK(again.facts.operators_source == "cache");
  CHECK(bitwise(again, y));
  CHECK(run(Yukawa<double>{1.5}, options_of(cache)).facts.operators_source == "computed");
  const Run single = run(Laplace<float>{}, options_of(cache));
  CHECK(single.facts.operators_source == "computed");
  CHECK(run(Laplace<float>{}, options_of(cache)).facts.operators_source == "cache");
  CHECK(run(cache).facts.notice == "");
}

TEST_CASE("cache: a file that has grown too large is begun anew, with what was tuned") {
  const Cached cached;
  const Cache cache = Cache::read_write(cached.path);
  std::string notice;
  Octopole::OperatorCache::store_tuning(cache, "of this machine", 1.25, notice);
  REQUIRE(run(cache).facts.operators_source == "cache");
  // At the limit it is still added to; the bytes behind the end are none of HDF5's.
  std::filesystem::resize_file(cached.path, Octopole::OperatorCache::largest_file);
  CHECK(run(cache, 4).facts.operators_source == "computed");
  CHECK(run(cache).facts.operators_source == "cache");
  std::filesystem::resize_file(cached.path, Octopole::OperatorCache::largest_file + 1);
  CHECK(run(cache).facts.operators_source == "cache");
  CHECK(run(cache, 5).facts.operators_source == "computed");
  CHECK(std::filesystem::file_size(cached.path) < Octopole::OperatorCache::largest_file / 100);
  CHECK(run(cache, 5).facts.operators_source == "cache");
  CHECK(run(Cache::read_only(cached.path), 4).facts.operators_source == "computed");
  CHECK(Octopole::OperatorCache::load_tuning(cache, "of this machine", notice) == 1.25);
  CHECK(notice == "");
}

TEST_CASE("cache: an edited functor never meets the old operators") {
  const Cached cached;
  const Run edited = run(EditedLaplace{}, options_of(Cache::read_write(cached.path)));
  CHECK(edited.facts.operators_source == "computed");
  CHECK(edited.facts.notice == "");
  double difference = 0, size = 0;
  for (int i = 0; i < n_points; ++i) {
    difference += std::pow(edited.potential[i] - 2 * cached.first.potential[i], 2);
    size += std::pow(edited.potential[i], 2);
  }
  CHECK(difference < 1e-20 * size);
  CHECK(run(Cache::read_only(cached.path)).facts.operators_source == "cache");
}

TEST_CASE("cache: a truncated file") {
  const Cached cached;
  const std::string whole = bytes_of(cached.path);
  for (const double part : {0.0, 0.00001, 0.001, 0.3, 0.5, 0.9, 1.0}) {
    const auto length =
        part == 1.0 ? whole.size() - 1 : static_cast<std::size_t>(part * double(whole.size()));
    CAPTURE(part, length);
    cached.replace(whole.substr(0, length));
    expect_refused(cached.path, cached.first);
  }
  cached.replace(whole);
  CHECK(run(Cache::read_only(cached.path)).facts.operators_source == "cache");
}

TEST_CASE("cache: one byte is not what it was") {
  const Cached cached;
  const std::string whole = bytes_of(cached.path);
  const Set set = cached.load();
  const auto flip = [&](const std::string& what, std::size_t at) {
    const std::size_t found = whole.find(what);
    REQUIRE(found != std::string::npos);
    std::string damaged = whole;
    damaged[found + at] ^= 1;
    cached.replace(damaged);
  };
  const auto raw = [](const auto& view, std::size_t bytes) {
    return std::string(reinterpret_cast<const char*>(view.data()), bytes);
  };
  SECTION("in a number: the lowest bit of the last one of each matrix") {
    Set::for_each(set, [&](const char* name, const auto& view) {
      if (view.size() == 0) return;  // what only the other form of M2L has
      CAPTURE(name);
      const std::size_t size = view.size() * sizeof(double);
      flip(raw(view, size), size - 8);
      expect_refused(cached.path, cached.first);
    });
  }
  SECTION("in a rank") {
    flip(std::string(reinterpret_cast<const char*>(set.m2l_rank.data()), sizeof set.m2l_rank), 40);
    expect_refused(cached.path, cached.first);
  }
  SECTION("in the checksum") {
    const std::uint64_t sum = Octopole::OperatorCache::checksum(key_of(), set);
    flip(std::string(reinterpret_cast<const char*>(&sum), sizeof sum), 3);
    expect_refused(cached.path, cached.first);
  }
  SECTION("in the key") {
    flip(key_of(), 20);
    expect_refused(cached.path, cached.first);
  }
  SECTION("in the format") {
    flip("octopole operators", 18 + 1);
    expect_refused(cached.path, cached.first);
  }
  SECTION("in what makes it an HDF5 file") {
    flip("\211HDF\r\n", 1);
    expect_refused(cached.path, cached.first);
  }
}

TEST_CASE("cache: no single flipped bit is ever believed") {
  const Cached cached;
  const std::string whole = bytes_of(cached.path);
  const Set set = cached.load();
  Random random(5);
  int refused = 0, believed = 0;
  const int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    // Half of them near either end, where HDF5 keeps its own structures.
    const std::size_t size = whole.size(), near = std::min<std::size_t>(size, 6000);
    std::size_t at = random.bits() % (trial % 2 ? size : near);
    if (trial % 4 == 2) at = size - 1 - at;
    CAPTURE(trial, at);
    std::string damaged = whole;
    damaged[at] ^= static_cast<char>(1 << random.below(8));
    cached.replace(damaged);
    Set found;
    std::string notice;
    if (Octopole::OperatorCache::load(Cache::read_only(cached.path), key_of(), found, notice)) {
      ++believed;  // a byte that means nothing
      CHECK(same(found, set));
      CHECK(notice == "");
    } else {
      ++refused;
      CHECK(found.bytes() == 0);
      CHECK(notice.find('\n') == std::string::npos);
    }
  }
  CAPTURE(believed);
  CHECK(refused > trials / 4);
}

TEST_CASE("cache: foreign files") {
  const Run expected = run(Cache::off());
  const Scratch scratch;
  const std::string path = scratch / "operators.h5";
  SECTION("HDF5 of somebody else") {
    auto file = Hdf5File::create(path);
    file.write("/sources", std::vector<double>{1, 2, 3});
    file.close();
    expect_refused(path, expected);
  }
  SECTION("HDF5 of another format of ours") {
    auto file = Hdf5File::create(path);
    file.write_string_attribute("/", "format", "octopole operators 999");
    file.close();
    expect_refused(path, expected);
  }
  SECTION("the format is a number") {
    auto file = Hdf5File::create(path);
    file.write_attribute("/", "format", std::int32_t(1));
    file.close();
    expect_refused(path, expected);
  }
  SECTION("text") {
    std::ofstream(path) << "x, y, z, q\n1, 2, 3, 4\n";
    expect_refused(path, expected);
  }
  SECTION("nothing in it") {
    std::ofstream{path};
    expect_refused(path, expected);
  }
  SECTION("a folder") {
    fs::create_directory(path);
    expect_refused(path, expected);
    CHECK(fs::is_directory(path));
  }
}

TEST_CASE("cache: the group is there, a matrix has another shape or is missing") {
  const Run expected = run(Cache::off());
  const Cached cached;
  const Set set = cached.load();
  // The group as the library names it, found in a file that it wrote.
  const std::string whole = bytes_of(cached.path);
  std::string group;
  for (std::size_t at = 0; at + 16 < whole.size() && group.empty(); ++at) {
    const std::string name = whole.substr(at, 16);
    if (name.find_first_not_of("0123456789abcdef") == std::string::npos)
      if (Hdf5File::open_read_only(cached.path).exists("/sets/" + name)) group = "/sets/" + name;
  }
  REQUIRE(group != "");
  const auto write = [&](auto change) {
    fs::remove(cached.path);
    auto file = Hdf5File::create(cached.path);
    file.write_string_attribute(
        "/", "format",
        "octopole operators " + std::to_string(Octopole::OperatorCache::format_version));
    file.write(group + "/m2l_rank", set.m2l_rank.data(), {set.m2l_rank.size()});
    Set::for_each(set, [&](const char* name, const auto& view) {
      std::vector<std::size_t> shape{view.extent(0)};
      if constexpr (std::decay_t<decltype(view)>::rank() == 2)
        shape = {view.extent(1), view.extent(0)};
      change(std::string(name), shape);
      if (!shape.empty()) file.write(group + "/" + name, view.data(), shape);
    });
    file.write_string_attribute(group, "key", key_of());
    file.write_attribute(group, "checksum", Octopole::OperatorCache::checksum(key_of(), set));
    file.close();
  };
  using Shape = std::vector<std::size_t>;
  write([](const std::string&, Shape&) {});
  CHECK(run(Cache::read_only(cached.path)).facts.operators_source == "cache");
  write([](const std::string& name, Shape& s) {
    if (name == "m2m") std::swap(s[0], s[1]);
  });
  expect_refused(cached.path, expected);
  write([](const std::string& name, Shape& s) {
    if (name == "m2m") s = {s[0] * s[1]};
  });
  expect_refused(cached.path, expected);
  write([](const std::string& name, Shape& s) {
    if (name == "l2l") s.clear();
  });
  expect_refused(cached.path, expected);
  write([](const std::string& name, Shape& s) {
    if (name == "m2l_left") s = {1, s[0]};
  });
  expect_refused(cached.path, expected);
  // Extents that no memory holds, and such whose product is no number of 64 bits.
  for (const hsize_t huge : {hsize_t(10000000), hsize_t(1) << 34}) {
    write([](const std::string& name, Shape& s) {
      if (name == "l2l") s.clear();
    });
    const hid_t file = H5Fopen(cached.path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hsize_t extents[] = {huge, huge};
    const hid_t space = H5Screate_simple(2, extents, nullptr);
    H5Dclose(H5Dcreate2(file, (group + "/l2l").c_str(), H5T_NATIVE_DOUBLE, space, H5P_DEFAULT,
                        H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Fclose(file);
    expect_refused(cached.path, expected);
  }
}

TEST_CASE("cache: places that cannot be read or written cost a line, not the run") {
  const Run expected = run(Cache::off());
  const Scratch scratch;
  const auto expect_warned = [&](const std::string& path) {
    const Run r = run(Cache::read_write(path));
    CAPTURE(path, r.facts.notice);
    CHECK(one_line(r.facts.notice));
    CHECK(r.facts.operators_source == "computed");
    CHECK(bitwise(r, expected));
  };
  const std::string file = scratch.file("a file", "text");
  expect_warned(file + "/operators.h5");
  expect_warned(file + "/below/operators.h5");
  expect_warned("/proc/octopole/operators.h5");
  CHECK(bytes_of(file) == "text");

  // Rights mean nothing to root.
  const bool root = geteuid() == 0;
  fs::permissions(fs::path(file).parent_path(), fs::perms(0755));
  if (root) REQUIRE(seteuid(65534) == 0);
  std::string closed_path, sealed_path;
  {
    if (root) REQUIRE(seteuid(0) == 0);
    const fs::path closed = scratch / "closed", sealed = scratch / "sealed";
    fs::create_directory(closed);
    fs::create_directory(sealed);
    fs::permissions(closed, fs::perms(0000));
    fs::permissions(sealed, fs::perms(0555));
    if (root) REQUIRE(seteuid(65534) == 0);
    closed_path = (closed / "operators.h5").string();
    sealed_path = (sealed / "operators.h5").string();
  }
  expect_warned(closed_path);
  expect_warned(sealed_path);
  // Reading there is no error worth a word, and no failure.
  const Run r = run(Cache::read_only(closed_path));
  CHECK(r.facts.operators_source == "computed");
  CHECK(bitwise(r, expected));
  if (root) REQUIRE(seteuid(0) == 0);
  CHECK(fs::is_empty(fs::path(sealed_path).parent_path()));
  fs::permissions(fs::path(closed_path).parent_path(), fs::perms(0755));
}

TEST_CASE("cache: a number altered and signed again changes the result") {
  const Cached cached;
  const Set set = cached.load();
  Set::for_each(set, [&](const char* name, const auto& stored) {
    if (stored.size() == 0) return;  // what only the other form of M2L has
    CAPTURE(name);
    const std::string path = cached.path + "." + name;
    // The largest number, doubled; of the bases, one of the leading vector, as the last vectors
    // may be of padding alone.
    Set altered = cached.load();
    Set::for_each(altered, [&](const char* other, const auto& view) {
      if (std::strcmp(name, other) != 0) return;
      double* largest = view.data();
      const bool rows = std::strcmp(name, "source_basis") == 0;
      const bool columns = std::strcmp(name, "target_basis") == 0;
      for (std::size_t i = 0; i < (columns ? view.extent(0) : view.size());
           i += rows ? view.extent(0) : 1)
        if (std::abs(view.data()[i]) > std::abs(*largest)) largest = view.data() + i;
      *largest *= 2;
    });
    REQUIRE(Octopole::OperatorCache::checksum(key_of(), altered) !=
            Octopole::OperatorCache::checksum(key_of(), set));
    std::string notice;
    Octopole::OperatorCache::store<double>(Cache::read_write(path), {{key_of(), altered}}, notice);
    REQUIRE(notice == "");
    const Run r = run(Cache::read_only(path));
    CHECK(r.facts.operators_source == "cache");
    CHECK(r.facts.notice == "");
    CHECK_FALSE(bitwise(r, cached.first));
  });
}

TEST_CASE("cache: what the distant images of a cell give is kept") {
  const Scratch folder;
  const std::string path = folder / "operators.h5";
  const auto options = [&](const Cache& cache) {
    Options o = options_of(cache);
    o.periodic = Octopole::Periodic{.cell = 4, .lower = {-2, -2, -2}};
    return o;
  };
  const Run first = run(Laplace<double>{}, options(Cache::read_write(path)));
  CHECK(first.facts.notice == "");
  const std::string bytes = bytes_of(path);
  const Run second = run(Laplace<double>{}, options(Cache::read_write(path)));
  CHECK(second.facts.notice == "");
  CHECK(bitwise(first, second));
  CHECK(bytes_of(path) == bytes);
  // It is read: of another matrix under the same key there are other results.
  const Execution exec;
  const Octopole::Plan plan(exec, Laplace<double>{},
                            octopole_test::to_view(octopole_test::clustered(n_points, 1)),
                            options(Cache::read_only(path)));
  const Options& chosen = plan.options();
  Octopole::OperatorSpec spec;
  spec.order = chosen.order, spec.check_order = chosen.check_order;
  spec.inner = chosen.inner, spec.outer = chosen.outer, spec.cutoff = chosen.cutoff;
  const std::string key =
      Octopole::Impl::root_images_key(Octopole::statement_of<Laplace<double>>(), spec, 7, 0);
  Set set;
  std::string notice;
  REQUIRE(Octopole::OperatorCache::load(Cache::read_only(path), key, set, notice));
  REQUIRE(set.root_images.size() > 0);
  set.root_images(0, 0) += 1;
  const std::string other = folder / "other.h5";
  Octopole::OperatorCache::store<double>(Cache::read_write(other), {{key, set}}, notice);
  REQUIRE(notice == "");
  CHECK_FALSE(bitwise(run(Laplace<double>{}, options(Cache::read_only(other))), first));
}

TEST_CASE("cache: a plan like one before shares its operators, and reads no file") {
  const Cached cached;
  const Run shared = run_again(Laplace<double>{}, options_of(Cache::read_write(cached.path)));
  CHECK(shared.facts.operators_source == "shared");
  CHECK(bitwise(shared, cached.first));
  // Another cache, another order, another precision, or M2L in the other one: none of that is shared.
  CHECK(run_again(Laplace<double>{}, options_of(Cache::off())).facts.operators_source ==
        "computed");
  CHECK(run_again(Laplace<double>{}, options_of(Cache::off())).facts.operators_source == "shared");
  CHECK(run_again(Laplace<double>{}, options_of(Cache::read_only(cached.path)))
            .facts.operators_source == "cache");
  CHECK(run_again(Laplace<double>{}, options_of(Cache::read_write(cached.path), 4))
            .facts.operators_source == "computed");
  CHECK(run_again(Laplace<float>{}, options_of(Cache::read_write(cached.path)))
            .facts.operators_source == "computed");
  Options fft = options_of(Cache::off());
  fft.m2l = Octopole::M2L::fft, fft.m2l_tolerance = 0;
  Run single = run_again(Laplace<double>{}, fft);
  fft.m2l_single = 1 - int(single.facts.m2l_single);
  CHECK(run_again(Laplace<double>{}, fft).facts.operators_source == "computed");
  CHECK(run_again(Yukawa<double>{1.5}, fft).facts.operators_source == "computed");
  CHECK(run_again(Yukawa<double>{1.6}, fft).facts.operators_source == "computed");
  CHECK(run_again(Yukawa<double>{1.5}, fft).facts.operators_source == "shared");
  // A file that has gone is made again.
  fs::remove(cached.path);
  const Run anew = run_again(Laplace<double>{}, options_of(Cache::read_write(cached.path)));
  CHECK(anew.facts.operators_source == "computed");
  CHECK(fs::exists(cached.path));
  CHECK(bitwise(anew, cached.first));
}

TEST_CASE("cache: the order that a probe found is kept, with all that it depends on") {
  using Octopole::OperatorCache::FoundOrder;
  const Scratch scratch;
  const std::string path = scratch / "operators.h5";
  Options options = options_of(Cache::read_write(path));
  options.order = 0, options.m2l = Octopole::M2L::fft, options.m2l_tolerance = 0;
  options.digits = 2;
  const Yukawa<double> kernel{0.1};
  const Run first = run(kernel, options);
  REQUIRE(first.facts.notice == "");
  const auto keys = [](const std::string& file) {
    std::vector<std::string> found;
    const Hdf5File h5 = Hdf5File::open_read_only(file);
    for (const std::string& name : h5.names_in("/orders"))
      found.push_back(h5.read_string_attribute("/orders/" + name, "key"));
    return found;
  };
  REQUIRE(keys(path).size() == 1);
  const std::string key = keys(path)[0];
  std::string notice;
  const auto found = Octopole::OperatorCache::load_order(Cache::read_only(path), key, notice);
  REQUIRE(found);
  CHECK(found->order == first.facts.order);
  CHECK(found->error > 0);
  CHECK(run(kernel, options).facts.order == first.facts.order);
  CHECK(bitwise(run(kernel, options), first));

  // One who finds another order there takes it: nothing is probed.
  const std::string other = scratch / "other.h5";
  FoundOrder higher = *found;
  ++higher.order;
  higher.check_order = Octopole::Accuracy::check_order<Yukawa<double>>(higher.order);
  higher.cutoff = Octopole::Accuracy::cutoff<Yukawa<double>>(higher.order);
  Octopole::OperatorCache::store_order(Cache::read_write(other), key, higher, notice);
  REQUIRE(notice == "");
  options.cache = Cache::read_only(other);
  CHECK(run(kernel, options).facts.order == found->order + 1);
  // Not with numbers that do not belong to the order, nor where another problem is asked for.
  const std::string foreign = scratch / "foreign.h5";
  FoundOrder unlike = higher;
  unlike.cutoff *= 2;
  Octopole::OperatorCache::store_order(Cache::read_write(foreign), key, unlike, notice);
  options.cache = Cache::read_only(foreign);
  CHECK(run(kernel, options).facts.order == found->order);
  options.cache = Cache::read_write(path);
  run(Yukawa<double>{0.2}, options);
  CHECK(keys(path).size() == 2);
  options.digits = 3;
  run(kernel, options);
  CHECK(keys(path).size() == 3);
  options.digits = 2, options.outputs = Octopole::Output::gradient;
  run(kernel, options);
  CHECK(keys(path).size() == 4);

  // A flipped bit is seen.
  {
    Hdf5File h5 = Hdf5File::open_read_write(other);
    const std::string group = "/orders/" + h5.names_in("/orders")[0];
    h5.write_attribute(group, "order", found->order - 1);
  }
  options.cache = Cache::read_only(other);
  options.digits = 2, options.outputs = Octopole::Output::none;
  const Run damaged = run(kernel, options);
  CHECK(damaged.facts.order == found->order);
  CHECK(damaged.facts.notice.find("checksum") != std::string::npos);
}

TEST_CASE("cache: what a killed writer left behind does no harm") {
  const Scratch scratch;
  const std::string path = scratch / "operators.h5";
  // Names as store() takes them: of another process, and of one that had this one's number.
  std::vector<std::string> left;
  for (const std::string& pid : {std::string("1234567"), std::to_string(getpid())})
    for (int serial = 0; serial < 2000; ++serial)
      left.push_back(path + "." + pid + "." + std::to_string(serial) + ".tmp");
  const auto leave = [&] {
    for (const auto& name : left) std::ofstream(name) << "half a fi";
  };
  leave();
  const Run first = run(Cache::read_write(path));
  CHECK(first.facts.notice == "");
  const Run second = run(Cache::read_write(path));
  CHECK(second.facts.operators_source == "cache");
  CHECK(bitwise(second, first));
  leave();
  const Run other = run(Cache::read_write(path), 4);  // extends the file
  CHECK(other.facts.notice == "");
  CHECK(run(Cache::read_write(path), 4).facts.operators_source == "cache");
  CHECK(run(Cache::read_write(path)).facts.operators_source == "cache");
}

TEST_CASE("cache: writers and readers at once leave a readable file") {
  const Cached cached;
  const Set set = cached.load();
  constexpr int writers = 4, keys_each = 12;
  std::vector<pid_t> children;
  for (int w = 0; w < writers; ++w) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      // Nothing of Kokkos, whose threads are not in this process: store() needs none.
      std::string notice;
      for (int i = 0; i < keys_each; ++i)
        Octopole::OperatorCache::store<double>(
            Cache::read_write(cached.path),
            {{key_of() + " writer " + std::to_string(w) + " " + std::to_string(i), set}}, notice);
      _exit(notice.empty() ? 0 : 1);
    }
    children.push_back(child);
  }
  int reads = 0, failures = 0;
  for (bool running = true; running;) {
    running = false;
    for (pid_t& child : children) {
      int status = 0;
      if (child > 0 && waitpid(child, &status, WNOHANG) == child) {
        child = 0;
        failures += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
      }
      running = running || child > 0;
    }
    Set found;
    std::string notice;
    const bool loaded =
        Octopole::OperatorCache::load(Cache::read_only(cached.path), key_of(), found, notice);
    ++reads;
    if (!loaded || !notice.empty() || !same(found, set)) {
      CAPTURE(reads, notice);
      FAIL_CHECK("a reader met half a file");
      break;
    }
  }
  for (const pid_t child : children)
    if (child > 0) waitpid(child, nullptr, 0);
  CHECK(failures == 0);
  CHECK(reads > 1);
  const Run r = run(Cache::read_only(cached.path));
  CHECK(r.facts.operators_source == "cache");
  CHECK(bitwise(r, cached.first));
  int kept = 0;
  for (int w = 0; w < writers; ++w)
    for (int i = 0; i < keys_each; ++i) {
      Set found;
      std::string notice;
      const std::string key = key_of() + " writer " + std::to_string(w) + " " + std::to_string(i);
      if (Octopole::OperatorCache::load(Cache::read_only(cached.path), key, found, notice)) {
        ++kept;
        CHECK(same(found, set));
      }
      CHECK(notice == "");
    }
  // Two writers at once may lose one's set; the last writer of all lost none of its own last.
  CHECK(kept >= keys_each / 2);
  int others = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(cached.path).parent_path()))
    others += entry.path().string() != cached.path;
  CHECK(others == 0);
}

#else

TEST_CASE("cache: without HDF5 nothing is read or written, and this is said") {
  const Scratch scratch;
  const std::string path = scratch / "operators.h5";
  const Run r = run(Cache::read_write(path));
  CHECK(r.facts.operators_source == "computed");
  CHECK(r.facts.notice.find("without HDF5") != std::string::npos);
  CHECK_FALSE(fs::exists(path));
  CHECK(run(Cache::read_only(path)).facts.notice == "");
}

#endif
