#ifndef OCTOPOLE_PLAN_HPP
#define OCTOPOLE_PLAN_HPP

#include <core/base/Octopole_HostRanges.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/base/Octopole_ViewShapes.hpp>
#include <core/kernels/Octopole_CheckKernel.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <core/plan/Octopole_AccessTraits.hpp>
#include <core/plan/Octopole_Coordinates.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/plan/Octopole_Outputs.hpp>
#include <core/plan/Octopole_PlanFacts.hpp>
#include <core/plan/impl/Octopole_Engine.hpp>
#include <core/plan/impl/Octopole_Instances.hpp>
#include <core/plan/impl/Octopole_PointInputs.hpp>
#include <core/ranks/Octopole_MpiCommunicator.hpp>
#include <core/simd/Octopole_StdRefusals.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace Octopole {

/// N-body sums u(x_i) = sum_j K(x_i, y_j) q_j by the kernel-independent fast multipole method of
/// Ying, Biros and Zorin (2004): set up once for a set of points, executed again and again for
/// charges on them.
///
///     Octopole::Plan plan(exec, Octopole::Laplace<double>{}, sources, Octopole::Options{.digits = 6});
///     plan.execute(exec, charges, Octopole::Outputs{.potential = u, .gradient = g});
///
/// All Views live in memory of `exec`'s own space. Different plans may execute at once on different
/// instances; a second execute of one plan on another instance waits for the first.
template <class MemorySpaceType, class KernelType>
class Plan {
 public:
  using MemorySpace = MemorySpaceType;                           ///< where all Views live
  using Kernel = KernelType;                                     ///< a KernelFamily
  using ExecutionSpace = typename MemorySpace::execution_space;  ///< the one of MemorySpace
  using T = typename Kernel::scalar;                             ///< double or float
  static_assert(Impl::check_kernel<Kernel, typename SimdTraits<ExecutionSpace, T>::pack>());
  static_assert(
      Impl::rows_fit<Kernel>,
      "Octopole: a kernel has at most 32 numbers per charge, and in each of its outputs per "
      "target");

  /// Plans for targets == sources. `sources`: N points, as a View (N, 3) of double or float in any
  /// layout, as `Coordinates{x, y, z}`, as a std::vector or std::span of std::array<double, 3>, or as
  /// whatever has AccessTraits (see there); not kept.
  /// Throws std::invalid_argument on extents that do not fit, options and parameters of the kernel out
  /// of range, and coordinates that are not finite.
  /// @param exec  instance that plans; its work is done when the constructor returns
  /// @param kernel  with its parameters, in the points' unit of length
  /// @param sources  (N, 3), also the targets
  /// @param options  see there
  template <class Exec, class Sources>
  Plan(const Exec& exec, const Kernel& kernel, const Sources& sources,
       const Options& options = {}) {
    make_engine(exec, kernel, options, sources);
  }

  /// Plans for M targets of their own, of the same kinds as the sources: anywhere and any number.
  /// Where all sources are many leaf sizes away from a target, the gradient's error is about (potential
  /// error) / (leaf size) and may exceed 10^-digits.
  /// @param exec,kernel,options  as for targets == sources
  /// @param sources  (N, 3)
  /// @param targets  (M, 3)
  template <class Exec, class Sources, class Targets>
    requires(!std::is_convertible_v<const Targets&, const Options&>)
  Plan(const Exec& exec, const Kernel& kernel, const Sources& sources, const Targets& targets,
       const Options& options = {}) {
    make_engine(exec, kernel, options, sources, targets);
  }

#ifdef OCTOPOLE_HAVE_MPI
  /// Plans for the points of all ranks of a communicator, targets == sources; the ranks may be of any number
  /// and have any points, none too. Collective, as is `execute` then, which gives each rank the results at its
  /// own points, in their order, and waits. The results are bit by bit those of a plan without a communicator for
  /// the points of all ranks, rank after rank, with `Options::method` fmm and the same leaf capacity and root
  /// scale; where these are left to the library they are chosen from a sample of the points in that order.
  ///
  /// Operators are asked of the first rank's cache, or computed by it, and sent to the others.
  ///
  /// Not there yet, and refused: Method::direct, tune, M2L::blas on GPUs, and more than
  /// `Options::leaf_capacity` points that 19 levels do not tell apart.
  /// Throws std::invalid_argument on all ranks with the sentence of the one that finds something wrong, or has no
  /// memory left, as do `execute`, `check` and `update_points`; results of an `execute` that has thrown are of no
  /// use. MPI has to be there as long as the plan is.
  /// @param exec  instance that plans; its work is done when the constructor returns
  /// @param communicator  duplicated
  /// @param kernel  the same on all ranks
  /// @param sources  (N, 3) of this rank, also the targets
  /// @param options  the same on all ranks
  template <class Exec, class Sources>
  Plan(const Exec& exec, MPI_Comm communicator, const Kernel& kernel, const Sources& sources,
       const Options& options = {}) {
    make_engine_on_ranks(exec, communicator, kernel, options, sources);
  }

