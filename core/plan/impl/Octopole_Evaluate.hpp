#ifndef OCTOPOLE_EVALUATE_HPP
#define OCTOPOLE_EVALUATE_HPP

#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <operators/Octopole_L2L.hpp>
#include <operators/Octopole_M2M.hpp>
#include <operators/dense/Octopole_CheckToEquivalent.hpp>
#include <operators/dense/Octopole_MoveMoments.hpp>
#include <operators/periodic/Octopole_RootImages.hpp>

#include <Kokkos_Profiling_ScopedRegion.hpp>

#include <algorithm>
#include <string>

namespace Octopole::Impl {

/// Runs the stages of an execute in regions of their own, and measures them where that is asked for.
class Stages {
 public:
  Stages(bool timing, StageSeconds& seconds) : m_timing(timing), m_seconds(seconds) {}

  template <class ExecutionSpace, class F>
  void operator()(const ExecutionSpace& exec, const std::string& region,
                  double StageSeconds::* seconds, const F& work) const {
    const Kokkos::Profiling::ScopedRegion scope(region);
    if (m_timing) {
      // Stage times need fences; without them stages follow each other on the instance alone.
      Kokkos::Timer timer;
      work();
      exec.fence("Octopole::Plan: stage times");
      m_seconds.*seconds += timer.seconds();
    } else {
      work();
    }
  }

 private:
  bool m_timing;
  StageSeconds& m_seconds;
};

/// The fast multipole method (Ying, Biros and Zorin 2004): from packed charges to results in the
/// tree's order, of outputs 0 to `last_output`. Asynchronous on `exec`. On ranks, `ghost_charges()` waits for the
/// charges of ghosts.
template <class Work, class GhostCharges>
void evaluate(const typename Work::execution_space& exec, const PlanParts<Work>& plan,
              int last_output, const Stages& stage, const GhostCharges& ghost_charges) {
  using S = StageSeconds;
  using WorkShape = typename Work::WorkShape;
  static const std::string r_p2m = "Octopole::P2M", r_m2m = "Octopole::M2M",
                           r_p2l = "Octopole::P2L", r_l2l = "Octopole::L2L",
                           r_l2p = "Octopole::L2P", r_m2p = "Octopole::M2P",
                           r_p2p = "Octopole::P2P";
  const Choices& choices = plan.choices;
  const auto& kernel = *plan.kernel;
  const auto& tree = plan.tree;
  const auto& sets = plan.sets;
  const auto& lists = plan.lists;
  const auto& sources = plan.sources;
  const auto& targets = plan.targets;
  const auto& expansions = plan.expansions;
  if (choices.direct) {
    stage(exec, r_p2p, &S::p2p,
          [&] { kernel.all_pairs(exec, last_output, tree, sources, targets); });
    return;
  }
  const int depth = tree.depth, top = expansions.top_level;
  const Root root = plan.far_root();
  const std::string& r_m2l = plan.m2l.region();

  // Upward. The solves from check surface to densities are counted with the operator that filled the
  // check surface: those of the leaves with P2M, of the parents with M2M.
  stage(exec, r_p2m, &S::p2m, [&] {
    kernel.p2m(exec, tree, sources, expansions, root);
    // At once where all levels have the same operators.
    const int step = kernel.statement().homogeneous ? depth + 1 : 1;
    for (int l = top; l <= depth; l += step)
      check_to_multipole<WorkShape>(exec, lists.leaves, l, std::min(l + step, depth + 1),
                                    sets.at(l), expansions);
  });
  // On ranks: children of boxes that are shared come from their ranks, one level after the other.
  const auto* others = plan.others.get();
  for (int l = std::max(depth, others ? others->coarsest_levels() : 0) - 1; l >= top; --l)
    stage(exec, r_m2m, &S::m2m, [&] {
      if (others) others->children(exec, l, expansions);
      if (l < depth) m2m<WorkShape>(exec, tree, lists.held, sets.at(l), l, expansions);
    });
  if (others) stage(exec, r_m2m, &S::m2m, [&] { others->start_multipoles(exec, expansions); });

  // What is near comes first among what is added at the targets: on ranks multipoles travel meanwhile, as charges of
  // ghosts have done until now.
  stage(exec, r_p2p, &S::p2p, [&] {
    ghost_charges();
    kernel.p2p(exec, last_output, tree, lists.near(), sources, targets, choices.options.near_field);
  });

  // Across.
  if (others) stage(exec, r_m2l, &S::m2l, [&] { others->finish_multipoles(exec, expansions); });
  // Where the root repeats, its top level is its own: all but the nearest images come in there.
  if (plan.root_images)
    stage(exec, r_m2l, &S::m2l,
          [&] { root_images<WorkShape>(exec, *plan.root_images, expansions); });
  for (int l = std::max(top, 1); l <= depth; ++l)
    stage(exec, r_m2l, &S::m2l, [&] { plan.m2l.apply(exec, tree, sets.at(l), l, expansions); });
  stage(exec, r_p2l, &S::p2l, [&] {
    kernel.p2l(exec, tree, lists.interactions.x, lists.with_x, sources, expansions, root);
  });

  // Downward. The solves, of what M2L, P2L and L2L fill together, are counted with M2L.
  for (int l = top; l <= depth; ++l) {
    if (l > top)
      stage(exec, r_l2l, &S::l2l,
            [&] { l2l<WorkShape>(exec, tree, lists.passing, sets.at(l - 1), l, expansions); });
    stage(exec, r_m2l, &S::m2l, [&] {
      check_to_local<WorkShape>(exec, tree, sets.at(l), lists.targets[l].first,
                                lists.targets[l].second, expansions);
    });
  }

  // To the targets.
  const auto& w = lists.interactions.w;
  stage(exec, r_l2p, &S::l2p, [&] {
    if (expansions.first_moment) moments_from_their_points(exec, tree, w.size() > 0, expansions);
    kernel.l2p(exec, last_output, tree, lists.terminals, expansions, targets, root);
  });
  stage(exec, r_m2p, &S::m2p,
        [&] { kernel.m2p(exec, last_output, tree, w, expansions, targets, root); });
  if (plan.periodic_field.exists())
    stage(exec, r_l2p, &S::l2p, [&] {
      sum_moments(exec, tree.domain, sources, plan.periodic_field);
      add_periodic_field(exec, tree.domain, plan.periodic_field,
                         kernel.statement().rows_of(last_output), targets);
    });
}

}  // namespace Octopole::Impl

#endif
