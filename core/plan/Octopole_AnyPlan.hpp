#ifndef OCTOPOLE_ANY_PLAN_HPP
#define OCTOPOLE_ANY_PLAN_HPP

#include <Kokkos_Core.hpp>
#include <core/kernels/Octopole_KernelInfo.hpp>
#include <core/plan/Octopole_AnyArray.hpp>
#include <core/plan/Octopole_AnyOutputs.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/plan/Octopole_PlanFacts.hpp>
#include <core/ranks/Octopole_MpiCommunicator.hpp>

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace Octopole {

namespace Impl {
class AnyEngine;
}

/// A built-in kernel by its name, with its parameters as numbers: `AnyKernel{"yukawa", {2.5}}`.
struct AnyKernel {
  std::string name;                  ///< one of kernel_infos()
  std::vector<double> parameters{};  ///< as many as KernelInfo::parameters, in their order
};

/// A Plan of a built-in kernel where kernel, precision, outputs and the type and shape of every
/// array are chosen at run time, for programs that read them from a file or stand under another
/// language:
///
///     Octopole::AnyPlan plan(exec, {"yukawa", {2.5}}, Octopole::Precision::float64, sources,
///                            Octopole::Options{.digits = 6});
///     plan.execute(exec, charges, {{Octopole::Output::potential, u}});
///
/// It makes the same choices as a Plan that is given the same options and returns the same bits.
/// The library holds it compiled, on Kokkos::DefaultExecutionSpace, from which all arrays are
/// accessible. Every refusal is a std::invalid_argument that says what was found and what is
/// allowed, thrown before any work.
class AnyPlan {
 public:
  using ExecutionSpace = Kokkos::DefaultExecutionSpace;  ///< where it runs

  /// Plans for targets == sources. Throws std::invalid_argument as Plan does, and where there is no
  /// such kernel, or its parameters are not as KernelInfo says.
  /// @param exec  instance that plans; its work is done when the constructor returns
  /// @param kernel  with its parameters, in the points' unit of length
  /// @param precision  of charges and outputs, and of the sums
  /// @param sources  (N, 3) of float or double, whatever the precision; not kept
  /// @param options  as for Plan
  AnyPlan(const ExecutionSpace& exec, const AnyKernel& kernel, Precision precision,
          const AnyArray& sources, const Options& options = {});
  /// Plans for M targets of their own.
  /// @param exec,kernel,precision,options  as for the other constructor
  /// @param sources  (N, 3)
  /// @param targets  (M, 3) of float or double, whichever the sources are
  AnyPlan(const ExecutionSpace& exec, const AnyKernel& kernel, Precision precision,
          const AnyArray& sources, const AnyArray& targets, const Options& options = {});
#ifdef OCTOPOLE_HAVE_MPI
  /// Plans for the points of all ranks of a communicator, as Plan does: this, and all that is done with the plan, is
  /// collective, and what one rank finds wrong is thrown on all.
  /// @param exec,kernel,precision,options  as for the other constructors; the same on all ranks
  /// @param communicator  duplicated
  /// @param sources  (N, 3) of this rank, also the targets
  AnyPlan(const ExecutionSpace& exec, MPI_Comm communicator, const AnyKernel& kernel,
          Precision precision, const AnyArray& sources, const Options& options = {});
  /// The same for targets of their own.
  /// @param exec,communicator,kernel,precision,options  as for the other constructor
  /// @param sources  (N, 3) of this rank
  /// @param targets  (M, 3) of this rank
  AnyPlan(const ExecutionSpace& exec, MPI_Comm communicator, const AnyKernel& kernel,
          Precision precision, const AnyArray& sources, const AnyArray& targets,
          const Options& options = {});
#endif
  /// A plan that was moved from may be assigned to; all else throws std::logic_error.
  AnyPlan(AnyPlan&&) noexcept;
  /// @return this plan
  AnyPlan& operator=(AnyPlan&&) noexcept;
  ~AnyPlan();

  /// Sums for these charges, asynchronously on `exec`; takes no memory after the first call.
  /// @param exec  instance on which the sums are made
  /// @param charges  (N[, C][, R]) in the order of the sources, of the plan's precision; complex
  ///     numbers are Kokkos::complex, or a 2 before the [R]
  /// @param outputs  at least one of those that the plan was made for (Options::outputs); of extents as
  ///     Outputs says and the plan's precision; overwritten, valid once `exec` has been fenced
  void execute(const ExecutionSpace& exec, const AnyArray& charges, const AnyOutputs& outputs);

  /// Compares results that `execute` gave for these charges with a direct double sum at `samples`
  /// evenly strided targets, as Plan::check does.
  /// @param exec  instance to work on
  /// @param charges  those of the `execute`
  /// @param outputs  its results, unchanged
  /// @param samples  most targets to compare, at least 1
  /// @return errors of the outputs given
  CheckResult check(const ExecutionSpace& exec, const AnyArray& charges, const AnyOutputs& outputs,
                    int samples);

  /// New positions, as Plan::update_points says.
  /// @param exec  instance to work on
  /// @param sources  (N, 3), also the targets; N may change
  void update_points(const ExecutionSpace& exec, const AnyArray& sources);
  /// The same with targets of their own.
  /// @param exec  instance to work on
  /// @param sources,targets  as for the constructor
  void update_points(const ExecutionSpace& exec, const AnyArray& sources, const AnyArray& targets);

  /// Stage times cost a fence after every stage; off by default.
  /// @param on  whether `execute` measures its stages
  void set_timing(bool on);
  /// @return of planning and of the last `execute` that was measured
  const StageSeconds& stage_seconds() const;
  /// @return what was decided and found
  const PlanFacts& facts() const;
  /// @return every choice made; a plan given these makes the same ones
  const Options& options() const;
  /// @return memory that the plan holds
  std::size_t bytes() const { return facts().plan_bytes; }
  /// @return what the kernel takes and gives
  const KernelInfo& kernel() const { return *m_kernel; }
  /// @return of charges and outputs
  Precision precision() const { return m_precision; }

 private:
  Impl::AnyEngine& engine() const;

  const KernelInfo* m_kernel;
  Precision m_precision;
  std::unique_ptr<Impl::AnyEngine> m_engine;
};

/// The choices and the tree of a plan, in a few lines.
/// @param out  stream to write to
/// @param plan  to describe
/// @return out
std::ostream& operator<<(std::ostream& out, const AnyPlan& plan);

}  // namespace Octopole

#endif
