#ifndef OCTOPOLE_SHARED_OPERATORS_HPP
#define OCTOPOLE_SHARED_OPERATORS_HPP

#include <core/base/Octopole_ProcessStore.hpp>
#include <core/precompute/Octopole_OperatorCache.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>

namespace octopole_test {

/// The next plan finds operators and orders as the first of its process does.
template <class Memory>
void forget_operators() {
  using Octopole::Impl::ProcessStore;
  ProcessStore<Octopole::OperatorSet<double, Memory>>::instance().clear();
  ProcessStore<Octopole::OperatorSet<float, Memory>>::instance().clear();
  ProcessStore<Octopole::OperatorCache::FoundOrder>::instance().clear();
}

}  // namespace octopole_test

#endif
