// SPDX-License-Identifier: BSD-3-Clause
// Particles kept as an array of structs on the ranks of a communicator, as codes on Cabana keep them. They begin on
// whichever rank made them, move once to where the plan sums at them, and are stepped there: charges, forces and
// positions stay in the structs, and what an execute sends is what lies at the seams between ranks.
//   mpirun -n 2 example_particles_on_ranks
#include <mpi.h>

#include <Octopole.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

struct Particle {
  double position[3], velocity[3], charge, potential, gradient[3];
};
struct Particles {
  Kokkos::View<Particle*> all;
};

template <>
struct Octopole::AccessTraits<Particles> {
  using memory_space = decltype(Particles::all)::memory_space;
  static std::size_t size(const Particles& p) { return p.all.extent(0); }
  KOKKOS_FUNCTION static Kokkos::Array<double, 3> get(const Particles& p, std::size_t i) {
    const auto& x = p.all(i).position;
    return {x[0], x[1], x[2]};
  }
};

// One double of each particle, or three, as a View of them where they are.
constexpr std::size_t stride = sizeof(Particle) / sizeof(double);
auto scalars(double* first, std::size_t n) {
  return Kokkos::View<double*, Kokkos::LayoutStride>(first, Kokkos::LayoutStride(n, stride));
}
auto vectors(double* first, std::size_t n) {
  return Kokkos::View<double* [3], Kokkos::LayoutStride>(first,
                                                         Kokkos::LayoutStride(n, stride, 3, 1));
}

std::int64_t sum_over_ranks(std::int64_t n) {
  MPI_Allreduce(MPI_IN_PLACE, &n, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  return n;
}

// A Plummer sphere's worth of bodies, of which this rank makes every R-th: no order that the partition would like.
Particles make_particles(int n, int rank, int n_ranks) {
  const Particles particles{
      Kokkos::View<Particle*>("particles", std::size_t((n - rank + n_ranks - 1) / n_ranks))};
  const auto all = particles.all;
  Kokkos::parallel_for(
      "bodies", Kokkos::RangePolicy<>(0, all.extent(0)), KOKKOS_LAMBDA(const int k) {
        // Multiples of irrational numbers, which fill a cube evenly (Kronecker).
        const double i = double(rank) + double(k) * n_ranks + 0.5;
        const double a = i * 0.8191725134, b = i * 0.6710436067, c = i * 0.5497004779;
        const double u = a - Kokkos::floor(a), v = 2 * (b - Kokkos::floor(b)) - 1,
                     w = 6.283185307179586 * (c - Kokkos::floor(c));
        const double r = 1 / Kokkos::sqrt(Kokkos::pow(0.02 + 0.95 * u, -2. / 3) - 1),
                     s = Kokkos::sqrt(1 - v * v);
        all(k) = {{r * s * Kokkos::cos(w), r * s * Kokkos::sin(w), r * v}, {}, 1. / n, 0, {}};
      });
  return particles;
}

// Sends each particle to its rank, as Cabana's Distributor does. (Through the host; Cabana can do without.)
Particles migrate(const Particles& particles, const Kokkos::View<int*>& destination, int n_ranks) {
  const auto from = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), particles.all);
  const auto to = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), destination);
  std::vector<int> n_sent(n_ranks), n_received(n_ranks), sent_at(n_ranks), received_at(n_ranks);
  for (std::size_t i = 0; i < to.extent(0); ++i) n_sent[to(i)] += int(sizeof(Particle));
  MPI_Alltoall(n_sent.data(), 1, MPI_INT, n_received.data(), 1, MPI_INT, MPI_COMM_WORLD);
  int sent = 0, received = 0;
  for (int r = 0; r < n_ranks; ++r) {
    sent_at[r] = sent, sent += n_sent[r];
    received_at[r] = received, received += n_received[r];
  }
  std::vector<Particle> packed(from.extent(0));
  std::vector<int> next = sent_at;
  for (std::size_t i = 0; i < to.extent(0); ++i) {
    packed[next[to(i)] / sizeof(Particle)] = from(i);
    next[to(i)] += int(sizeof(Particle));
  }
  const Particles moved{Kokkos::View<Particle*>("particles", received / sizeof(Particle))};
  const auto host = Kokkos::create_mirror_view(moved.all);
  MPI_Alltoallv(packed.data(), n_sent.data(), sent_at.data(), MPI_BYTE, host.data(),
                n_received.data(), received_at.data(), MPI_BYTE, MPI_COMM_WORLD);
  Kokkos::deep_copy(moved.all, host);
  return moved;
}

