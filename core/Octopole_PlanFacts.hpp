#ifndef OCTOPOLE_PLAN_FACTS_HPP
#define OCTOPOLE_PLAN_FACTS_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

namespace Octopole {

/// Wall seconds per stage. The first four (and `plan`, the whole constructor) are measured while
/// planning; the rest by the last `execute` after `Plan::set_timing(true)`.
struct StageSeconds {
  double plan = 0, tree = 0, lists = 0, operators = 0;
  double evaluate = 0, permute = 0;
  double p2m = 0, m2m = 0, m2l = 0, p2l = 0, l2l = 0, l2p = 0, m2p = 0, p2p = 0;
};

/// What a Plan decided and found out; everything here is known once the constructor returns.
struct PlanFacts {
  std::size_t n_sources = 0, n_targets = 0;
  int digits = 0, order = 0, check_order = 0;
  std::string method;  ///< "fmm" or "direct"
  std::string m2l;     ///< "blas", "fft" or "none"
  int m2l_rank = 0;    ///< rank of the common bases; the number of coefficients when full, 0 with fft
  bool m2l_single = false;  ///< M2L in single precision under a far field in double
  std::string near_field;  ///< "exact", "fast", "mixed" or "rough": see NearField
  int leaf_capacity = 0;
  double near_over_far = 1;  ///< what tuning found: cost of near pairs over the cost model's
  bool balanced = false;
  double root_size = 0;  ///< side of the root cube
  int depth = 0;         ///< level of the finest leaf; the root is level 0
  std::size_t n_leaves = 0, n_boxes = 0;
  std::size_t largest_leaf = 0;  ///< points; above leaf_capacity only at the depth limit
  std::string operators_source;  ///< "computed", "cache" or "none"
  std::uint64_t pairs_p2p = 0;   ///< point to point
  std::uint64_t pairs_m2l = 0;   ///< box to box
  std::uint64_t pairs_m2p = 0;   ///< box to leaf (W)
  std::uint64_t pairs_p2l = 0;   ///< leaf to box (X)
  double m2l_flops = 0;
  std::size_t plan_bytes = 0;
  std::string notice;  ///< one line on something unusual (a damaged cache, say); else empty
};

/// Errors of a plan's results against a direct sum; NaN for outputs that were not given.
struct CheckResult {
  std::size_t targets = 0;  ///< how many were compared
  double potential_rel_l2 = NAN, potential_max = NAN;
  double gradient_rel_l2 = NAN, gradient_max = NAN;
};

}  // namespace Octopole

#endif
