// SPDX-License-Identifier: BSD-3-Clause
// What packing is worth: P2M and L2P over packed points against loops over leaves that read the
// caller's points where they lie, through the permutation.
//   packed     the library's operator, the permutation of charges or results counted in
//   unpacked   the same arithmetic on packs, but points and charges read through the permutation
//   plain      as a first version would be: scalar loops over leaf, target, source
#include <perf/bench/Octopole_BenchLimits.hpp>
#include <perf/bench/Octopole_BenchStages.hpp>

namespace Octopole::Bench {
namespace {

constexpr int repeats = 3;

/// The caller's view of a leaf.
template <class T>
struct Unsorted {
  using Work = typename Stages<T>::Work;
  Octree<Memory> tree;
  ChargedPoints<T, Memory> sources;
  Expansions<T, Memory> expansions;
  Kokkos::View<const double* [3], Kokkos::LayoutRight, Memory> points;
  Kokkos::View<const T*, Memory> charges;
  Kokkos::View<T*, Memory> potential;
  Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient;
  Kokkos::View<T**, Kokkos::LayoutLeft, Memory> check;
  using Policy = Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>>;
  using Pack = typename Work::Pack;
  static constexpr int width = Work::Simd::width;

  explicit Unsorted(const Stages<T>& s)
      : tree(s.parts().tree),
        sources(s.parts().sources),
        expansions(s.parts().expansions),
        points(s.input.points),
        charges(s.input.charges),
        potential(s.potential),
        gradient(s.gradient),
        check("Octopole::Bench::check", expansions.up_check.extent(0), tree.n_boxes) {}

  struct Leaf {
    int box, level, first, n;
    double centre[3], inverse;  // of the root's half-width
  };
  KOKKOS_FUNCTION Leaf leaf(int i) const {
    const int box = tree.leaves(i);
    const Morton::Key key = tree.key(box);
    const Domain& cube = tree.domain;
    const BoxFrame frame = cube.frame(Morton::position(key), Morton::level(key));
    return {box,
            Morton::level(key),
            sources.points.begin(box),
            tree.n_sources(box),
            {frame.high[0], frame.high[1], frame.high[2]},
            frame.inverse};
  }
  /// Point j of a leaf relative to its centre: a difference and a product per coordinate.
  KOKKOS_FORCEINLINE_FUNCTION void point(const Leaf& l, int j, T (&x)[3], int& input) const {
    input = sources.points.input(l.first + j);
    x[0] = T((points(input, 0) - l.centre[0]) * l.inverse);
    x[1] = T((points(input, 1) - l.centre[1]) * l.inverse);
    x[2] = T((points(input, 2) - l.centre[2]) * l.inverse);
  }
};

using Pairs = LaplacePairs<Root::exact, true>;

template <class T>
struct UnpackedP2M : Unsorted<T> {
  using Base = Unsorted<T>;
  using Base::Base;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const auto l = this->leaf(i);
    const auto& surface = this->expansions.outer_check;
    const T scale = box_units<Laplace<T>>(l.level);
    for (int first = 0; first < surface.padded; first += 2 * Base::width) {
      const auto sum = [&](auto packs) {
        TargetBlock<0, decltype(packs)::value, typename Base::Pack, Pairs> block(
            surface.coordinate(l.level, 0) + first, surface.coordinate(l.level, 1) + first,
            surface.coordinate(l.level, 2) + first, Base::width);
        for (int j = 0; j < l.n; ++j) {
          T x[3];
          int input;
          this->point(l, j, x, input);
          const T q = this->charges(input);
          const SourceStream<T> one{&x[0], &x[1], &x[2], &q, 0, 1};
          block.add(Pairs{}, one, T(0), T(0), T(0));
        }
        block.put(
            &this->check(first, l.box), surface.padded, Base::width, [&](int) { return scale; },
            false);
      };
      if (first + 2 * Base::width <= surface.padded)
        sum(std::integral_constant<int, 2>{});
      else
        sum(std::integral_constant<int, 1>{});
    }
  }
};

template <class T>
struct PlainP2M : Unsorted<T> {
  using Unsorted<T>::Unsorted;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const auto l = this->leaf(i);
    const auto& surface = this->expansions.outer_check;
    const T* const sx = surface.coordinate(l.level, 0);
    const T* const sy = surface.coordinate(l.level, 1);
    const T* const sz = surface.coordinate(l.level, 2);
    const T scale = box_units<Laplace<T>>(l.level);
    for (int k = 0; k < surface.size; ++k) {
      T sum = 0;
      for (int j = 0; j < l.n; ++j) {
        T x[3];
        int input;
        this->point(l, j, x, input);
        const T dx = sx[k] - x[0], dy = sy[k] - x[1], dz = sz[k] - x[2];
        sum += this->charges(input) / Kokkos::sqrt(dx * dx + dy * dy + dz * dz);
      }
      this->check(k, l.box) = scale * sum;
    }
  }
};

