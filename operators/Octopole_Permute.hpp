#ifndef OCTOPOLE_PERMUTE_HPP
#define OCTOPOLE_PERMUTE_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>
#include <impl/Octopole_Values.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// Row r * moments + m of `charges`: right-hand side r. Without moments of the kernel's own these are
/// the charges.
template <class Data, class Charges>
struct PackCharges {
  Data d;
  Charges charges;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    using T = typename Data::T;
    const int from = d.sources.input(slot);
    for (int r = 0; r < d.right_hand_sides; ++r)
      for (int c = 0; c < Data::Parts::charges; ++c)
        put(r * Data::Parts::moments + c, slot, from < 0 ? T(0) : charges(from, c, r));
  }
  KOKKOS_FUNCTION void put(int row, int slot, typename Data::T q) const {
    d.charges(row, slot) = q;
    if (d.float_charges.extent(0) > 0) d.float_charges(row, slot) = float(q);
  }
};

/// The same, leaf by leaf, with moments of the kernel's own: of charges at places seen from the
/// root's centre, in its half-widths.
template <class Data, class Charges>
struct PackMoments {
  PackCharges<Data, Charges> pack;
  using Policy = Kokkos::TeamPolicy<typename Data::execution_space>;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using T = typename Data::T;
    constexpr int C = Data::Parts::charges, M = Data::Parts::moments;
    const Data& d = pack.d;
    const int leaf = d.tree.leaves(team.league_rank());
    const auto centre = box_centre(d.tree.key(leaf));
    const int begin = d.sources.begin(leaf), n = d.tree.n_sources(leaf);
    constexpr int alignment = Data::slot_alignment;
    const int padded = (n + alignment - 1) / alignment * alignment;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, padded), [&](const int i) {
      const int slot = begin + i, from = d.sources.input(slot);
      const T y[3] = {T(double(d.sources.x(slot)) + (centre[0] - 1)),
                      T(double(d.sources.y(slot)) + (centre[1] - 1)),
                      T(double(d.sources.z(slot)) + (centre[2] - 1))};
      for (int r = 0; r < d.right_hand_sides; ++r) {
        T q[C], m[M];
        for (int c = 0; c < C; ++c) q[c] = from < 0 ? T(0) : pack.charges(from, c, r);
        d.kernel.to_moments(q, y, m);
        for (int c = 0; c < M; ++c) pack.put(r * M + c, slot, m[c]);
      }
    });
  }
};

/// Turns the densities around boxes, moments about the root's centre, into what the evaluation
/// functor takes.
template <class Data>
struct FromMoments {
  Data d;
  SurfaceTable<typename Data::T, typename Data::memory_space> surface;
  typename Data::Columns densities;

  KOKKOS_FUNCTION void operator()(const int box) const {
    using T = typename Data::T;
    const int level = Morton::level(d.tree.key(box));
    if (level < d.top_level) return;
    const auto centre = box_centre(d.tree.key(box));
    const std::int64_t stride = densities.extent(0);
    for (int r = 0; r < d.right_hand_sides; ++r)
      for (int i = 0; i < surface.size; ++i) {
        T y[3];
        for (int a = 0; a < 3; ++a)
          y[a] = T((centre[a] - 1) + double(surface.coordinate(level, a)[i]));
        d.kernel.from_moments(&densities(i, box * d.columns + r * Data::Parts::columns), stride, y);
      }
  }
};

template <class Data>
struct UnpackResults {
  Data d;
  Values<typename Data::T> output;
  int first, rows, stride;  ///< of the results: first row, rows, rows per right-hand side
  typename Data::T factor;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int to = d.targets.input(slot);
    if (to < 0) return;
    for (int r = 0; r < d.right_hand_sides; ++r)
      for (int k = 0; k < rows; ++k)
        output(to, k, r) = factor * d.results(r * stride + first + k, slot);
  }
};

}  // namespace Impl

/// Charges of the caller into the slots of the packed sources; zero in the padding.
/// @param exec  instance to work on; not waited for
/// @param d  `charges` is written, and `float_charges` if there
/// @param charges  charges(i, c, r): source, component, right-hand side
template <class Data, class Charges>
void pack_charges(const typename Data::execution_space& exec, const Data& d,
                  const Charges& charges) {
  static const std::string label = "Octopole::pack";
  const Impl::PackCharges<Data, Charges> pack{d, charges};
  if constexpr (Data::Parts::has_moments) {
    using Moments = Impl::PackMoments<Data, Charges>;
    launch(label, typename Moments::Policy(exec, d.tree.n_leaves, Kokkos::AUTO), Moments{pack});
  } else {
    launch(label, Kokkos::RangePolicy<typename Data::execution_space>(exec, 0, d.sources.slots),
           pack);
  }
}

/// For kernels with moments of their own: multipole and local densities as the evaluation functor
/// takes them. Nothing is translated after that.
/// @param exec  instance to work on; not waited for
/// @param d  `multipole` and `local` are changed in place
template <class Data>
void from_moments(const typename Data::execution_space& exec, const Data& d) {
  if constexpr (Data::Parts::has_moments) {
    static const std::string label = "Octopole::moms";
    const Kokkos::RangePolicy<typename Data::execution_space> boxes(exec, 0, d.tree.n_boxes);
    if (d.lists.w.size() > 0)
      launch(label, boxes, Impl::FromMoments<Data>{d, d.inner, d.multipole});
    launch(label, boxes, Impl::FromMoments<Data>{d, d.outer, d.local});
  }
}

/// Rows [first, first + rows) of the results of each right-hand side, `stride` rows in all, times
/// `factor`, to the caller's order.
/// @param exec  instance to work on; not waited for
/// @param d  `results` is read
/// @param first,rows,stride  which rows
/// @param[out] output  output(i, k, r): target, row, right-hand side
/// @param factor  the kernel's prefactor in the caller's units
template <class Data>
void unpack_results(const typename Data::execution_space& exec, const Data& d, int first, int rows,
                    int stride, const Impl::Values<typename Data::T>& output, double factor) {
  static const std::string label = "Octopole::back";
  launch(label, Kokkos::RangePolicy<typename Data::execution_space>(exec, 0, d.targets.slots),
         Impl::UnpackResults<Data>{d, output, first, rows, stride, typename Data::T(factor)});
}

}  // namespace Octopole

#endif
