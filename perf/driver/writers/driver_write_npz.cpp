// SPDX-License-Identifier: BSD-3-Clause
// .npz: numpy's archive, a ZIP file of arrays as numpy.load reads them: sources, charges, targets, each output,
// and run, the JSON of the report. Stored, not compressed, with the records of ZIP64 (PKWARE's APPNOTE, 4.3), so
// that no size is too large.
#include <array>
#include <bit>
#include <cstdint>
#include <fstream>

#include <perf/driver/writers/driver_writers.hpp>

namespace Octopole::Driver {
namespace {

static_assert(std::endian::native == std::endian::little, "ZIP's and our arrays' byte order");

/// The checksum of ZIP: that of Ethernet, by a table of its remainders.
std::uint32_t checksum(std::string_view bytes, std::uint32_t sum = 0) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> remainders{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      remainders[i] = i;
      for (int bit = 0; bit < 8; ++bit)
        remainders[i] = remainders[i] >> 1 ^ (remainders[i] & 1 ? 0xedb88320u : 0u);
    }
    return remainders;
  }();
  sum = ~sum;
  for (const char c : bytes) sum = sum >> 8 ^ table[(sum ^ static_cast<unsigned char>(c)) & 0xff];
  return ~sum;
}

template <class Integer>
void append(std::string& record, Integer value) {
  record.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class... Integers>
std::string record_of(Integers... values) {
  std::string record;
  (append(record, values), ...);
  return record;
}

using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

class NumpyArchive {
 public:
  explicit NumpyArchive(const std::string& path)
      : m_path(path), m_file(path, std::ios::binary | std::ios::trunc) {}

  /// `type`: numpy's name of it, "<f8". `bytes`: of all data, which put_all(put) puts, some at a time.
  template <class PutAll>
  void add(const std::string& name, const std::string& type, const std::vector<std::size_t>& shape,
           std::size_t bytes_of_data, const PutAll& put_all) {
    const std::string entry = name + ".npy";
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
    for (const std::size_t e : shape) header += std::to_string(e) + ", ";
    header += "), }";
    while ((header.size() + 11) % 64 != 0) header += ' ';
    header += '\n';
    header = std::string("\x93NUMPY\x01\x00", 8) + record_of(U16(header.size())) + header;
    const U64 bytes = header.size() + bytes_of_data, place = m_bytes;
    const U32 unknown = 0xffffffff;
    const U16 version = 45, time = 0, date = 33;  // 1980-01-01: the same results, the same file
    const auto common = [&](U32 sum) {
      return record_of(version, U16(0), U16(0), time, date, sum, unknown, unknown,
                       U16(entry.size()));
    };
    put(record_of(U32(0x04034b50)) + common(0) + record_of(U16(20)) + entry +
        record_of(U16(1), U16(16), bytes, bytes));
    put(header);
    U32 sum = checksum(header);
    put_all([&](std::string_view data) {
      sum = checksum(data, sum);
      put(data);
    });
    // The checksum stands before what it is of.
    constexpr std::streamoff before_sum = 4 + 5 * sizeof(U16);
    m_file.seekp(std::streamoff(place) + before_sum);
    m_file.write(reinterpret_cast<const char*>(&sum), sizeof sum);
    m_file.seekp(0, std::ios::end);
    m_directory += record_of(U32(0x02014b50), version) + common(sum) +
                   record_of(U16(28), U16(0), U16(0), U16(0), U32(0), unknown) + entry +
                   record_of(U16(1), U16(24), bytes, bytes, place);
    ++m_entries;
  }

  void close() {
    const U64 begin = m_bytes, bytes = m_directory.size();
    put(m_directory);
    const U64 end = m_bytes;
    put(record_of(U32(0x06064b50), U64(44), U16(45), U16(45), U32(0), U32(0), m_entries, m_entries,
                  bytes, begin));
    put(record_of(U32(0x07064b50), U32(0), end, U32(1)));
    put(record_of(U32(0x06054b50), U16(0), U16(0), U16(0xffff), U16(0xffff), U32(0xffffffff),
                  U32(0xffffffff), U16(0)));
    m_file.close();
    expect_written(!m_file.fail(), m_path);
  }

 private:
  void put(std::string_view bytes) {
    m_file.write(bytes.data(), std::streamsize(bytes.size()));
    m_bytes += bytes.size();
  }

  std::string m_path;
  std::ofstream m_file;
  U64 m_bytes = 0, m_entries = 0;
  std::string m_directory;
};

/// Extents without that of the parts, 2 before the right-hand sides.
std::vector<std::size_t> without_parts(std::vector<std::size_t> extents, std::size_t sides) {
  extents.erase(extents.end() - (sides > 1 ? 2 : 1));
  return extents;
}

}  // namespace

void write_npz(const std::string& path, const Results& r) {
  NumpyArchive archive(path);
  const std::size_t n = r.n_sources(), m = r.n_targets(), sides = r.sides();
  // Numbers of an array as `some_of` makes them of its rows.
  const auto put_some = [&](const std::string& name, const std::string& type, int array,
                            const std::vector<std::size_t>& shape, std::size_t numbers,
                            const auto& some_of) {
    archive.add(name, type, shape, numbers * sizeof(double), [&](const auto& put_bytes) {
      r.rows.for_slabs(array, [&](const std::vector<double>& rows) {
        const std::vector<double> some = some_of(rows);
        put_bytes(std::string_view(reinterpret_cast<const char*>(some.data()),
                                   some.size() * sizeof(double)));
      });
    });
  };
  const auto as_they_are = [](const std::vector<double>& rows) { return rows; };
  const auto put = [&](const std::string& name, int array,
                       const std::vector<std::size_t>& extents) {
    std::size_t numbers = 1;
    for (const std::size_t e : extents) numbers *= e;
    if (r.kernel().complex)
      put_some(name, "<c16", array, without_parts(extents, sides), numbers,
               [&](const std::vector<double>& rows) { return parts_together(rows, sides); });
    else
      put_some(name, "<f8", array, extents, numbers, as_they_are);
  };
  put_some("sources", "<f8", AllRows::sources, {n, 3}, 3 * n, as_they_are);
  put("charges", AllRows::charges, r.options.charge_shape().extents(n));
  put_some("targets", "<f8", AllRows::targets, {m, 3}, 3 * m, as_they_are);
  for (const OutputInfo& output : r.outputs())
    put(name_of(output.output), AllRows::of(output.output),
        r.kernel().output_extents(output, m, sides));
  archive.add("run", "|S" + std::to_string(r.json.size()), {}, r.json.size(),
              [&](const auto& put_bytes) { put_bytes(std::string_view(r.json)); });
  archive.close();
}

}  // namespace Octopole::Driver
