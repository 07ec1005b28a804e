#ifndef OCTOPOLE_SOURCE_STREAM_HPP
#define OCTOPOLE_SOURCE_STREAM_HPP

#include <cstdint>

namespace Octopole {

/// Sources read one after the other: points of a leaf with their charges, or points of an
/// equivalent surface with their densities. Charge component c of source j is q[c * q_stride + j].
/// `Q`: of charges, where they are not in the coordinates' scalar.
template <class T, class Q = T>
struct SourceStream {
  const T* x;             ///< (size) first coordinates
  const T* y;             ///< (size) second coordinates
  const T* z;             ///< (size) third coordinates
  const Q* q;             ///< charges or densities
  std::int64_t q_stride;  ///< from one component to the next
  int size;               ///< number of sources
};

}  // namespace Octopole

#endif
