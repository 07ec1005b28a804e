#ifndef OCTOPOLE_M2L_FFT_HPP
#define OCTOPOLE_M2L_FFT_HPP

#include <Octopole_BoxLists.hpp>
#include <impl/Octopole_Allocate.hpp>
#include <impl/Octopole_FrequencyProduct.hpp>
#include <impl/Octopole_FrequencyTransforms.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace Octopole {

/// M2L by Fourier transforms over pairs of neighbouring parents (Ying, Biros and Zorin 2004, section
/// 3.3; the 8 x 8 blocks per frequency: Malhotra and Biros 2015). Frequencies are worked through in
/// slabs, so that the transforms of a level take a bounded space. `S`, the scalar of transforms and
/// products, may be float where the multipoles are double.
template <class Data, class S = typename Data::T>
class M2LFft {
 public:
  using Exec = typename Data::execution_space;
  using MemorySpace = typename Data::memory_space;
  using Set = OperatorSet<typename Data::T, MemorySpace>;

  static constexpr std::size_t default_memory =
      (Data::Simd::on_host ? std::size_t(64) : std::size_t(1024)) << 20;

  M2LFft() = default;

  /// `parents`: the split boxes by level. Allocates all that `apply` needs: at most `limit` bytes for
  /// the transforms, or two pencils where those take more.
  M2LFft(const Exec& exec, const Data& d, const BoxList<MemorySpace>& parents, int order,
         std::size_t limit)
      : m_parents(parents) {
    m_tables = Impl::make_frequency_tables<S, MemorySpace>(order);
    const auto& grid = m_tables.grid;
    const int depth = d.tree.depth, n_parents = parents.last(depth);
    find_neighbours(exec, d, n_parents);
    int widest = 0;
    for (int l = 1; l < depth; ++l) widest = std::max(widest, slots(l));
    const std::size_t per_pencil =
        sizeof(S) * grid.edge() * 16 * (Data::C + Data::K) * std::max(widest, 1);
    const int most = int(std::clamp<std::size_t>(limit / per_pencil, 2, grid.pencils()));
    // Slabs of nearly equal size, in whole units.
    const int n_slabs = (grid.pencils() + most - 1) / most;
    int longest = 0;
    m_slabs.assign(1, 0);
    for (int u = 1; u <= grid.units(); ++u) {
      const int count = grid.first_pencil(u) - grid.first_pencil(m_slabs.back());
      const bool full =
          u == grid.units() ||
          grid.first_pencil(u + 1) - grid.first_pencil(m_slabs.back()) >
              std::min(most, std::max(2, (grid.pencils() + n_slabs - 1) / n_slabs + 1));
      if (!full) continue;
      longest = std::max(longest, count);
      m_slabs.push_back(u);
    }
    const std::size_t part = std::size_t(grid.edge()) * 16 * widest * longest;
    Impl::allocate_into(m_source, exec, "Octopole::M2L::source", part * Data::C);
    Impl::allocate_into(m_target, exec, "Octopole::M2L::target", part * Data::K);
    m_workers = std::clamp(16 * int(exec.concurrency()), 1, 4096);
    Impl::allocate_into(m_scratch, exec, "Octopole::M2L::scratch", m_workers,
                        Impl::round_up(Slab::scratch_size(m_tables), 64));
    count_flops(exec, d);
  }

  /// Of the block products, transforms left out.
  double flops() const { return m_flops; }
  std::size_t bytes() const {
    return sizeof(S) * (m_source.span() + m_target.span() + m_scratch.span()) +
           sizeof(int) * m_neighbour.span();
  }

