#ifndef OCTOPOLE_M2L_FFT_HPP
#define OCTOPOLE_M2L_FFT_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_Launch.hpp>
#include <impl/Octopole_Allocate.hpp>
#include <impl/Octopole_FrequencyProduct.hpp>
#include <impl/Octopole_FrequencyTransforms.hpp>
#include <impl/Octopole_ParentBlocks.hpp>
#include <impl/Octopole_StagedProduct.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace Octopole {

/// M2L by Fourier transforms over pairs of neighbouring parents (Ying, Biros and Zorin 2004,
/// section 3.3; the 8 x 8 blocks per frequency: Malhotra and Biros 2015). Parents are worked
/// through in blocks and frequencies in slabs, so that the transforms take a bounded space. `S`,
/// the scalar of transforms and products, may be float where the multipoles are double.
template <class Data, class S = typename Data::T>
class M2LFft {
 public:
  using Exec = typename Data::execution_space;  ///< where it runs
  using MemorySpace = typename Data::memory_space;  ///< where its Views live
  using Set = OperatorSet<typename Data::T, MemorySpace>;  ///< operators of a level

  /// bytes for the transforms where Options::m2l_memory is 0
  static constexpr std::size_t default_memory = Data::Shape::m2l_memory;

  /// Does nothing but take its place.
  M2LFft() = default;

  /// `parents`: the split boxes by level. Allocates all that `apply` needs: at most `limit` bytes
  /// for the transforms, or two pencils where those take more.
  /// @param exec  instance to work on
  /// @param d  tree, colleagues and number of columns
  /// @param parents  see above
  /// @param order  points per edge of the equivalent surface
  /// @param limit  bytes
  M2LFft(const Exec& exec, const Data& d, const BoxList<MemorySpace>& parents, int order,
         std::size_t limit)
      : m_parents(parents) {
    m_tables = Impl::make_frequency_tables<S, MemorySpace>(order);
    const auto& grid = m_tables.grid;
    const std::size_t pencil = sizeof(S) * grid.edge() * 16;
    m_blocks = Impl::make_parent_blocks(exec, d.tree, d.lists.colleague, parents,
                                        {grid, pencil * d.columns * Data::C, pencil * d.columns * Data::K, limit});
    std::size_t source = 0, target = 0;
    for (const auto& level : m_blocks.of_level)
      for (const auto& block : level)
        for (std::size_t i = 0; i + 1 < block.slabs.size(); ++i) {
          const std::size_t numbers =
              std::size_t(16) * grid.edge() *
              (grid.first_pencil(block.slabs[i + 1]) - grid.first_pencil(block.slabs[i]));
          source = std::max(source, numbers * block.n_sources * d.columns * Data::C);
          target = std::max(target, numbers * block.n_targets * d.columns * Data::K);
        }
    Impl::allocate_into(m_source, exec, "Octopole::M2L::source", source);
    Impl::allocate_into(m_target, exec, "Octopole::M2L::target", target);
    m_flops = 512.0 * d.columns * Data::C * Data::K * grid.size() * double(m_blocks.pairs);
  }

  /// Of a parent and a neighbour, over all levels.
  /// @return number of pairs
  long long pairs() const { return m_blocks.pairs; }
  /// Of the block products, transforms left out.
  /// @return floating-point operations of all levels
  double flops() const { return m_flops; }
  /// @return of buffers and pairs
  std::size_t bytes() const {
    return sizeof(S) * (m_source.span() + m_target.span()) +
           sizeof(int) * (m_blocks.neighbour.span() + m_blocks.source.span());
  }

  /// The potential of all V lists of `level` on the downward check surfaces. Overwrites
  /// `down_check` of the level's boxes.
  /// @param exec  instance to work on; not waited for
  /// @param d  as given to the constructor
  /// @param set  the operators of `level`
  /// @param level  at least d.top_level
  void apply(const Exec& exec, const Data& d, const Set& set, int level) const {
    static const std::string to = "Octopole::M2L.f", from = "Octopole::M2L.b";
    for (const Impl::ParentBlock& block : m_blocks.of_level[level - 1]) {
      for (std::size_t i = 0; i + 1 < block.slabs.size(); ++i) {
        Slab slab{d,
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
                  Slab::teams_for(exec, block.n_sources)};
        launch(to, slab.policy(exec), Impl::ToFrequencies<Data, S>{slab});
        multiply_frequencies(exec, slab, set.template frequencies<S>());
        slab.teams = Slab::teams_for(exec, block.n_targets);
        launch(from, slab.policy(exec), Impl::FromFrequencies<Data, S>{slab});
      }
    }
  }

 private:
  using Slab = Impl::FrequencySlab<Data, S>;

  template <class Operators>
  void multiply_frequencies(const Exec& exec, const Slab& slab, const Operators& operators) const {
    static const std::string label = "Octopole::M2L.m";
    if constexpr (Data::Shape::product_team > 0) {
      const Impl::StagedProduct<Data, S, Operators> product{slab, operators, m_blocks.neighbour};
      launch(label, product.policy(exec), product);
    } else {
      using Product = Impl::FrequencyProduct<Data, S, Operators>;
      using Dynamic = Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>>;
      const int blocks = (slab.n_targets + Product::block - 1) / Product::block;
      launch(label, Dynamic(exec, 0, slab.count() * blocks),
             Product{slab, operators, m_blocks.neighbour, blocks});
    }
  }

  BoxList<MemorySpace> m_parents;
  Impl::FrequencyTables<S, MemorySpace> m_tables;
  Impl::ParentBlocks<MemorySpace> m_blocks;
  Kokkos::View<S*, MemorySpace> m_source, m_target;
  double m_flops = 0;
};

}  // namespace Octopole

#endif
