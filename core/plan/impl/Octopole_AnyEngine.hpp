#ifndef OCTOPOLE_ANY_ENGINE_HPP
#define OCTOPOLE_ANY_ENGINE_HPP

#include <Kokkos_Core.hpp>
#include <core/plan/Octopole_AnyArray.hpp>
#include <core/plan/Octopole_AnyOutputs.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/plan/Octopole_PlanFacts.hpp>

namespace Octopole::Impl {

/// An Engine of either scalar on the default execution space. Arrays are checked by it.
class AnyEngine {
 public:
  using ExecutionSpace = Kokkos::DefaultExecutionSpace;

  virtual ~AnyEngine() = default;
  virtual void execute(const ExecutionSpace& exec, const AnyArray& charges,
                       const AnyOutputs& outputs) = 0;
  virtual CheckResult check(const ExecutionSpace& exec, const AnyArray& charges,
                            const AnyOutputs& outputs, int samples) = 0;
  /// `targets` null: the targets are the sources.
  virtual void update_points(const ExecutionSpace& exec, const AnyArray& sources,
                             const AnyArray* targets) = 0;
  virtual void set_timing(bool on) = 0;
  virtual const StageSeconds& stage_seconds() const = 0;
  virtual const PlanFacts& facts() const = 0;
  virtual const Options& options() const = 0;
};

}  // namespace Octopole::Impl

#endif
