#include <core/plan/Octopole_AnyArray.hpp>

#include <stdexcept>
#include <string>

namespace Octopole {

void AnyArray::set_layout(const std::vector<std::size_t>& extents,
                          const std::vector<std::size_t>* strides) {
  if (extents.empty() || extents.size() > std::size_t(most_rank))
    throw std::invalid_argument("Octopole::AnyArray: found " + std::to_string(extents.size()) +
                                " extents, allowed 1 to " + std::to_string(most_rank));
  if (strides && strides->size() != extents.size())
    throw std::invalid_argument("Octopole::AnyArray: found " + std::to_string(strides->size()) +
                                " strides, expected " + std::to_string(extents.size()) +
                                ", one for each extent");
  m_layout.rank = int(extents.size());
  std::size_t numbers = 1;
  for (int r = m_layout.rank; r-- > 0; numbers *= extents[r]) {
    m_layout.extents[r] = extents[r];
    m_layout.strides[r] = std::int64_t(strides ? (*strides)[r] : numbers);
  }
  if (numbers > 0 && m_data == nullptr)
    throw std::invalid_argument("Octopole::AnyArray: found a null pointer, expected memory for " +
                                shape_of(m_layout) + " numbers");
}

}  // namespace Octopole