// Velocities by half a step, then positions by a whole one (leapfrog). Attraction: the gradient of the potential
// points towards the other bodies.
void kick(const Particles& particles, double dt) {
  const auto all = particles.all;
  Kokkos::parallel_for(
      "kick", Kokkos::RangePolicy<>(0, all.extent(0)), KOKKOS_LAMBDA(const int i) {
        for (int d = 0; d < 3; ++d) all(i).velocity[d] += dt * all(i).gradient[d];
      });
}
void drift(const Particles& particles, double dt) {
  const auto all = particles.all;
  Kokkos::parallel_for(
      "drift", Kokkos::RangePolicy<>(0, all.extent(0)), KOKKOS_LAMBDA(const int i) {
        for (int d = 0; d < 3; ++d) all(i).position[d] += dt * all(i).velocity[d];
      });
}

// Kinetic energy less half of the sum of charge times potential, of all ranks.
double energy(const Particles& particles) {
  const auto all = particles.all;
  double sum = 0;
  Kokkos::parallel_reduce(
      "energy", Kokkos::RangePolicy<>(0, all.extent(0)),
      KOKKOS_LAMBDA(const int i, double& e) {
        const Particle& p = all(i);
        for (int d = 0; d < 3; ++d) e += 0.5 * p.charge * p.velocity[d] * p.velocity[d];
        e -= 0.5 * p.charge * p.potential;
      },
      sum);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sum;
}

int run() {
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const Kokkos::DefaultExecutionSpace exec;
  const int n = 20000, digits = 4, steps = 5;
  const double dt = 0.05;
  const Octopole::Laplace<double> laplace;
  const Octopole::Options options{
      .digits = digits,
      .bounding_box = Octopole::BoundingBox{{-9, -9, -9}, {9, 9, 9}},
      .outputs = Octopole::Output::potential | Octopole::Output::gradient};

  // Where they are made, each rank has some of everywhere; the plan says where they would best lie.
  Particles particles = make_particles(n, rank, n_ranks);
  std::int64_t sent_before = 0;
  {
    const Octopole::Plan plan(exec, MPI_COMM_WORLD, laplace, particles, options);
    sent_before = sum_over_ranks(std::int64_t(plan.facts().bytes_sent));
    particles = migrate(particles, plan.destination(exec), n_ranks);
  }
  Octopole::Plan plan(exec, MPI_COMM_WORLD, laplace, particles, options);
  const std::int64_t sent = sum_over_ranks(std::int64_t(plan.facts().bytes_sent));

  // Addresses only, for nothing is read: data() may be on a device, and is null where a rank has no particles.
  const std::size_t here = particles.all.extent(0);
  static Particle nobody;
  Particle* const first = here > 0 ? particles.all.data() : &nobody;
  const auto charge = scalars(&first->charge, here), potential = scalars(&first->potential, here);
  const auto gradient = vectors(first->gradient, here);
  const auto results = Octopole::outputs().potential(potential).gradient(gradient);
  plan.execute(exec, charge, results);
  const double before = energy(particles);
  for (int step = 0; step < steps; ++step) {
    kick(particles, dt / 2);
    drift(particles, dt);
    exec.fence();
    plan.update_points(exec, particles);  // where they are the plan's: they stay on their rank
    plan.execute(exec, charge, results);
    kick(particles, dt / 2);
  }
  const double drifted = std::abs(energy(particles) / before - 1);
  const auto error = plan.check(exec, charge, results, 200);
  const double wrong = error[Octopole::Output::gradient].rel_l2, allowed = std::pow(10., -digits);
  const bool less = n_ranks == 1 || sent < sent_before;
  if (rank == 0)
    std::printf(
        "%d structs on %d ranks, %d steps: energy changed by %.1e, error of the gradient %.1e "
        "(allowed "
        "%.0e); an execute sends %.2f MB, before they moved %.2f MB\n",
        n, n_ranks, steps, drifted, wrong, allowed, 1e-6 * double(sent),
        1e-6 * double(sent_before));
  const bool all_there = sum_over_ranks(std::int64_t(here)) == n;
  return wrong <= allowed && drifted < 1e-3 && less && all_there ? 0 : 1;
}

int main(int argc, char* argv[]) {
  MPI_Init(&argc, &argv);
  int status = 1;
  {
    const Kokkos::ScopeGuard kokkos(argc, argv);
    status = run();
  }
  MPI_Finalize();
  return status;
}
