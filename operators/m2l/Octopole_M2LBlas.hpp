#ifndef OCTOPOLE_M2L_BLAS_HPP
#define OCTOPOLE_M2L_BLAS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/precompute/Octopole_TransferVector.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_MomentOrigin.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/dense/Octopole_GatherScatter.hpp>
#include <operators/dense/Octopole_Gemm.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_Sort.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace Octopole {

/// The V lists turned round: per level and transfer vector, which box receives from which. A box
/// appears at most once as target of one transfer vector, so that its sums have one writer.
template <class MemorySpace>
struct TransferPairs {
  Kokkos::View<int*, MemorySpace> target,  ///< (pairs) the box that receives
      source;                              ///< (pairs) the box that gives
  /// Pairs of level l and the t-th transfer vector: [begin[l][t], begin[l][t + 1]).
  std::vector<std::array<int, TransferVector::count + 1>> begin;
  int longest = 0;  ///< pairs of the fullest transfer vector of any level
};

/// Sorts the entries of V by level and transfer vector; the vector's index is a hash of the two
/// keys, and of which image is meant where the root repeats. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  see Octree
/// @param v  its V lists
/// @return the pairs
template <class ExecutionSpace, class MemorySpace>
TransferPairs<MemorySpace> make_transfer_pairs(const ExecutionSpace& exec,
                                               const Octree<MemorySpace>& tree,
                                               const Rows<MemorySpace>& v) {
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  constexpr int slots = TransferVector::hash_size;
  TransferPairs<MemorySpace> pairs;
  const int n = static_cast<int>(v.size());
  Kokkos::View<std::uint64_t*, MemorySpace> order;
  Kokkos::View<int*, MemorySpace> entry;
  Impl::allocate_into(order, exec, "Octopole::M2L::order", n);
  Impl::allocate_into(entry, exec, "Octopole::M2L::entry", n);
  Impl::allocate_into(pairs.target, exec, "Octopole::M2L::target", n);
  Impl::allocate_into(pairs.source, exec, "Octopole::M2L::source", n);
  const auto row_of =
      Impl::allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::M2L::row", n);
  {
    const auto o = order;
    const auto e = entry;
    Kokkos::parallel_for(
        "Octopole::M2L::hash", Range(exec, 0, tree.n_boxes), KOKKOS_LAMBDA(const int box) {
          const Morton::Key key = tree.key(box);
          int image = 0;  // of a box that the row has several times
          for (std::int64_t i = v.begin(box); i < v.begin(box + 1); ++i) {
            image = i > v.begin(box) && v.entry(i) == v.entry(i - 1) ? image + 1 : 0;
            o(i) = std::uint64_t(Morton::level(key)) * slots +
                   Morton::transfer_hash(key, tree.key(v.entry(i)), tree.periodic, image);
            e(i) = static_cast<int>(i);
            row_of(i) = box;
          }
        });
  }
  sort_by_key(exec, order, entry, Morton::level_bits + 9);
  const auto target = pairs.target, source = pairs.source;
  const int n_slots = (tree.depth + 1) * slots;
  const auto first =
      Impl::allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::M2L::first", n_slots + 1);
  const auto o = order;
  const auto e = entry;
  Kokkos::parallel_for(
      "Octopole::M2L::pairs", Range(exec, 0, n), KOKKOS_LAMBDA(const int i) {
        target(i) = row_of(e(i));
        source(i) = v.entry(e(i));
      });
  Kokkos::parallel_for(
      "Octopole::M2L::first", Range(exec, 0, n_slots + 1),
      KOKKOS_LAMBDA(const int s) { first(s) = lower_bound(o, 0, n, std::uint64_t(s)); });
  exec.fence("Octopole::M2L::pairs");
  const auto host = Impl::to_host(first);
  const auto hashes = TransferVector::all();
  pairs.begin.resize(tree.depth + 1);
  for (int l = 0; l <= tree.depth; ++l) {
    for (int t = 0; t < TransferVector::count; ++t) {
      pairs.begin[l][t] = host(l * slots + hashes[t]);
      pairs.longest = std::max(pairs.longest, host(l * slots + hashes[t] + 1) - pairs.begin[l][t]);
    }
    pairs.begin[l][TransferVector::count] = host((l + 1) * slots);
  }
  return pairs;
}

namespace Impl {
struct M2LProduct;

/// The sources' columns of pairs side by side, as Gather, with first moments brought from the centre
/// of the source's parent to that of the target's.
template <class T, class MemorySpace, class From, class To, class Column>
struct GatherWithMoments {
  Octree<MemorySpace> tree;
  Kokkos::View<const int*, MemorySpace> sources, targets;  ///< of the pairs
  Kokkos::Array<T, 3> apart;                               ///< from each target to its source
  From from;
  To to;
  Column column;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const int c = column(i), pair = column.first + i / column.columns;
    const int rows = static_cast<int>(to.extent(0));
    const int source = sources(pair), target = targets(pair);
    Kokkos::Array<T, 3> d = apart;
    const auto source_parent = parent_centre<T>(tree.key(source)),
               target_parent = parent_centre<T>(tree.key(target));
    for (int a = 0; a < 3; ++a) d[a] += source_parent[a] - target_parent[a];
    const bool is_moment = i % FirstMoment::columns == 3;
    for (int j = 0; j < rows; ++j) to(j, i) = is_moment ? moved_moment(from, j, c, d) : from(j, c);
  }
};
}  // namespace Impl

