#ifndef OCTOPOLE_TYPED_ENGINE_HPP
#define OCTOPOLE_TYPED_ENGINE_HPP

#include <core/base/Octopole_Values.hpp>
#include <core/base/Octopole_ViewShapes.hpp>
#include <core/kernels/Octopole_KernelInfo.hpp>
#include <core/plan/impl/Octopole_AnyEngine.hpp>
#include <core/plan/impl/Octopole_Engine.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

/// From arrays of any type to those that an engine takes.
namespace Octopole::Impl {

/// The Values in an array, or std::invalid_argument.
template <class T>
Values<T> values_in(const AnyArray& array, const ValuesShape& shape) {
  using Real = std::remove_const_t<T>;
  constexpr Precision expected =
      std::is_same_v<Real, float> ? Precision::float32 : Precision::float64;
  if (array.precision() != expected)
    throw std::invalid_argument(std::string("Octopole: ") + shape.what + ": found a View of " +
                                name_of(array.precision()) + ", expected " + name_of(expected) +
                                ", the plan's precision");
  if (array.is_const() && !std::is_const_v<T>)
    throw std::invalid_argument(
        std::string("Octopole: ") + shape.what +
        ": found a View of const numbers, expected one that can be written");
  // What AnyArray keeps as const was not const where `is_const` is false.
  return values_in(static_cast<T*>(const_cast<void*>(array.data())), array.layout(), shape);
}

template <class Scalar>
class TypedEngine final : public AnyEngine {
 public:
  using T = Scalar;
  using MemorySpace = typename ExecutionSpace::memory_space;
  using TheEngine = Engine<ExecutionSpace, T>;

  /// `info`: of the kernel; outlives the engine. `ranks` null: there is only this one. `operators()`: those of
  /// the kernel, or std::invalid_argument. `targets` null: the targets are the sources.
  template <class MakeOperators>
  TypedEngine(const ExecutionSpace& exec, const KernelInfo& info,
              [[maybe_unused]] const std::shared_ptr<const Communicator>& ranks,
              const MakeOperators& operators, const AnyArray& sources, const AnyArray* targets,
              const Options& options)
      : m_kernel(info) {
    PointInput<MemorySpace> s;
    std::optional<PointInput<MemorySpace>> t;
    std::shared_ptr<const KernelOperators<ExecutionSpace, T>> kernel;
    const auto read = [&] {
      kernel = operators();
      s = points_in(sources, "sources"), t = targets_in(targets);
    };
#ifdef OCTOPOLE_HAVE_MPI
    if (ranks) {
      agree_on(*ranks, read);
      m_engine = std::make_unique<TheEngine>(exec, ranks, kernel, s, t, options);
      return;
    }
#endif
    read();
    m_engine = std::make_unique<TheEngine>(exec, kernel, s, t, options);
  }

  void execute(const ExecutionSpace& exec, const AnyArray& charges,
               const AnyOutputs& outputs) override {
    const auto use = m_engine->use();
    typename TheEngine::Charges q;
    typename TheEngine::Results results;
    m_engine->together([&] { q = charges_in(charges), results = results_in(outputs); });
    if (facts().n_targets > 0 || m_engine->on_ranks()) m_engine->execute(exec, q, results);
  }
  CheckResult check(const ExecutionSpace& exec, const AnyArray& charges, const AnyOutputs& outputs,
                    int samples) override {
    const auto use = m_engine->use();
    typename TheEngine::Charges q;
    typename TheEngine::Results results;
    m_engine->together([&] { q = charges_in(charges), results = results_in(outputs); });
    return m_engine->check(exec, q, results, samples);
  }
  void update_points(const ExecutionSpace& exec, const AnyArray& sources,
                     const AnyArray* targets) override {
    PointInput<MemorySpace> s;
    std::optional<PointInput<MemorySpace>> t;
    m_engine->together([&] { s = points_in(sources, "sources"), t = targets_in(targets); });
    m_engine->update_points(exec, s, t);
  }
  void set_timing(bool on) override { m_engine->set_timing(on); }
  const StageSeconds& stage_seconds() const override { return m_engine->stage_seconds(); }
  const PlanFacts& facts() const override { return m_engine->facts(); }
  const Options& options() const override { return m_engine->options(); }

 private:
  /// The points in an array of float or double.
  static PointInput<MemorySpace> points_in(const AnyArray& points, const char* what) {
    const auto of = [&](auto scalar) -> PointInput<MemorySpace> {
      using X = decltype(scalar);
      return points_at<MemorySpace>(static_cast<const X*>(points.data()), points.layout(), what);
    };
    if (points.precision() == Precision::float32) return of(float());
    return of(double());
  }
  static std::optional<PointInput<MemorySpace>> targets_in(const AnyArray* targets) {
    if (targets == nullptr) return std::nullopt;
    return points_in(*targets, "targets");
  }

  ValuesShape shape(const char* what, std::size_t n, std::size_t e0, std::size_t e1) const {
    return {what, n, {int(e0), int(e1)}, m_kernel.complex, options().right_hand_sides};
  }
  typename TheEngine::Charges charges_in(const AnyArray& charges) const {
    return values_in<const T>(charges,
                              shape("charges", facts().n_sources, m_kernel.charge_components, 1));
  }
  typename TheEngine::Results results_in(const AnyOutputs& outputs) const {
    const Output wanted = outputs.wanted();
    if (wanted == Output::none || !contains(m_kernel.offered(), wanted))
      throw std::invalid_argument("Octopole::AnyOutputs: found " + names_of(wanted) + ", allowed " +
                                  names_of(m_kernel.offered()) + " with the kernel " +
                                  m_kernel.name);
    typename TheEngine::Results results;
    for (std::size_t i = 0; i < m_kernel.outputs.size(); ++i) {
      const OutputInfo& one = m_kernel.outputs[i];
      if (outputs[one.output].is_given())
        results[i] = values_in<T>(outputs[one.output], shape(name_of(one.output), facts().n_targets,
                                                             one.extents[0], one.extents[1]));
    }
    return results;
  }

  const KernelInfo& m_kernel;
  std::unique_ptr<TheEngine> m_engine;
};

}  // namespace Octopole::Impl

#endif
