#ifndef OCTOPOLE_CACHE_HPP
#define OCTOPOLE_CACHE_HPP

#include <string>
#include <utility>

namespace Octopole {

/// Where precomputed operators are kept. The library never writes a file unless given `read_write`.
class Cache {
 public:
  /// What may be done with the file.
  enum class Mode { off, read_only, read_write };

  /// Neither reads nor writes.
  /// @return such a Cache
  static Cache off() { return Cache(Mode::off, ""); }
  /// An empty path means `$XDG_CACHE_HOME/octopole/operators.h5` (else `~/.cache/octopole/...`).
  /// @param path  of the file, which need not exist
  /// @return a Cache that is read and never written
  static Cache read_only(std::string path = "") { return Cache(Mode::read_only, std::move(path)); }
  /// Reads, and adds what has been computed.
  /// @param path  as for read_only; missing folders are made
  /// @return such a Cache
  static Cache read_write(std::string path = "") {
    return Cache(Mode::read_write, std::move(path));
  }

  /// @return what may be done
  Mode mode() const { return m_mode; }
  /// The path as given; empty for the default place.
  /// @return a path
  const std::string& path() const { return m_path; }

 private:
  Cache(Mode mode, std::string path) : m_mode(mode), m_path(std::move(path)) {}
  Mode m_mode;
  std::string m_path;
};

}  // namespace Octopole

#endif