/// M2L by matrix products over all pairs of one level and transfer vector (PyExaFMM's way, with
/// one pair of bases for all vectors and a recompressed core per vector; Fong and Darve 2009 for
/// the bases). Bases are applied once per box, cores once per pair.
template <class Work>
class M2LBlas {
 public:
  using Exec = typename Work::execution_space;                   ///< where it runs
  using MemorySpace = typename Work::memory_space;               ///< where its Views live
  using T = typename Work::T;                                    ///< double or float
  using Columns = typename Expansions<T, MemorySpace>::Columns;  ///< coefficients
  using Set = OperatorSet<T, MemorySpace>;                       ///< operators of a level
  static constexpr M2L method = M2L::blas;                       ///< what it is called
  /// Pairs per product: three buffers of this many columns stay in cache.
  static constexpr int chunk = 512;

  /// Empty; assign a constructed one before use.
  M2LBlas() = default;

  /// Turns the V lists round and finds the sizes of the buffers; `allocate` makes them.
  /// @param exec  instance to work on
  /// @param tree  see Octree
  /// @param v  its V lists
  /// @param sets  sets(l) returns the operators of level l; not kept
  /// @param sizes  components, columns and padding of the expansions
  /// @param top_level  the coarsest level with a far field
  template <class Sets>
  M2LBlas(const Exec& exec, const Octree<MemorySpace>& tree, const Rows<MemorySpace>& v,
          const Sets& sets, const ExpansionSizes& sizes, int top_level)
      : m_pairs(make_transfer_pairs(exec, tree, v)), m_columns(sizes.columns) {
    const int sources = sizes.source_components * sizes.padded,
              targets = sizes.check_components * sizes.padded;
    int rank = 0, core = 0, widest = 0;
    for (int l = top_level; l <= tree.depth; ++l) {
      const Set& set = sets(l);
      rank = std::max(rank, int(set.compressed() ? set.source_basis.extent(0) : 0));
      for (int r : set.m2l_rank) core = std::max(core, r);
      if (set.compressed())
        widest = std::max(widest, m_columns * (tree.level_begin[l + 1] - tree.level_begin[l]));
      m_rank = set.compressed() ? int(set.source_basis.extent(0)) : sources;  // the finest level's
      m_flops += flops(tree, set, l, sources, targets);
    }
    const int columns = int(std::min<std::int64_t>(std::max(chunk, m_columns),
                                                   std::int64_t(m_pairs.longest) * m_columns));
    const int tall = std::max({rank, sources, targets});
    m_sizes = {{{rank > 0 ? rank : sources, columns},
                {core, columns},
                {rank > 0 ? rank : tall, columns},
                {rank, widest},
                {rank, widest}}};
  }

  /// Makes the buffers.
  /// @param exec  instance to work on
  void allocate(const Exec& exec, const M2LBlas& /*before*/ = {}) {
    const auto make = [&](Columns& buffer, int i) {
      buffer = Impl::allocate<Columns>(exec, "Octopole::M2L::buffer", m_sizes[i][0], m_sizes[i][1]);
    };
    make(m_gathered, 0), make(m_small, 1), make(m_result, 2);
    make(m_compressed_multipole, 3), make(m_compressed_check, 4);
  }

  /// @return of all levels
  double flops() const { return m_flops; }
  /// @return rank of the common bases, or the number of coefficients where nothing is compressed
  int rank() const { return m_rank; }
  /// @return 0: it goes through pairs of boxes
  long long parent_pairs() const { return 0; }
  /// @return memory of buffers and pairs, also before `allocate`
  std::size_t bytes() const {
    std::size_t numbers = 0;
    for (const auto& size : m_sizes) numbers += std::size_t(size[0]) * size[1];
    return sizeof(T) * numbers + sizeof(int) * (m_pairs.target.span() + m_pairs.source.span());
  }

