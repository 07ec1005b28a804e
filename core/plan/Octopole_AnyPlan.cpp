#include <core/kernels/Octopole_BuiltInKernels.hpp>
#include <core/kernels/Octopole_CheckKernel.hpp>
#include <core/plan/Octopole_AnyPlan.hpp>
#include <core/plan/impl/Octopole_Instances.hpp>
#include <core/plan/impl/Octopole_TypedEngine.hpp>

#include <ostream>
#include <stdexcept>
#include <utility>

namespace Octopole {
namespace {

void check_parameter_count(const KernelInfo& kernel, const std::vector<double>& values) {
  if (values.size() != kernel.parameters.size()) {
    std::string names;
    for (const ParameterInfo& one : kernel.parameters)
      names += (names.empty() ? "" : ", ") + one.name;
    throw std::invalid_argument(
        "Octopole::AnyKernel: found " + std::to_string(values.size()) +
        " parameters with the kernel " + kernel.name + ", allowed " +
        (names.empty() ? "none" : std::to_string(kernel.parameters.size()) + ": " + names));
  }
}

/// The operators of a built-in kernel with these parameters.
template <class Kernel>
std::shared_ptr<const KernelOperators<AnyPlan::ExecutionSpace, typename Kernel::scalar>>
make_operators(const std::vector<double>& parameters) {
  Kernel kernel{};
  for (int i = 0; i < Family<Kernel>::parameters; ++i)
    kernel.*Family<Kernel>::parameter(i).member = parameters[i];
  Impl::check_parameters(kernel);
  return std::make_shared<const PointOperators<AnyPlan::ExecutionSpace, Kernel>>(kernel);
}

/// Where those of each kernel are made, in the order of kernel_infos().
template <class T>
using Make = std::shared_ptr<const KernelOperators<AnyPlan::ExecutionSpace, T>> (*)(
    const std::vector<double>&);
#define OCTOPOLE_MAKE(KERNEL) &make_operators<KERNEL<T>>,
template <class T>
constexpr Make<T> makes[] = {OCTOPOLE_FOR_BUILT_IN_KERNELS(OCTOPOLE_MAKE)};
#undef OCTOPOLE_MAKE

/// `ranks`: null where there is only this one. `targets`: null where they are the sources.
std::unique_ptr<Impl::AnyEngine> make_engine(const KernelInfo& kernel, const AnyKernel& given,
                                             Precision precision,
                                             const AnyPlan::ExecutionSpace& exec,
                                             std::shared_ptr<const Communicator> ranks,
                                             const AnyArray& sources, const AnyArray* targets,
                                             const Options& options) {
  const auto make = [&](auto scalar) -> std::unique_ptr<Impl::AnyEngine> {
    using T = decltype(scalar);
    const auto operators = [&] {
      check_parameter_count(kernel, given.parameters);
      return makes<T>[&kernel - kernel_infos().data()](given.parameters);
    };
    return std::make_unique<Impl::TypedEngine<T>>(exec, kernel, std::move(ranks), operators,
                                                  sources, targets, options);
  };
  return precision == Precision::float32 ? make(float()) : make(double());
}

#ifdef OCTOPOLE_HAVE_MPI
/// The kernel of this name, or what makes all ranks end.
const KernelInfo& kernel_on_ranks(const Communicator& ranks, const std::string& name) {
  const KernelInfo* kernel = nullptr;
  Impl::agree_on(ranks, [&] { kernel = &kernel_info(name); });
  return *kernel;
}
#endif

}  // namespace

AnyPlan::AnyPlan(const ExecutionSpace& exec, const AnyKernel& kernel, Precision precision,
                 const AnyArray& sources, const Options& options)
    : m_kernel(&kernel_info(kernel.name)),
      m_precision(precision),
      m_engine(
          // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): m_engine deletes it
          make_engine(*m_kernel, kernel, precision, exec, nullptr, sources, nullptr, options)) {}

AnyPlan::AnyPlan(const ExecutionSpace& exec, const AnyKernel& kernel, Precision precision,
                 const AnyArray& sources, const AnyArray& targets, const Options& options)
    : m_kernel(&kernel_info(kernel.name)),
      m_precision(precision),
      m_engine(
          // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): m_engine deletes it
          make_engine(*m_kernel, kernel, precision, exec, nullptr, sources, &targets, options)) {}

#ifdef OCTOPOLE_HAVE_MPI
AnyPlan::AnyPlan(const ExecutionSpace& exec, MPI_Comm communicator, const AnyKernel& kernel,
                 Precision precision, const AnyArray& sources, const Options& options)
    : m_precision(precision) {
  const auto ranks = std::make_shared<const MpiCommunicator>(communicator);
  m_kernel = &kernel_on_ranks(*ranks, kernel.name);
  m_engine = make_engine(*m_kernel, kernel, precision, exec, ranks, sources, nullptr, options);
}

AnyPlan::AnyPlan(const ExecutionSpace& exec, MPI_Comm communicator, const AnyKernel& kernel,
                 Precision precision, const AnyArray& sources, const AnyArray& targets,
                 const Options& options)
    : m_precision(precision) {
  const auto ranks = std::make_shared<const MpiCommunicator>(communicator);
  m_kernel = &kernel_on_ranks(*ranks, kernel.name);
  m_engine = make_engine(*m_kernel, kernel, precision, exec, ranks, sources, &targets, options);
}
#endif

AnyPlan::AnyPlan(AnyPlan&&) noexcept = default;
AnyPlan& AnyPlan::operator=(AnyPlan&&) noexcept = default;
AnyPlan::~AnyPlan() = default;

Impl::AnyEngine& AnyPlan::engine() const {
  if (!m_engine)
    throw std::logic_error(
        "Octopole::AnyPlan: found a plan that was moved from, allowed one that was assigned to "
        "since");
  return *m_engine;
}

void AnyPlan::execute(const ExecutionSpace& exec, const AnyArray& charges,
                      const AnyOutputs& outputs) {
  engine().execute(exec, charges, outputs);
}

CheckResult AnyPlan::check(const ExecutionSpace& exec, const AnyArray& charges,
                           const AnyOutputs& outputs, int samples) {
  return engine().check(exec, charges, outputs, samples);
}

void AnyPlan::update_points(const ExecutionSpace& exec, const AnyArray& sources) {
  engine().update_points(exec, sources, nullptr);
}

void AnyPlan::update_points(const ExecutionSpace& exec, const AnyArray& sources,
                            const AnyArray& targets) {
  engine().update_points(exec, sources, &targets);
}

void AnyPlan::set_timing(bool on) {
  engine().set_timing(on);
}
const StageSeconds& AnyPlan::stage_seconds() const {
  return engine().stage_seconds();
}
const PlanFacts& AnyPlan::facts() const {
  return engine().facts();
}
const Options& AnyPlan::options() const {
  return engine().options();
}

std::ostream& operator<<(std::ostream& out, const AnyPlan& plan) {
  return Impl::describe(out, plan.kernel().name, plan.facts());
}

}  // namespace Octopole
