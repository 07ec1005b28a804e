// SPDX-License-Identifier: BSD-3-Clause
// Compiled for CUDA by cmake/cuda_check.sh, never linked or run.
#include <KokkosBlas3_gemm.hpp>
#include <Kokkos_Core.hpp>

using Memory = Kokkos::CudaSpace;
using Matrix = Kokkos::View<double**, Kokkos::LayoutLeft, Memory>;

struct Fill {
  Matrix matrix;
  KOKKOS_FUNCTION void operator()(int i) const { matrix(i, 0) = i; }
};

void product(Kokkos::Cuda const& exec, Matrix const& a, Matrix const& b, Matrix const& c) {
  Kokkos::parallel_for("Octopole::fill", Kokkos::RangePolicy<Kokkos::Cuda>(exec, 0, a.extent(0)), Fill{a});
  KokkosBlas::gemm(exec, "N", "N", 1.0, a, b, 0.0, c);
}