template <class T>
struct UnpackedL2P : Unsorted<T> {
  using Base = Unsorted<T>;
  using Base::Base;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const auto l = this->leaf(i);
    if (l.level < 2) return;
    constexpr int lanes = 2 * Base::width;
    const auto stream =
        surface_stream(this->expansions.outer, l.level, this->expansions.local, l.box);
    for (int first = 0; first < l.n; first += lanes) {
      alignas(64) T x[3][lanes] = {}, out[4][lanes];
      int input[lanes];
      const int n = l.n - first < lanes ? l.n - first : lanes;
      for (int j = 0; j < n; ++j) {
        T p[3];
        this->point(l, first + j, p, input[j]);
        for (int k = 0; k < 3; ++k) x[k][j] = p[k];
      }
      TargetBlock<1, 2, typename Base::Pack, Pairs> block(x[0], x[1], x[2], Base::width);
      block.add(Pairs{}, stream, T(0), T(0), T(0));
      block.put(out[0], lanes, Base::width, [](int) { return 1.0; }, false);
      for (int j = 0; j < n; ++j) {
        this->potential(input[j]) = out[0][j];
        for (int k = 0; k < 3; ++k) this->gradient(input[j], k) = out[1 + k][j];
      }
    }
  }
};

template <class T>
struct PlainL2P : Unsorted<T> {
  using Unsorted<T>::Unsorted;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const auto l = this->leaf(i);
    if (l.level < 2) return;
    const auto& surface = this->expansions.outer;
    const T* const sx = surface.coordinate(l.level, 0);
    const T* const sy = surface.coordinate(l.level, 1);
    const T* const sz = surface.coordinate(l.level, 2);
    const T* const q = &this->expansions.local(0, l.box);
    for (int j = 0; j < l.n; ++j) {
      T x[3];
      int input;
      this->point(l, j, x, input);
      T u = 0, gx = 0, gy = 0, gz = 0;
      for (int k = 0; k < surface.size; ++k) {
        const T dx = x[0] - sx[k], dy = x[1] - sy[k], dz = x[2] - sz[k];
        const T r2 = dx * dx + dy * dy + dz * dz;
        const T term = q[k] / Kokkos::sqrt(r2), slope = term / r2;
        u += term, gx -= slope * dx, gy -= slope * dy, gz -= slope * dz;
      }
      this->potential(input) = u;
      this->gradient(input, 0) = gx, this->gradient(input, 1) = gy, this->gradient(input, 2) = gz;
    }
  }
};

enum class Variant { packed, unpacked, plain };

/// Relative L2 difference of two Views of one shape.
template <class A, class B>
double difference(const Exec& exec, const A& a, const B& b) {
  double d2 = 0, n2 = 0;
  Kokkos::parallel_reduce(
      "Octopole::Bench::difference", Kokkos::RangePolicy<Exec>(exec, 0, a.extent(0)),
      KOKKOS_LAMBDA(const int i, double& d, double& n) {
        for (std::size_t k = 0; k < a.extent(1); ++k) {
          const double x = a(i, k), y = b(i, k);
          d += (x - y) * (x - y), n += x * x;
        }
      },
      d2, n2);
  return std::sqrt(d2 / n2);
}

