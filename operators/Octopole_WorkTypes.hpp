#ifndef OCTOPOLE_WORK_TYPES_HPP
#define OCTOPOLE_WORK_TYPES_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_WorkShape.hpp>
#include <core/simd/Octopole_Simd.hpp>

namespace Octopole {

/// The types that all operators of a plan share: where they run, in which scalar, and how their work
/// is cut.
template <class ExecutionSpace, class Scalar, class WorkShapeType = WorkShapeOf<ExecutionSpace>>
struct WorkTypes {
  using execution_space = ExecutionSpace;                      ///< where operators run
  using memory_space = typename ExecutionSpace::memory_space;  ///< where all Views live
  using T = Scalar;                                            ///< double or float
  using WorkShape = WorkShapeType;                             ///< ProcessorShape or DeviceShape
  using Simd = SimdTraits<WorkShape, T>;                       ///< of T on the execution space
  using Pack = typename Simd::pack;                            ///< what inner loops compute with
};

}  // namespace Octopole

#endif
