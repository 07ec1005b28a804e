#ifndef OCTOPOLE_PLAN_FACTS_HPP
#define OCTOPOLE_PLAN_FACTS_HPP

#include <core/kernels/Octopole_CheckResult.hpp>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace Octopole {

/// Wall seconds per stage. The first four (and `plan`, the whole constructor) are measured while
/// planning; the rest by the last `execute` after `Plan::set_timing(true)`, but for waiting on ranks, which always is.
struct StageSeconds {
  double plan = 0,      ///< the whole constructor
      tree = 0,         ///< sort, octree, packed points
      lists = 0,        ///< interaction lists
      operators = 0;    ///< computed or read
  double evaluate = 0,  ///< the whole of `execute`
      permute = 0;      ///< charges to the tree's order and results back
  double p2m = 0,       ///< particle to multipole
      m2m = 0,          ///< multipole to multipole
      m2l = 0,          ///< multipole to local
      p2l = 0,          ///< particle to local (X)
      l2l = 0,          ///< local to local
      l2p = 0,          ///< local to particle
      m2p = 0,          ///< multipole to particle (W)
      p2p = 0;          ///< particle to particle (U)
  /// On ranks, what the last `execute` waited for others, in stages above: charges and results in `permute` and `p2p`,
  /// multipoles of children in `m2m`, all other multipoles in `m2l`.
  double wait_charges = 0,  ///< until those of own points and of ghosts were here
      wait_children = 0,    ///< until those of boxes in the parts of several ranks were here
      wait_multipoles = 0,  ///< until those of ghosts were here
      wait_results = 0;     ///< until those of the caller's points were here
};

/// What a Plan decided and found out; all but `launches` is known once the constructor returns. On ranks,
/// points, boxes and pairs are those of this one.
struct PlanFacts {
  std::size_t n_sources = 0,  ///< N
      n_targets = 0;          ///< M
  int digits = 0,             ///< as in Options, chosen
      order = 0,              ///< as in Options, chosen
      check_order = 0,        ///< as in Options, chosen
      right_hand_sides = 1;   ///< R
  std::string method;         ///< "fmm" or "direct"
  std::uint64_t direct_pairs =
      0;  ///< pairs up to which Method::automatic takes the direct sum; 0 where it was not asked
  std::string m2l;   ///< "blas", "fft" or "none"
  int m2l_rank = 0;  ///< rank of the common bases; the number of coefficients when full, 0 with fft
  bool m2l_single = false;   ///< M2L in single precision under a far field in double
  std::string near_field;    ///< "exact", "fast", "mixed" or "rough": see NearField
  int leaf_capacity = 0;     ///< as in Options, chosen
  double near_over_far = 1;  ///< what tuning found: cost of near pairs over the cost model's
  bool balanced = false;     ///< 2:1 balance was made
  double root_size = 0;      ///< side of the root cube
  int depth = 0;             ///< level of the finest leaf; the root is level 0
  std::size_t n_leaves = 0,  ///< boxes that are not split
      n_boxes = 0;           ///< all boxes
  std::vector<std::size_t>
      boxes_by_level;  ///< of levels 0 to `depth`; together n_boxes less n_ghosts
  std::size_t largest_leaf =
      0;  ///< points; above leaf_capacity at the depth limit, or of targets alone
  /// "computed" where some were, else "cache" where some were read, else "shared" with plans of this
  /// process, else "none"
  std::string operators_source;
  std::uint64_t pairs_p2p = 0;    ///< point to point
  std::uint64_t pairs_m2l = 0;    ///< box to box
  std::uint64_t pairs_m2p = 0;    ///< box to leaf (W)
  std::uint64_t pairs_p2l = 0;    ///< leaf to box (X)
  double m2l_flops = 0;           ///< of one `execute`; transforms left out
  std::size_t n_ghosts = 0;       ///< on ranks, of `n_boxes` those whose points are elsewhere
  std::size_t bytes_sent = 0;     ///< on ranks, what this one sends to others in one `execute`
  std::size_t messages_sent = 0;  ///< on ranks, in how many messages
  double imbalance = 1;  ///< on ranks, what the cost model gives the one with most over the mean
  std::size_t plan_bytes = 0;  ///< memory that the plan holds
  std::uint64_t launches = 0;  ///< kernels that the last `execute` launched; 0 before the first
  std::string notice;          ///< one line on something unusual (a damaged cache, say); else empty
};

namespace Impl {

/// A plan of the kernel of this name, in a few lines.
std::ostream& describe(std::ostream& out, const std::string& kernel, const PlanFacts& facts);

}  // namespace Impl

}  // namespace Octopole

#endif