  /// The potential of all V lists of `level` on the downward check surfaces. Overwrites `down_check`
  /// of the level's boxes.
  void apply(const Exec& exec, const Data& d, const Set& set, int level) const {
    static const std::string to = "Octopole::M2L.f", multiply = "Octopole::M2L.m",
                             from = "Octopole::M2L.b";
    using Dynamic = Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>>;
    const auto& operators = set.template frequencies<S>();
    using Product = Impl::FrequencyProduct<Data, S, std::decay_t<decltype(operators)>>;
    const int n = slots(level - 1);
    const int blocks = (n + Product::block - 1) / Product::block;
    const int workers = std::min(m_workers, (n + Slab::block - 1) / Slab::block);
    for (std::size_t i = 0; i + 1 < m_slabs.size(); ++i) {
      const Slab slab{d,
                      m_tables,
                      m_parents.boxes,
                      m_parents.first(level - 1),
                      n,
                      m_slabs[i],
                      m_slabs[i + 1],
                      m_source.data(),
                      m_target.data(),
                      m_scratch,
                      workers};
      Kokkos::parallel_for(to, Dynamic(exec, 0, workers), Impl::ToFrequencies<Data, S>{slab});
      Kokkos::parallel_for(multiply, Dynamic(exec, 0, slab.count() * blocks),
                           Product{slab, operators, m_neighbour, blocks});
      Kokkos::parallel_for(from, Dynamic(exec, 0, workers), Impl::FromFrequencies<Data, S>{slab});
    }
  }

  // Public because it launches a kernel, which nvcc asks of a function that does.
  void find_neighbours(const Exec& exec, const Data& d, int n_parents) {
    using Range = Kokkos::RangePolicy<Exec>;
    const auto slot_of = Impl::allocate<Kokkos::View<int*, MemorySpace>>(
        exec, "Octopole::M2L::slot_of", d.tree.n_boxes);
    Impl::allocate_into(m_neighbour, exec, "Octopole::M2L::neighbour", 27, n_parents);
    const auto tree = d.tree;
    const auto colleague = d.lists.colleague;
    const auto boxes = m_parents.boxes;
    const auto neighbour = m_neighbour;
    Impl::fill("Octopole::M2L::slot_of", exec, slot_of, -1);
    for (int l = 0; l < tree.depth; ++l) {
      const int begin = m_parents.first(l);
      Kokkos::parallel_for(
          "Octopole::M2L::slot_of", Range(exec, begin, m_parents.last(l)),
          KOKKOS_LAMBDA(const int i) { slot_of(boxes(i)) = i - begin; });
    }
    Kokkos::parallel_for(
        "Octopole::M2L::neighbour", Range(exec, 0, n_parents), KOKKOS_LAMBDA(const int i) {
          const int box = boxes(i);
          for (int n = 0; n < 27; ++n) {
            const int c = tree.n_targets(box) > 0 ? colleague(box, n) : -1;
            neighbour(n, i) = c >= 0 && tree.n_sources(c) > 0 ? slot_of(c) : -1;
          }
        });
    exec.fence("Octopole::M2L::neighbour");
  }
  void count_flops(const Exec& exec, const Data&) {
    const auto neighbour = m_neighbour;
    long long pairs = 0;
    const int begin = m_parents.first(1);
    Kokkos::parallel_reduce(
        "Octopole::M2L::count", Kokkos::RangePolicy<Exec>(exec, begin, neighbour.extent(1)),
        KOKKOS_LAMBDA(const int i, long long& sum) {
          for (int n = 0; n < 27; ++n) sum += n != 13 && neighbour(n, i) >= 0;
        },
        pairs);
    m_flops = 512.0 * Data::C * Data::K * m_tables.grid.size() * double(pairs);
  }

 private:
  using Slab = Impl::FrequencySlab<Data, S>;

  int slots(int level) const { return m_parents.last(level) - m_parents.first(level); }

  BoxList<MemorySpace> m_parents;
  Impl::FrequencyTables<S, MemorySpace> m_tables;
  Kokkos::View<int**, Kokkos::LayoutRight, MemorySpace> m_neighbour;
  Kokkos::View<S*, MemorySpace> m_source, m_target;
  Kokkos::View<S**, Kokkos::LayoutRight, MemorySpace> m_scratch;
  std::vector<int> m_slabs;  ///< their first units, and the end
  int m_workers = 1;
  double m_flops = 0;
};

}  // namespace Octopole

#endif