template <class T>
double time_p2m(benchmark::State& state, Stages<T>& s, Variant variant) {
  const std::size_t n = s.potential.extent(0);
  const auto policy = typename Unsorted<T>::Policy(s.exec, 0, s.parts().tree.n_leaves);
  const auto packed = [&] {
    s.pack();
    s.p2m();
  };
  double seconds = 0;
  if (variant == Variant::packed) {
    seconds = median_seconds(s.exec, repeats, packed);
    state.counters["permute_ms"] = 1e3 * median_seconds(s.exec, repeats, [&] { s.pack(); });
  } else {
    packed();
    const auto& up_check = s.parts().expansions.up_check;
    const auto time = [&](const auto& loop) {
      Kokkos::deep_copy(loop.check, up_check);  // also for the boxes that are no leaves
      seconds = median_seconds(s.exec, repeats,
                               [&] { Kokkos::parallel_for("Octopole::Bench::P2M", policy, loop); });
      state.counters["difference"] = difference(s.exec, up_check, loop.check);
    };
    if (variant == Variant::unpacked)
      time(UnpackedP2M<T>(s));
    else
      time(PlainP2M<T>(s));
  }
  count_pairs<T, false>(state, s.exec, double(n) * Surface::size(s.spec().check_order), seconds);
  return seconds;
}

template <class T>
double time_l2p(benchmark::State& state, Stages<T>& s, Variant variant) {
  const std::size_t n = s.potential.extent(0);
  const auto policy = typename Unsorted<T>::Policy(s.exec, 0, s.parts().tree.n_leaves);
  const auto packed = [&] {
    s.l2p(1);
    s.unpack();
  };
  double seconds = 0;
  if (variant == Variant::packed) {
    seconds = median_seconds(s.exec, repeats, packed);
    state.counters["permute_ms"] = 1e3 * median_seconds(s.exec, repeats, [&] { s.unpack(); });
  } else {
    Kokkos::deep_copy(s.exec, s.parts().targets.results, T(0));  // to which L2P adds
    packed();
    const Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> expected("Octopole::Bench::gradient",
                                                                     n);
    Kokkos::deep_copy(expected, s.gradient);
    const auto time = [&](const auto& loop) {
      seconds = median_seconds(s.exec, repeats,
                               [&] { Kokkos::parallel_for("Octopole::Bench::L2P", policy, loop); });
    };
    if (variant == Variant::unpacked)
      time(UnpackedL2P<T>(s));
    else
      time(PlainL2P<T>(s));
    state.counters["difference"] = difference(s.exec, expected, s.gradient);
  }
  count_pairs<T, true>(state, s.exec, double(n) * Surface::size(s.spec().order), seconds);
  return seconds;
}

template <class T>
void add(const StageCase& c) {
  for (const auto& [name, variant] : {std::pair{"packed", Variant::packed},
                                      {"unpacked", Variant::unpacked},
                                      {"plain", Variant::plain}}) {
    const std::string rest =
        std::string("/points:") + name + "/kernel:laplace/T:" + scalar_name<T>() + "/" + c.name();
    const Variant v = variant;
    add_row("packing/stage:P2M" + rest,
            [=](auto& s) { return time_p2m<T>(s, stages_of<T>(c), v); });
    add_row("packing/stage:L2P" + rest,
            [=](auto& s) { return time_l2p<T>(s, stages_of<T>(c), v); });
  }
}

}  // namespace

void register_benchmarks(bool all) {
  for (const std::size_t n : {std::size_t(100000), std::size_t(1000000)})
    for (const char* distribution : {"sphere", "cube"})
      for (const int order : {6, 8, 10}) {
        if (!all && n > 100000) continue;
        add<double>({{distribution, "positive", n}, order, 150, 1});
        if (all && order == 6) add<float>({{distribution, "positive", n}, order, 150, 1});
      }
}

}  // namespace Octopole::Bench
