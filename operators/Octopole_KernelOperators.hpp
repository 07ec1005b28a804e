#ifndef OCTOPOLE_KERNEL_OPERATORS_HPP
#define OCTOPOLE_KERNEL_OPERATORS_HPP

#include <core/base/Octopole_Variants.hpp>
#include <core/base/Octopole_WorkShape.hpp>
#include <core/kernels/Octopole_KernelStatement.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/edges/Octopole_SampledError.hpp>
#include <tree/Octopole_BoxLists.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_NearWork.hpp>
#include <tree/Octopole_Terminals.hpp>

#include <memory>
#include <string>

namespace Octopole {

/// What is compiled for each kernel: the operators that begin or end at points, in which its
/// functors are called, and the matrices that follow from it. Everything else of a plan (tree,
/// lists, the translations of expansions, planning itself) is compiled once for all kernels and
/// meets them through this. Immutable.
/// @tparam WorkShape  how the work of operators is cut
template <class ExecutionSpace, class T, class WorkShape = WorkShapeOf<ExecutionSpace>>
class KernelOperators {
 public:
  using MemorySpace = typename ExecutionSpace::memory_space;  ///< where all Views live
  using Tree = Octree<MemorySpace>;                           ///< see there
  using Sources = ChargedPoints<T, MemorySpace>;              ///< see there
  using Targets = TargetPoints<T, MemorySpace>;               ///< see there
  using Boxes = Expansions<T, MemorySpace>;                   ///< see there

  virtual ~KernelOperators() = default;

  /// @return what the kernel states about itself
  virtual const KernelStatement& statement() const = 0;
  /// The same kernel with lengths measured in another unit.
  /// @param h  the unit, in the present one
  /// @return operators of the rescaled kernel
  virtual std::shared_ptr<const KernelOperators> rescaled(double h) const = 0;
  /// The distance beyond which the near field's regularisation is not felt.
  /// @param error  relative, above 0
  /// @return 0 where there is none
  virtual double near_range(double error) const = 0;
  /// How much a screened kernel has decayed, apart from what all kernels do.
  /// @param distance  in the kernel's unit
  /// @return 1 for kernels that are not screened
  virtual double decay(double distance) const = 0;
  /// By how much a wave turns on its way.
  /// @param distance  in the kernel's unit
  /// @return radians; 0 for kernels that are no waves
  virtual double phase(double distance) const = 0;
  /// By what dipoles beside charges are multiplied in the kernel's unit.
  /// @return 1 for kernels whose charges are all of one kind
  virtual double dipole_length() const = 0;

  /// The text of everything that decides the values of the matrices, for boxes whose half-width is
  /// the kernel's unit of length.
  /// @param spec  what else decides them
  /// @return one line
  virtual std::string operator_key(const OperatorSpec& spec) const = 0;
  /// Computes the matrices for such boxes.
  /// @param spec  what else decides them
  /// @return all matrices, in host memory
  virtual OperatorSet<T> precompute(const OperatorSpec& spec) const = 0;
  /// The error of one box's far field in its nearest neighbours, from the inverses alone.
  /// @param spec  orders, radii and cut-off
  /// @param last_output  of those wanted
  /// @param corners  see probe_corners; 0: none
  /// @return largest relative L2 error of those outputs, see Probe
  virtual double probe_error(const OperatorSpec& spec, int last_output, unsigned corners) const = 0;
  /// What of clouds in corners of boxes a probe is to look at where targets have no source near.
  /// @param nearest  distance between the nearest source and target, at most
  /// @return a bit for each problem, see Probe
  virtual unsigned probe_corners(double nearest) const = 0;
  /// The text of everything that decides that error, apart from the orders and radii that are tried.
  /// @param last_output,corners  as for probe_error
  /// @return one line
  virtual std::string probe_key(int last_output, unsigned corners) const = 0;
  /// @cond OPERATORS
  // The operators, for trees whose root's half-width is the kernel's unit of length: asynchronous
  // on `exec`. Outputs 0 to `last_output` are computed. Each calls the function
  // of its name in Octopole with the kernel; parameters are documented there.

  virtual void p2m(const ExecutionSpace& exec, const Tree& tree, const Sources& sources,
                   const Boxes& expansions, Root far_root) const = 0;
  virtual void p2l(const ExecutionSpace& exec, const Tree& tree, const Rows<MemorySpace>& x,
                   const BoxList<MemorySpace>& with_x, const Sources& sources,
                   const Boxes& expansions, Root far_root) const = 0;
  virtual void l2p(const ExecutionSpace& exec, int last_output, const Tree& tree,
                   const Terminals<MemorySpace>& terminals, const Boxes& expansions,
                   const Targets& targets, Root far_root) const = 0;
  virtual void m2p(const ExecutionSpace& exec, int last_output, const Tree& tree,
                   const Rows<MemorySpace>& w, const Boxes& expansions, const Targets& targets,
                   Root far_root) const = 0;
  virtual void p2p(const ExecutionSpace& exec, int last_output, const Tree& tree,
                   const NearLists<MemorySpace>& near, const Sources& sources,
                   const Targets& targets, NearField near_field) const = 0;
  virtual void all_pairs(const ExecutionSpace& exec, int last_output, const Tree& tree,
                         const Sources& sources, const Targets& targets) const = 0;
  // All outputs, in double.
  virtual void sum_at_samples(const ExecutionSpace& exec, const Domain& domain,
                              const Sources& sources, const Targets& targets,
                              const SampledTargets<MemorySpace>& samples, int rhs) const = 0;
  /// @endcond
};

}  // namespace Octopole

#endif