  /// The same for targets of their own, of all ranks too: anywhere, and any number on each rank.
  /// @param exec,communicator,kernel,options  as for targets == sources
  /// @param sources  (N, 3) of this rank
  /// @param targets  (M, 3) of this rank
  template <class Exec, class Sources, class Targets>
    requires(!std::is_convertible_v<const Targets&, const Options&>)
  Plan(const Exec& exec, MPI_Comm communicator, const Kernel& kernel, const Sources& sources,
       const Targets& targets, const Options& options = {}) {
    make_engine_on_ranks(exec, communicator, kernel, options, sources, targets);
  }

  /// Where the sums at the sources are made. Points that lie elsewhere than their caller send their charges and get
  /// their results at every execute, more than all else that ranks say: a program that can moves its points there
  /// and plans anew. Not collective. Throws std::logic_error for a plan without a communicator.
  /// @param exec  instance to work on; waited for
  /// @return (N) the rank of each of this rank's sources, in their order
  template <class Exec>
  Kokkos::View<int*, MemorySpace> destination(const Exec& exec) const {
    return engine().destination(checked(exec));
  }
#endif

  /// Sums for these charges, asynchronously on `exec`; takes no memory after the first call.
  /// `charges`: (N) for kernels with one number per charge, else (N, C); then [R], right-hand sides.
  /// Complex charges: Kokkos::complex, or a 2 before the [R]. Throws std::invalid_argument when an
  /// extent does not fit, or the plan was not made for an output (Options::outputs), before any work.
  /// @param exec  instance on which the sums are made
  /// @param charges  in the order of the sources
  /// @param outputs  Views of extents as Outputs says; valid once `exec` has been fenced
  template <class Exec, class Charges, class... Views>
  void execute(const Exec& exec, const Charges& charges, const Outputs<Views...>& outputs) {
    const auto use = engine().use();
    typename Engine::Charges q;
    typename Engine::Results results;
    engine().together([&] { q = charges_of(charges), results = results_of(outputs); });
    if (facts().n_targets > 0 || engine().on_ranks()) engine().execute(checked(exec), q, results);
  }

  /// Compares results that `execute` gave for these charges with a direct double sum at `samples`
  /// evenly strided targets: relative L2 error and largest error over the RMS of the reference. The sum is
  /// of the caller's coordinates and carries its rounding along (Neumaier 1974).
  /// Costs samples * N pairs for each right-hand side; waits for `exec`. On ranks it is collective, the targets and
  /// sources are those of all, and all ranks get the same errors.
  /// @param exec  instance to work on
  /// @param charges  those of the `execute`
  /// @param outputs  its results, unchanged
  /// @param samples  most targets to compare, at least 1
  /// @return errors of the outputs given
  template <class Exec, class Charges, class... Views>
  CheckResult check(const Exec& exec, const Charges& charges, const Outputs<Views...>& outputs,
                    int samples) {
    const auto use = engine().use();
    typename Engine::Charges q;
    typename Engine::Results results;
    engine().together([&] { q = charges_of(charges), results = results_of(outputs); });
    return engine().check(checked(exec), q, results, samples);
  }

  /// Sums for these charges with the potential as the only output.
  /// @param exec,charges  as for the other execute
  /// @param[out] potential  (M[, R])
  template <class Exec, class Charges, class Potential>
    requires Kokkos::is_view_v<Potential>
  void execute(const Exec& exec, const Charges& charges, const Potential& potential) {
    execute(exec, charges, Outputs<Potential>{.potential = potential});
  }
  /// The same into a std::vector, std::span or the like, which stay where they are until `exec` has been
  /// fenced, as the charges do.
  /// @param exec,charges  as for the other execute
  /// @param[out] potential  (M)
  template <class Exec, class Charges, class Potential>
    requires Impl::HostRange<Potential>
  void execute(const Exec& exec, const Charges& charges, Potential&& potential) {
    execute(exec, charges, outputs().potential(std::forward<Potential>(potential)));
  }

