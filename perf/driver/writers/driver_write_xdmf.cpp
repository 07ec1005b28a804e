// SPDX-License-Identifier: BSD-3-Clause
// .xdmf: the points as a cloud (Polyvertex) with their values, the one step of a collection in time. VTK knows
// the connectivity of such a cloud and needs no time; meshio wants the one written down, pyvista the other. meshio
// takes a time only within a collection, which its TimeSeriesReader reads.
#include <perf/driver/writers/driver_writers.hpp>

namespace Octopole::Driver {
namespace {

using Shape = std::vector<std::size_t>;

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

/// One data item that refers to a dataset of the HDF5 file.
std::string data_item(const std::string& hdf5, const std::string& dataset, const Shape& shape,
                      const char* type = "Float") {
  std::string extents;
  for (const std::size_t e : shape)
    extents.append(extents.empty() ? "" : " ").append(std::to_string(e));
  return std::string("<DataItem Format=\"HDF\" NumberType=\"")
      .append(type)
      .append("\" Precision=\"8\" Dimensions=\"")
      .append(extents)
      .append("\">")
      .append(escaped(hdf5))
      .append(":")
      .append(dataset)
      .append("</DataItem>");
}

}  // namespace

std::vector<XdmfArray> xdmf_arrays(const Results& results, const OutputInfo& output) {
  const std::string name = name_of(output.output);
  Shape shape{results.n_targets()};
  for (const std::size_t e : output.extents)
    if (e > 1) shape.push_back(e);
  const std::size_t parts = results.kernel().parts(), sides = results.sides();
  if (parts * sides == 1) return {{name, "/" + name, shape}};
  std::vector<XdmfArray> arrays;
  for (std::size_t part = 0; part < parts; ++part)
    for (std::size_t side = 0; side < sides; ++side) {
      std::string label = name;
      if (parts > 1) label.append(part == 0 ? "_re" : "_im");
      if (sides > 1) label.append("_").append(std::to_string(side));
      arrays.push_back({label, "/xdmf/" + label, shape});
    }
  return arrays;
}

std::string xdmf_text(const std::string& hdf5, const Results& results) {
  const std::size_t n = results.n_targets();
  std::string text =
      "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n <Domain>\n"
      "  <Grid Name=\"steps\" GridType=\"Collection\" CollectionType=\"Temporal\">\n"
      "  <Grid Name=\"octopole\" GridType=\"Uniform\">\n   <Time Value=\"0\"/>\n"
      "   <Topology TopologyType=\"Polyvertex\" NumberOfElements=\"" +
      std::to_string(n) + "\" NodesPerElement=\"1\">" +
      data_item(hdf5, "/xdmf/connectivity", {n, 1}, "Int") +
      "</Topology>\n   <Geometry GeometryType=\"XYZ\">" + data_item(hdf5, "/targets", {n, 3}) +
      "</Geometry>\n";
  for (const OutputInfo& output : results.outputs()) {
    const std::size_t components = output.components();
    // A Hessian's six are in the order of Tensor6.
    const char* type = components == 1   ? "Scalar"
                       : components == 3 ? "Vector"
                       : components == 6 ? "Tensor6"
                                         : "Tensor";
    for (const XdmfArray& array : xdmf_arrays(results, output))
      text += "   <Attribute Name=\"" + array.name + "\" AttributeType=\"" + type +
              "\" Center=\"Node\">" + data_item(hdf5, array.dataset, array.shape) +
              "</Attribute>\n";
  }
  return text + "  </Grid>\n  </Grid>\n </Domain>\n</Xdmf>\n";
}

}  // namespace Octopole::Driver
