#include <core/plan/Octopole_PlanFacts.hpp>

#include <ostream>

namespace Octopole::Impl {

std::ostream& describe(std::ostream& out, const std::string& kernel, const PlanFacts& f) {
  return out << "Octopole plan: " << kernel << ", " << f.n_sources << " sources, " << f.n_targets
             << " targets, " << f.digits << " digits\n"
             << "  method " << f.method << ", order " << f.order << " (check " << f.check_order
             << "), M2L " << f.m2l << (f.m2l_rank > 0 ? " rank " + std::to_string(f.m2l_rank) : "")
             << '\n'
             << "  tree depth " << f.depth << ", " << f.n_leaves << " leaves of at most "
             << f.leaf_capacity << " points" << (f.balanced ? ", balanced" : "") << ", root side "
             << f.root_size << '\n'
             << "  operators from " << f.operators_source << ", " << f.plan_bytes << " bytes\n";
}

}  // namespace Octopole::Impl
