#include <core/precompute/Octopole_MirrorSymmetry.hpp>
#include <core/precompute/Octopole_Surface.hpp>

#include <string>
#include <utility>

namespace Octopole::Impl {

MirrorBasis::MirrorBasis(int order, std::vector<int> odd) : m_odd(std::move(odd)) {
  // Points by their place in the grid, from 0 to order - 1 along each axis, in the order of
  // Surface::points.
  std::vector<int> point_at(std::size_t(order) * order * order, -1);
  const auto at = [&](const std::array<int, 3>& g) { return (g[2] * order + g[1]) * order + g[0]; };
  const auto on_face = [&](int i) { return i == 0 || i == order - 1; };
  const auto for_each_place = [&](const auto& visit) {
    std::array<int, 3> g;
    for (g[2] = 0; g[2] < order; ++g[2])
      for (g[1] = 0; g[1] < order; ++g[1])
        for (g[0] = 0; g[0] < order; ++g[0])
          if (on_face(g[0]) || on_face(g[1]) || on_face(g[2])) visit(g);
  };
  for_each_place([&](const std::array<int, 3>& g) { point_at[at(g)] = m_points++; });

  std::vector<int> in_plane;  // the axes in whose mirror a representative lies
  for_each_place([&](const std::array<int, 3>& g) {
    int plane = 0;
    for (int d = 0; d < 3; ++d) {
      if (2 * g[d] < order - 1) return;
      if (2 * g[d] == order - 1) plane |= 1 << d;
    }
    std::array<int, mirror_parts> images;
    for (int axes = 0; axes < mirror_parts; ++axes) {
      std::array<int, 3> image = g;
      for (int d = 0; d < 3; ++d)
        if (axes >> d & 1) image[d] = order - 1 - g[d];
      images[axes] = point_at[at(image)];
    }
    m_images.push_back(images);
    in_plane.push_back(plane);
    double count = mirror_parts;
    for (int d = 0; d < 3; ++d)
      if (plane >> d & 1) count /= 2;
    m_count.push_back(count);
  });

  for (int part = 0; part < mirror_parts; ++part)
    for (const int component_odd : m_odd)
      for (const int plane : in_plane)
        m_index[part].push_back((plane & (part ^ component_odd)) == 0 ? m_size[part]++ : -1);
}

namespace {

/// One singular vector of a block, spread over the surface: `value(i)` is its i-th number in the block,
/// `set(row, x)` takes the surface's.
template <class Value, class Set>
void spread(const MirrorBasis& basis, int part, const Value& value, const Set& set) {
  for (int c = 0; c < basis.components(); ++c)
    for (int r = 0; r < basis.representatives(); ++r) {
      const int i = basis.index(part, c, r);
      if (i < 0) continue;
      const double x = value(i) / std::sqrt(basis.images(r));
      for (int axes = 0; axes < mirror_parts; ++axes)
        set(c * basis.points() + basis.image(r, axes), basis.sign(part, c, axes) * x);
    }
}

}  // namespace

PseudoInverse pseudo_inverse(const MirrorBlocks& a, double cutoff) {
  const std::vector<Svd> parts = svds({a.block.begin(), a.block.end()});
  struct Value {
    double s;
    int part, k;
  };
  std::vector<Value> kept;
  double largest = 0;
  for (const Svd& d : parts)
    if (!d.s.empty()) largest = std::max(largest, d.s[0]);
  for (int part = 0; part < mirror_parts; ++part)
    for (int k = 0; k < int(parts[part].s.size()); ++k)
      if (parts[part].s[k] > cutoff * largest) kept.push_back({parts[part].s[k], part, k});
  std::stable_sort(kept.begin(), kept.end(),
                   [](const Value& x, const Value& y) { return x.s > y.s; });

  const std::size_t rank = kept.size();
  PseudoInverse inverse{zero_matrix("Octopole::PseudoInverse::left",
                                    std::size_t(a.columns.components()) * a.columns.points(), rank),
                        zero_matrix("Octopole::PseudoInverse::right", rank,
                                    std::size_t(a.rows.components()) * a.rows.points())};
  for (std::size_t n = 0; n < rank; ++n) {
    const Value& v = kept[n];
    const Svd& d = parts[v.part];
    spread(
        a.columns, v.part, [&](int i) { return d.vt(v.k, i) / v.s; },
        [&](int row, double x) { inverse.left(row, n) = x; });
    spread(
        a.rows, v.part, [&](int i) { return d.u(i, v.k); },
        [&](int column, double x) { inverse.right(n, column) = x; });
  }
  return inverse;
}

}  // namespace Octopole::Impl
