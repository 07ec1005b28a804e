#include <core/kernels/Octopole_BuiltInKernels.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <core/kernels/Octopole_KernelInfo.hpp>

#include <initializer_list>
#include <stdexcept>

namespace Octopole {
namespace {

template <class Kernel>
KernelInfo info_of() {
  using Parts = Family<Kernel>;
  const int parts = is_complex<Kernel> ? 2 : 1;
  KernelInfo info;
  info.name = Kernel::name();
  info.complex = is_complex<Kernel>;
  info.charge_components = std::size_t(Parts::charges / parts);
  for (int i = 0; i < Parts::parameters; ++i) {
    const ParameterTerm<Kernel> term = Parts::parameter(i);
    info.parameters.push_back({term.name, Kernel{}.*term.member, term.least});
  }
  for (int i = 0; i < Parts::n_outputs; ++i) {
    const OutputTerm term = Parts::term(i);
    // A complex number is the last extent of two.
    info.outputs.push_back(
        {term.output, {std::size_t(term.extents[0]), std::size_t(term.extents[1] / parts)}});
  }
  return info;
}

std::vector<std::size_t> without_ones(std::size_t n, std::initializer_list<std::size_t> inner) {
  std::vector<std::size_t> extents{n};
  for (const std::size_t e : inner)
    if (e > 1) extents.push_back(e);
  return extents;
}

}  // namespace

Output KernelInfo::offered() const {
  Output all = Output::none;
  for (const OutputInfo& one : outputs) all |= one.output;
  return all;
}

std::vector<std::size_t> KernelInfo::charge_extents(std::size_t n,
                                                    std::size_t right_hand_sides) const {
  return without_ones(n, {charge_components, parts(), right_hand_sides});
}

std::vector<std::size_t> KernelInfo::output_extents(const OutputInfo& output, std::size_t n,
                                                    std::size_t right_hand_sides) const {
  return without_ones(n, {output.extents[0], output.extents[1], parts(), right_hand_sides});
}

const std::vector<KernelInfo>& kernel_infos() {
#define OCTOPOLE_INFO(KERNEL) info_of<KERNEL<double>>(),
  static const std::vector<KernelInfo> infos = {OCTOPOLE_FOR_BUILT_IN_KERNELS(OCTOPOLE_INFO)};
#undef OCTOPOLE_INFO
  return infos;
}

const KernelInfo& kernel_info(std::string_view name) {
  std::string names;
  for (const KernelInfo& info : kernel_infos()) {
    if (info.name == name) return info;
    names += (names.empty() ? "" : ", ") + info.name;
  }
  throw std::invalid_argument("Octopole::AnyKernel: found the name '" + std::string(name) +
                              "', allowed " + names);
}

}  // namespace Octopole
