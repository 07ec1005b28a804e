#ifndef OCTOPOLE_ENGINE_HPP
#define OCTOPOLE_ENGINE_HPP

#include <Octopole_Config.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/base/Octopole_WorkShape.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/plan/Octopole_PlanFacts.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <operators/Octopole_KernelOperators.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <tree/Octopole_PointInput.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace Octopole::Impl {

struct Choices;
template <class Work>
struct PlanParts;
template <class MemorySpace>
struct PointSet;
template <class MemorySpace>
struct PlanningMemory;
template <class ExecutionSpace, class T>
struct RankTraffic;

/// Views of results by the kernel's outputs; without data: not wanted.
template <class T>
using Results = std::array<Values<T>, output_count>;

/// What a Plan does, for one execution space, scalar and shape of work, and any kernel: it holds the
/// parts of a plan, makes others in their place, and executes. The library holds it compiled; its
/// definitions stand in Octopole_EngineDefinition.hpp.
template <class ExecutionSpace, class Scalar, class WorkShapeType = WorkShapeOf<ExecutionSpace>>
class Engine {
 public:
  using T = Scalar;
  using MemorySpace = typename ExecutionSpace::memory_space;
  using Work = WorkTypes<ExecutionSpace, T, WorkShapeType>;
  using Kernel = KernelOperators<ExecutionSpace, T, WorkShapeType>;
  using Points = PointInput<MemorySpace>;
  using Charges = Values<const T>;
  using Results = Impl::Results<T>;

  /// Held by whoever uses the plan's buffers; throws std::logic_error when somebody does already.
  class InUse {
   public:
    explicit InUse(std::atomic<bool>& busy) : m_busy(busy) {
      if (busy.exchange(true))
        throw std::logic_error(
            "Octopole::Plan: another host thread is using this plan; give each thread its own");
    }
    ~InUse() { m_busy = false; }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    std::atomic<bool>& m_busy;
  };

  /// `kernel`: in the points' unit. `targets` without a value: the targets are the sources.
  Engine(const ExecutionSpace& exec, std::shared_ptr<const Kernel> kernel, const Points& sources,
         const std::optional<Points>& targets, const Options& options);
#ifdef OCTOPOLE_HAVE_MPI
  /// Of the points of all ranks: `sources`, `targets` and `options` are this one's, the latter the same on all, and
  /// all have targets or none has. This, and whatever else is done with the engine, is collective. Of one rank it is an
  /// engine without a communicator.
  Engine(const ExecutionSpace& exec, std::shared_ptr<const Communicator> ranks,
         std::shared_ptr<const Kernel> kernel, const Points& sources,
         const std::optional<Points>& targets, const Options& options);
  /// (sources) the rank whose part each of the caller's sources lies in; throws std::logic_error where there is
  /// no communicator.
  Kokkos::View<int*, MemorySpace> destination(const ExecutionSpace& exec) const;
#endif
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Makes new parts and takes them where nothing was refused.
  void update_points(const ExecutionSpace& exec, const Points& sources,
                     const std::optional<Points>& targets);
  /// Precondition, as of `check`: the caller holds `use()`, within which the arrays were checked against
  /// `facts()`.
  void execute(const ExecutionSpace& exec, const Charges& charges, const Results& results);
  /// Errors of results that `execute` gave for these charges.
  CheckResult check(const ExecutionSpace& exec, const Charges& charges, const Results& results,
                    int samples);

  /// Whether there are other ranks, perhaps, with points of their own.
  bool on_ranks() const { return m_ranks && m_ranks->size() > 1; }
  /// Calls work(), which may throw; what it throws on one rank is thrown on all. Within it ranks speak to each other
  /// through `m_guarded` alone.
  template <class DoWork>
  void together(const DoWork& work) const {
    if (m_ranks)
      agree_on(*m_ranks, work);
    else
      work();
  }

  /// The right to the plan's buffers and facts, until it is destroyed.
  InUse use() { return InUse(m_busy); }

  void set_timing(bool on) { m_timing = on; }
  const StageSeconds& stage_seconds() const { return m_seconds; }
  const PlanFacts& facts() const;
  const Options& options() const;
  const PlanParts<Work>& parts() const { return *m_parts; }

 private:
  /// Waits for what the plan still does on another instance.
  void move_to(const ExecutionSpace& exec) {
    if (m_last && *m_last != exec) m_last->fence("Octopole::Plan: another instance");
    m_last = exec;
  }
  void plan_alone(const ExecutionSpace& exec, const PointSet<MemorySpace>& points,
                  const Options& options);
  void plan(const ExecutionSpace& exec, const Choices& choices, const PointSet<MemorySpace>& points,
            bool update);
  void count_bytes();
#ifdef OCTOPOLE_HAVE_MPI
  void plan_on_ranks(const ExecutionSpace& exec, const Choices& choices,
                     const PointSet<MemorySpace>& points);
  void execute_on_ranks(const ExecutionSpace& exec, const Charges& charges, const Results& results);
#endif
  /// All of execute, with its times and launches. `bring_charges()` puts the charges into the sources' slots and returns
  /// the last output that is wanted, `bring_results(last)` takes the sums from the targets'. `ghost_charges()`: as for
  /// evaluate.
  template <class BringCharges, class BringResults, class GhostCharges>
  void run_between(const ExecutionSpace& exec, const BringCharges& bring_charges,
                   const BringResults& bring_results, const GhostCharges& ghost_charges);
  template <class GhostCharges>
  void run(const ExecutionSpace& exec, int last_output, const GhostCharges& ghost_charges);
  CheckResult check_alone(const ExecutionSpace& exec, const Charges& charges,
                          const Results& results, int samples);
  void fill_charges(const ExecutionSpace& exec, double value);
  void tune(const ExecutionSpace& exec, const PointSet<MemorySpace>& points,
            const std::string& key);
  double measured_near_over_far(const ExecutionSpace& exec, double& seconds);

  std::shared_ptr<const Kernel> m_kernel;  ///< in the points' unit
  std::unique_ptr<PlanningMemory<MemorySpace>> m_memory;
  std::unique_ptr<PlanParts<Work>> m_parts;
  bool m_timing = false;
  StageSeconds m_seconds;
  std::atomic<bool> m_busy = false;
  std::optional<ExecutionSpace> m_last;
  std::shared_ptr<const Communicator> m_ranks;  ///< the caller's; null without
  std::shared_ptr<const Communicator>
      m_guarded;  ///< the same ranks, for work that may end anywhere; null where there is one
  std::shared_ptr<const RankTraffic<ExecutionSpace, T>> m_traffic;  ///< null as well
};

}  // namespace Octopole::Impl

#endif
