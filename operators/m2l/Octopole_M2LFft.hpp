#ifndef OCTOPOLE_M2L_FFT_HPP
#define OCTOPOLE_M2L_FFT_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <operators/m2l/Octopole_FrequencyProduct.hpp>
#include <operators/m2l/Octopole_FrequencyTransforms.hpp>
#include <operators/m2l/Octopole_ParentBlocks.hpp>
#include <operators/m2l/Octopole_StagedProduct.hpp>
#include <tree/Octopole_BoxLists.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace Octopole {

/// M2L by Fourier transforms over pairs of neighbouring parents (Ying, Biros and Zorin 2004,
/// section 3.3; the 8 x 8 blocks per frequency: Malhotra and Biros 2015). Parents are worked
/// through in blocks and frequencies in slabs, so that the transforms take a bounded space. `S`,
/// the scalar of transforms and products, may be float where the multipoles are double.
template <class Work, class S = typename Work::T>
class M2LFft {
 public:
  using Exec = typename Work::execution_space;      ///< where it runs
  using MemorySpace = typename Work::memory_space;  ///< where its Views live
  using T = typename Work::T;                       ///< scalar of the expansions
  using Set = OperatorSet<T, MemorySpace>;          ///< operators of a level
  static constexpr M2L method = M2L::fft;           ///< what it is called

  /// Empty; assign a constructed one before use.
  M2LFft() = default;

  /// Cuts the parents into blocks and the frequencies into slabs, so that the transforms take at most
  /// `limit` bytes, or two pencils where those take more. `allocate` makes room for them.
  /// @param exec  instance to work on
  /// @param tree  see Octree
  /// @param colleague  of its boxes, see InteractionLists
  /// @param parents  the split boxes by level
  /// @param sizes  components and columns of the expansions
  /// @param order  points per edge of the equivalent surface
  /// @param limit  bytes
  /// @param cut  cuts them where other ranks have parents too
  M2LFft(const Exec& exec, const Octree<MemorySpace>& tree,
         const Kokkos::View<int* [27], MemorySpace>& colleague, const BoxList<MemorySpace>& parents,
         const ExpansionSizes& sizes, int order, std::size_t limit,
         const Impl::CutParents& cut = {})
      : m_parents(parents) {
    const std::size_t C = std::size_t(sizes.columns) * sizes.source_components,
                      K = std::size_t(sizes.columns) * sizes.check_components;
    m_tables = Impl::make_frequency_tables<S, MemorySpace>(order);
    const auto& grid = m_tables.grid;
    const std::size_t pencil = sizeof(S) * grid.edge() * 16;
    m_blocks = Impl::make_parent_blocks(exec, tree, colleague, parents,
                                        {grid, pencil * C, pencil * K, limit}, cut);
    for (const auto& level : m_blocks.of_level)
      for (const auto& block : level)
        for (std::size_t i = 0; i + 1 < block.slabs.size(); ++i) {
          const std::size_t numbers =
              std::size_t(16) * grid.edge() *
              (grid.first_pencil(block.slabs[i + 1]) - grid.first_pencil(block.slabs[i]));
          m_source_size = std::max(m_source_size, numbers * block.n_sources * C);
          m_target_size = std::max(m_target_size, numbers * block.n_targets * K);
        }
    m_flops = 512.0 * sizes.columns * sizes.source_components * sizes.check_components *
              grid.size() * double(m_blocks.pairs);
  }

  /// Makes room for the transforms.
  /// @param exec  instance to work on
  /// @param before  an M2L whose transforms nobody needs any more: these lie in their memory where it
  ///   is large enough
  void allocate(const Exec& exec, const M2LFft& before = {}) {
    const auto make = [&](auto& view, const auto& old, const char* label, std::size_t size) {
      if (old.extent(0) >= size && old.extent(0) <= 2 * size)
        view = old;
      else
        Impl::allocate_into(view, exec, label, size);
    };
    make(m_source, before.m_source, "Octopole::M2L::source", m_source_size);
    make(m_target, before.m_target, "Octopole::M2L::target", m_target_size);
  }

  /// Of a parent and a neighbour, over all levels.
  /// @return number of pairs
  long long parent_pairs() const { return m_blocks.pairs; }
  /// @return 0: nothing is compressed
  int rank() const { return 0; }
  /// Of the block products, transforms left out.
  /// @return floating-point operations of all levels
  double flops() const { return m_flops; }
  /// @return memory of the transforms and blocks, also before `allocate`
  std::size_t bytes() const {
    return sizeof(S) * (std::max(m_source_size, m_source.span()) +
                        std::max(m_target_size, m_target.span())) +
           sizeof(int) * (m_blocks.neighbour.span() + m_blocks.source.span());
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
    static const std::string to = "Octopole::M2L::to_frequencies",
                             from = "Octopole::M2L::from_frequencies";
    for (const Impl::ParentBlock& block : m_blocks.of_level[level - 1]) {
      for (std::size_t i = 0; i + 1 < block.slabs.size(); ++i) {
        Slab slab{tree,
                  x,
                  m_tables,
                  m_blocks.source,
                  m_parents.boxes,
                  block.first_source,
                  block.n_sources,
                  block.first_target,
                  block.n_targets,
                  block.slabs[i],
                  block.slabs[i + 1],
                  m_source.data(),
                  m_target.data(),
                  S(4) / S(std::uint64_t(1) << level),
                  Slab::teams_for(exec, block.n_sources)};
        launch(to, slab.policy(exec), Impl::ToFrequencies<Work, S>{slab});
        multiply_frequencies(exec, slab, set.template frequencies<S>());
        slab.teams = Slab::teams_for(exec, block.n_targets);
        launch(from, slab.policy(exec), Impl::FromFrequencies<Work, S>{slab});
      }
    }
  }

 private:
  using Slab = Impl::FrequencySlab<Work, S>;

  template <class Operators>
  void multiply_frequencies(const Exec& exec, const Slab& slab, const Operators& operators) const {
    static const std::string label = "Octopole::M2L::multiply_frequencies";
    if constexpr (Work::WorkShape::product_team > 0) {
      const Impl::StagedProduct<Work, S, Operators> product{slab, operators, m_blocks.neighbour};
      launch(label, product.policy(exec), product);
    } else {
      const auto multiply = [&]<bool Moments>() {
        using Product = Impl::FrequencyProduct<Work, S, Operators, Moments>;
        using Dynamic = Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>>;
        const int blocks = (slab.n_targets + Product::block - 1) / Product::block;
        launch(label, Dynamic(exec, 0, slab.count() * blocks),
               Product{slab, operators, m_blocks.neighbour, blocks});
      };
      if (slab.x.first_moment)
        multiply.template operator()<true>();
      else
        multiply.template operator()<false>();
    }
  }

  BoxList<MemorySpace> m_parents;
  Impl::FrequencyTables<S, MemorySpace> m_tables;
  Impl::ParentBlocks<MemorySpace> m_blocks;
  std::size_t m_source_size = 0, m_target_size = 0;  ///< numbers that the transforms take
  Kokkos::View<S*, MemorySpace> m_source, m_target;
  double m_flops = 0;
};

}  // namespace Octopole

#endif