  /// New positions, for time steps: a new tree; operators are kept, lists where the boxes are the same,
  /// buffers where they still fit. Their number may change; with M new `targets` and the old `sources`
  /// the plan serves other targets. Waits for `exec`. Throws as the constructor, and leaves the plan as
  /// it was.
  ///
  /// The root cube stays while the points stay inside it (`Options::bounding_box` makes room), and
  /// with it the leaf capacity that the library chose, while sources and targets are 4/5 to 5/4 as many
  /// as it was chosen for: a plan of the same cube and capacity gives bitwise the same results. Where
  /// the points have come to lie quite differently a new Plan may be faster.
  /// @param exec  instance to work on
  /// @param sources  as for the constructor; also the targets
  template <class Exec, class Sources>
  void update_points(const Exec& exec, const Sources& sources) {
    update(exec, sources);
  }
  /// The same with targets of their own.
  /// @param exec  instance to work on
  /// @param sources,targets  as for the constructor
  template <class Exec, class Sources, class Targets>
  void update_points(const Exec& exec, const Sources& sources, const Targets& targets) {
    update(exec, sources, targets);
  }

  /// Stage times cost a fence after every stage; off by default.
  /// @param on  whether `execute` measures its stages
  void set_timing(bool on) { engine().set_timing(on); }
  /// @return of planning and of the last `execute` that was measured
  const StageSeconds& stage_seconds() const { return engine().stage_seconds(); }
  /// @return what was decided and found
  const PlanFacts& facts() const { return engine().facts(); }
  /// Every choice made; a Plan given these and the same points makes the same ones. (Where update_points
  /// kept the root cube, a new Plan's cube is drawn around its own points.)
  /// @return no member is left to the library's choice
  const Options& options() const { return engine().options(); }
  /// @return memory that the plan holds
  std::size_t bytes() const { return facts().plan_bytes; }

 private:
  using Engine = Impl::Engine<ExecutionSpace, T>;
  static constexpr bool complex_values = is_complex<Kernel> && ComposedKernel<Kernel>;

  template <class Exec>
  static const ExecutionSpace& checked(const Exec& exec) {
    static_assert(
        std::is_same_v<Exec, ExecutionSpace>,
        "Octopole::Plan: this execution space is not the default one of its memory space");
    return exec;
  }

  static auto operators_of(const Kernel& kernel) {
    Impl::check_parameters(kernel);
    return std::make_shared<const PointOperators<ExecutionSpace, Kernel>>(kernel);
  }
  template <class Exec, class... Points>
  static auto read(const Exec& exec, const Points&... points) {
    return Impl::input_points(checked(exec), points...);
  }
  /// `points`: sources, and targets where they are others.
  template <class Exec, class... Points>
  void make_engine(const Exec& exec, const Kernel& kernel, const Options& options,
                   const Points&... points) {
    const auto input = read(exec, points...);
    m_engine = std::make_unique<Engine>(exec, operators_of(kernel), input.sources(),
                                        input.targets(), options);
  }
#ifdef OCTOPOLE_HAVE_MPI
  template <class Exec, class... Points>
  void make_engine_on_ranks(const Exec& exec, MPI_Comm communicator, const Kernel& kernel,
                            const Options& options, const Points&... points) {
    const auto ranks = std::make_shared<const MpiCommunicator>(communicator);
    decltype(read(exec, points...)) input;
    decltype(operators_of(kernel)) operators;
    Impl::agree_on(*ranks,
                   [&] { input = read(exec, points...), operators = operators_of(kernel); });
    m_engine =
        std::make_unique<Engine>(exec, ranks, operators, input.sources(), input.targets(), options);
  }
#endif
  template <class Exec, class... Points>
  void update(const Exec& exec, const Points&... points) {
    decltype(read(exec, points...)) input;
    engine().together([&] { input = read(exec, points...); });
    engine().update_points(exec, input.sources(), input.targets());
  }
  Engine& engine() const {
    if (!m_engine) throw std::logic_error("Octopole::Plan: this plan was moved from");
    return *m_engine;
  }