  /// The potential of all V lists of `level` on the downward check surfaces. Overwrites
  /// `down_check` of the level's boxes.
  /// @param exec  instance to work on; not waited for
  /// @param tree  as given to the constructor
  /// @param set  the operators of `level`
  /// @param level  at least x.top_level
  /// @param x  `multipole` is read, `down_check` written
  void apply(const Exec& exec, const Octree<MemorySpace>& tree, const Set& set, int level,
             const Expansions<T, MemorySpace>& x) const {
    const auto boxes = std::make_pair(tree.level_begin[level] * m_columns,
                                      tree.level_begin[level + 1] * m_columns);
    const int n = boxes.second - boxes.first;
    static const std::string zero = "Octopole::M2L::clear";
    const auto checks = Kokkos::subview(x.down_check, Kokkos::ALL, boxes);
    if (!set.compressed()) {
      Impl::fill(zero, exec, checks, T(0));
      products(exec, tree, set, level, x.multipole, 0, x.down_check, x.first_moment);
      return;
    }
    const int k = static_cast<int>(set.source_basis.extent(0));
    const Unmanaged in(m_compressed_multipole.data(), k, n);
    const Unmanaged out(m_compressed_check.data(), k, n);
    gemm(exec, set.source_basis, Kokkos::subview(x.multipole, Kokkos::ALL, boxes), in);
    Impl::fill(zero, exec, out, T(0));
    products(exec, tree, set, level, in, tree.level_begin[level], out, x.first_moment);
    gemm(exec, set.target_basis, out, checks);
  }

 private:
  using Unmanaged =
      Kokkos::View<T**, Kokkos::LayoutLeft, MemorySpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

  double flops(const Octree<MemorySpace>& tree, const Set& set, int level, int sources,
               int targets) const {
    double sum = 0;
    const double k = double(set.source_basis.extent(0));
    for (int t = 0; t < TransferVector::count; ++t) {
      const double n = m_pairs.begin[level][t + 1] - m_pairs.begin[level][t];
      sum += set.compressed() ? 4 * k * set.m2l_rank[t] * n : 2.0 * targets * set.m2l_rank[t] * n;
    }
    const double boxes = tree.level_begin[level + 1] - tree.level_begin[level];
    return m_columns * (sum + 2 * k * boxes * (sources + targets));
  }

  /// Sum over transfer vectors of core * gathered columns, added to the targets' columns.
  template <class From, class To>
  void products(const Exec& exec, const Octree<MemorySpace>& tree, const Set& set, int level,
                const From& from, int shift, const To& to, bool first_moment) const {
    static const std::string gather_label = "Octopole::M2L::gather",
                             scatter_label = "Octopole::M2L::scatter";
    using Index = Kokkos::View<int*, MemorySpace>;
    const int rows_in = int(from.extent(0)), rows_out = int(to.extent(0));
    T* left = set.m2l_left.data();
    T* right = set.m2l_right.data();
    const auto hashes = TransferVector::all();
    const T box_side = T(2) / T(std::uint64_t(1) << level);
    for (int t = 0; t < TransferVector::count; ++t) {
      const int rank = set.m2l_rank[t];
      Kokkos::Array<T, 3> apart;
      for (int d = 0; d < 3; ++d)
        apart[d] = box_side * T(TransferVector::component(hashes[std::size_t(t)], d));
      const Unmanaged left_t(left, rows_out, rank), right_t(right, rank, rows_in);
      left += std::size_t(rows_out) * rank;
      if (set.compressed()) right += std::size_t(rank) * rows_in;
      const int end = m_pairs.begin[level][t + 1], step = std::max(1, chunk / m_columns);
      for (int first = m_pairs.begin[level][t]; first < end; first += step) {
        const auto columns = std::make_pair(0, std::min(step, end - first) * m_columns);
        const Columns in = Kokkos::subview(m_gathered, std::make_pair(0, rows_in), columns);
        const Columns out = Kokkos::subview(m_result, std::make_pair(0, rows_out), columns);
        const Impl::BoxColumn<Index> sources{m_pairs.source, first, shift, m_columns};
        if (first_moment)
          launch(gather_label, Kokkos::RangePolicy<Exec>(exec, 0, in.extent(1)),
                 Impl::GatherWithMoments<T, MemorySpace, From, Columns, Impl::BoxColumn<Index>>{
                     tree, m_pairs.source, m_pairs.target, apart, from, in, sources});
        else
          gather<Impl::M2LProduct>(gather_label, exec, from, in, sources);
        if (set.compressed()) {
          const auto small = Kokkos::subview(m_small, std::make_pair(0, rank), columns);
          gemm(exec, right_t, in, small);
          gemm(exec, left_t, small, out);
        } else {
          gemm(exec, left_t, in, out);
        }
        scatter<Impl::M2LProduct, true>(
            scatter_label, exec, out, to,
            Impl::BoxColumn<Index>{m_pairs.target, first, shift, m_columns});
      }
    }
  }

  TransferPairs<MemorySpace> m_pairs;
  std::array<std::array<int, 2>, 5> m_sizes{};  ///< of the buffers, in this order
  Columns m_gathered, m_small, m_result, m_compressed_multipole, m_compressed_check;
  int m_columns = 1;  ///< per box
  int m_rank = 0;
  double m_flops = 0;
};

}  // namespace Octopole

#endif
