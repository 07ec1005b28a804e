// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_PYTHON_PLAN_HPP
#define OCTOPOLE_PYTHON_PLAN_HPP

#include <core/plan/Octopole_AnyPlan.hpp>
#include <map>
#include <optional>
#include <python_arrays.hpp>
#include <python_library.hpp>
#include <string>
#include <utility>
#include <vector>

namespace Octopole::Python {

/// An AnyPlan for Python: arrays are numpy's, names are text, the interpreter's lock is released during work, and Kokkos'
/// end ends it. Its members are called with the interpreter's lock held; errors are AnyPlan's.
class Plan {
 public:
  using Results = std::vector<std::pair<std::string, WriteArray>>;  ///< by the output's name

  Plan(const std::string& kernel, const std::vector<double>& parameters, bool single,
       const ReadArray& sources, const std::optional<ReadArray>& targets, const Options& options);
  ~Plan();

  void execute(const ReadArray& charges, const Results& results);
  /// Relative L2 error and largest error by the output's name.
  std::map<std::string, std::pair<double, double>> check(const ReadArray& charges,
                                                         const Results& results, int samples);
  void update_points(const ReadArray& sources, const std::optional<ReadArray>& targets);
  void set_timing(bool on);
  std::map<std::string, double> stage_seconds() const;
  PlanFacts facts() const;
  Options options() const;
  std::string description() const;
  const KernelInfo& kernel() const { return *m_kernel; }
  bool single() const { return m_single; }
  /// Extents of an output's array, complex numbers counting once.
  std::vector<std::size_t> shape(const std::string& output) const;

 private:
  /// What stays when Kokkos ends, and what does not.
  class Living final : public Resident {
   public:
    template <class... Arguments>
    explicit Living(Arguments&&... arguments) {
      m_plan.emplace(std::forward<Arguments>(arguments)...);
    }
    void leave() override { m_plan.reset(); }
    AnyPlan& plan();

   private:
    std::optional<AnyPlan> m_plan;
  };

  const KernelInfo* m_kernel;
  bool m_single;
  std::unique_ptr<Living> m_living;
};

}  // namespace Octopole::Python

#endif