  template <class Charges>
  auto charges_of(const Charges& charges) const {
    constexpr int C = Family<Kernel>::charges;
    return Impl::as_values<const T, MemorySpace>(Impl::as_view(charges),
                                                 {"charges",
                                                  facts().n_sources,
                                                  {complex_values ? C / 2 : C, 1},
                                                  complex_values,
                                                  options().right_hand_sides});
  }
  /// By the kernel's outputs, without data where one is not wanted.
  template <class... Views>
  auto results_of(const Outputs<Views...>& outputs) const {
    constexpr Output wanted = Outputs<Views...>::wanted;
    static_assert(wanted != Output::none, "Octopole::Outputs names no output");
    static_assert(contains(outputs_of<Kernel>, wanted),
                  "Octopole::Outputs names an output that this kernel does not offer");
    typename Engine::Results results;
    outputs.for_each([&](Output one, const auto& view) {
      for (int i = 0; i < Family<Kernel>::n_outputs; ++i) {
        const OutputTerm term = Family<Kernel>::term(i);
        if (term.output != one) continue;
        const int last = term.extents[1] / (complex_values ? 2 : 1);
        results[i] =
            Impl::as_values<T, MemorySpace>(Impl::as_view(view), {name_of(one),
                                                                  facts().n_targets,
                                                                  {term.extents[0], last},
                                                                  complex_values,
                                                                  options().right_hand_sides});
      }
    });
    return results;
  }

  std::unique_ptr<Engine> m_engine;
};

/// @cond GUIDES
template <class Exec, class Kernel, class Sources>
Plan(const Exec&, const Kernel&, const Sources&) -> Plan<typename Exec::memory_space, Kernel>;
#ifdef OCTOPOLE_HAVE_MPI
template <class Exec, class Kernel, class Sources>
Plan(const Exec&, MPI_Comm, const Kernel&, const Sources&)
    -> Plan<typename Exec::memory_space, Kernel>;
template <class Exec, class Kernel, class Sources>
Plan(const Exec&, MPI_Comm, const Kernel&, const Sources&, const Options&)
    -> Plan<typename Exec::memory_space, Kernel>;
template <class Exec, class Kernel, class Sources, class Targets>
Plan(const Exec&, MPI_Comm, const Kernel&, const Sources&, const Targets&)
    -> Plan<typename Exec::memory_space, Kernel>;
template <class Exec, class Kernel, class Sources, class Targets>
Plan(const Exec&, MPI_Comm, const Kernel&, const Sources&, const Targets&, const Options&)
    -> Plan<typename Exec::memory_space, Kernel>;
#endif
template <class Exec, class Kernel, class Sources>
Plan(const Exec&, const Kernel&, const Sources&, const Options&)
    -> Plan<typename Exec::memory_space, Kernel>;
template <class Exec, class Kernel, class Sources, class Third>
Plan(const Exec&, const Kernel&, const Sources&, const Third&)
    -> Plan<typename Exec::memory_space, Kernel>;
template <class Exec, class Kernel, class Sources, class Targets>
Plan(const Exec&, const Kernel&, const Sources&, const Targets&, const Options&)
    -> Plan<typename Exec::memory_space, Kernel>;

/// @endcond
/// The choices and the tree of a plan, in a few lines.
/// @param out  stream to write to
/// @param plan  to describe
/// @return out
template <class MemorySpace, class Kernel>
std::ostream& operator<<(std::ostream& out, const Plan<MemorySpace, Kernel>& plan) {
  return Impl::describe(out, Kernel::name(), plan.facts());
}

/// The same sums by adding every pair in double, O(N M), on `exec`; waits for it. Arguments as for Plan.
/// @param exec  instance to work on
/// @param kernel  a KernelFamily
/// @param sources,targets  (N, 3) and (M, 3)
/// @param charges,outputs  as for Plan::execute
/// @param right_hand_sides  R
template <class Exec, class Kernel, class Sources, class Targets, class Charges, class... Views>
void direct_sum(const Exec& exec, const Kernel& kernel, const Sources& sources,
                const Targets& targets, const Charges& charges, const Outputs<Views...>& outputs,
                int right_hand_sides = 1) {
  Plan plan(exec, kernel, sources, targets,
            Options{.digits = 1,
                    .method = Method::direct,
                    .outputs = Outputs<Views...>::wanted,
                    .right_hand_sides = right_hand_sides});
  plan.execute(exec, charges, outputs);
  exec.fence("Octopole::direct_sum");
}

}  // namespace Octopole

#endif
