// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_WRITERS_HPP
#define OCTOPOLE_DRIVER_WRITERS_HPP

#include <string>
#include <vector>

#include <perf/driver/driver_rows.hpp>
#include <perf/driver/driver_run.hpp>

namespace Octopole::Driver {

/// What a run was given and gave: all that a file of results is made of.
struct Results {
  const Options& options;
  const PointSet& points;
  const Result& result;
  const std::string& json;  ///< of the report
  const AllRows& rows;      ///< the numbers

  std::size_t n_sources() const { return rows.n_sources(); }
  std::size_t n_targets() const { return rows.n_targets(); }

  const KernelInfo& kernel() const { return options.kernel_info(); }
  std::size_t sides() const { return std::size_t(options.right_hand_sides); }
  /// The outputs of the run, in the kernel's order.
  std::vector<OutputInfo> outputs() const;
};

/// One component, part and right-hand side of an array of charges or of an output: a column of a table.
struct Column {
  std::string name;          ///< "gradient_x", "potential_im", "q2"
  const double* first = {};  ///< of the first point
  std::size_t stride = 0;    ///< numbers from one point to the next
};
/// Columns of an output: potential, gradient_x, hessian_xy, then _re or _im of complex numbers, then the
/// number of the right-hand side where there are several. `values`: of the output, of some targets.
std::vector<Column> columns_of(const Results& results, const OutputInfo& output,
                               const std::vector<double>& values);

/// Complex numbers (..., 2, K) as pairs (..., K, 2), which is how numpy has them.
std::vector<double> parts_together(const std::vector<double>& values, std::size_t sides);

/// "charge/length" and the like: of an output, of the charges and of coordinates; with Angstrom and e for molecules.
std::string unit_of(const Results& results, const Output& output);
std::string unit_of_charges(const Results& results);
std::string unit_of_length(const Results& results);

// The formats, one file each; all throw std::runtime_error where something cannot be written.
void write_hdf5(const std::string& path, const Results& results);
/// The points with their values as VTK, ParaView, pyvista and meshio read them: all numbers lie in `hdf5`, the
/// name of a file that write_hdf5 made, beside this one.
std::string xdmf_text(const std::string& hdf5, const Results& results);
void write_csv(const std::string& path, const Results& results);
void write_npz(const std::string& path, const Results& results);

/// Of an output as XDMF has it, real and of one right-hand side: the dataset to refer to.
struct XdmfArray {
  std::string name, dataset;
  std::vector<std::size_t> shape;
};
/// For complex numbers and several right-hand sides datasets of their own below /xdmf.
std::vector<XdmfArray> xdmf_arrays(const Results& results, const OutputInfo& output);

/// Throws std::runtime_error where a stream failed.
void expect_written(bool good, const std::string& path);

}  // namespace Octopole::Driver

#endif
