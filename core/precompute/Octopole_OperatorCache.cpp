#include <Octopole_Config.hpp>
#include <core/precompute/Octopole_OperatorCache.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <utility>

#ifdef OCTOPOLE_HAVE_HDF5
#include <core/precompute/Octopole_Hdf5File.hpp>

#include <unistd.h>
#endif

namespace Octopole::OperatorCache {

namespace {

/// Held while a file is read or written: HDF5 may be built for one thread, and plans are made in several.
[[maybe_unused]] std::mutex& library() {
  static std::mutex mutex;
  return mutex;
}

/// Four independent multiply-and-rotate lanes over 64-bit words: bound by memory, not by latency.
class Hash {
 public:
  void add(const void* data, std::size_t bytes) {
    const char* p = static_cast<const char*>(data);
    for (; bytes >= 32; bytes -= 32, p += 32)
      for (int lane = 0; lane < 4; ++lane) mix(lane, word(p + 8 * lane, 8));
    for (int lane = 0; bytes > 0; ++lane) {
      const std::size_t n = bytes < 8 ? bytes : 8;
      mix(lane, word(p, n) + (std::uint64_t(n) << 60));
      p += n;
      bytes -= n;
    }
  }
  std::uint64_t value() const {
    std::uint64_t h = 0;
    for (int lane = 0; lane < 4; ++lane) {
      h ^= m_lane[lane];
      h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9ull;
    }
    return h ^ h >> 32;
  }

 private:
  static std::uint64_t word(const char* p, std::size_t n) {
    std::uint64_t w = 0;
    std::memcpy(&w, p, n);
    return w;
  }
  void mix(int lane, std::uint64_t w) {
    std::uint64_t& h = m_lane[lane];
    h = (h ^ w) * 0x9e3779b97f4a7c15ull;
    h = h << 31 | h >> 33;
  }
  std::uint64_t m_lane[4] = {0x243f6a8885a308d3ull, 0x13198a2e03707344ull, 0xa4093822299f31d0ull,
                             0x082efa98ec4e6c89ull};
};

}  // namespace

std::string file(const Cache& cache) {
  if (!cache.path().empty()) return cache.path();
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  std::string folder = variable("XDG_CACHE_HOME");
  // The XDG base directory specification: relative paths are to be ignored.
  if (folder.empty() || folder[0] != '/') {
    folder = variable("HOME");
    if (folder.empty()) return "";
    folder += "/.cache";
  }
  return folder + "/octopole/operators.h5";
}

template <class T>
std::uint64_t checksum(const std::string& key, const OperatorSet<T>& set) {
  Hash hash;
  hash.add(key.data(), key.size());
  hash.add(set.m2l_rank.data(), sizeof set.m2l_rank);
  OperatorSet<T>::for_each(set, [&](const char*, const auto& view) {
    if (view.size() == 0) return;  // as it is not stored
    const std::uint64_t extents[2] = {view.extent(0), view.size()};
    hash.add(extents, sizeof extents);
    hash.add(view.data(), view.size() * sizeof(T));
  });
  return hash.value();
}

#ifdef OCTOPOLE_HAVE_HDF5

namespace {

using Impl::Hdf5File;

const std::string format_name = "octopole operators " + std::to_string(format_version);

std::string group_of(const std::string& parent, const std::string& key) {
  Hash hash;
  hash.add(key.data(), key.size());
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash.value()));
  return parent + text;
}

/// Throws unless the file is one of ours, of this format.
Hdf5File open_ours(const std::string& path) {
  if (!Hdf5File::is_hdf5(path)) throw std::runtime_error("not an HDF5 file");
  Hdf5File file = Hdf5File::open_read_only(path);
  if (!file.has_attribute("/", "format")) throw std::runtime_error("not a cache of operators");
  const std::string found = file.read_string_attribute("/", "format");
  if (found != format_name)
    throw std::runtime_error("its format is '" + found + "', this version reads '" + format_name +
                             "'");
  return file;
}

/// The first complaint stands: it is one line, and the first is the cause.
void note(std::string& notice, const std::string& path, const std::string& what) {
  if (!notice.empty()) return;
  std::string line = what.substr(0, what.find('\n'));
  notice = "operator cache " + path + ": " + line;
}

/// What `read(h5)` gives; nothing where there is no file, or one that cannot be used: `notice` then says so, and
/// what is done `instead`.
template <class Read>
auto read_ours(const Cache& cache, const char* instead, std::string& notice, const Read& read)
    -> decltype(read(std::declval<const Hdf5File&>())) {
  if (cache.mode() == Cache::Mode::off) return {};
  const std::string path = file(cache);
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return {};
  const std::lock_guard lock(library());
  try {
    return read(open_ours(path));
  } catch (const std::exception& e) {
    note(notice, path, std::string(e.what()) + "; left as it is, " + instead);
    return {};
  }
}

}  // namespace

template <class T>
bool load(const Cache& cache, const std::string& key, OperatorSet<T>& set, std::string& notice) {
  return read_ours(cache, "operators computed", notice, [&](const Hdf5File& h5) {
    const std::string group = group_of("/sets/", key);
    if (!h5.exists(group)) return false;
    if (h5.read_string_attribute(group, "key") != key)
      throw std::runtime_error("the key of " + group + " is not the one that its name stands for");
    OperatorSet<T> found;
    h5.read(group + "/m2l_rank", found.m2l_rank.data(), found.m2l_rank.size());
    OperatorSet<T>::for_each(found, [&](const char* name, auto& view) {
      const std::string dataset = group + "/" + name;
      if (!h5.exists(dataset)) return;
      using View = std::decay_t<decltype(view)>;
      // Stored row-major, so the extents of a column-major matrix stand in reverse.
      const auto shape = h5.shape(dataset);
      if (shape.size() != View::rank()) throw std::runtime_error(dataset + " has a wrong rank");
      h5.count(dataset, sizeof(T));  // throws where no file of that size holds as many
      const auto how =
          Kokkos::view_alloc(std::string("Octopole::OperatorSet"), Kokkos::WithoutInitializing);
      if constexpr (View::rank() == 2)
        view = View(how, shape[1], shape[0]);
      else
        view = View(how, shape[0]);
      h5.read(dataset, view.data(), view.size());
    });
    if (h5.read_attribute<std::uint64_t>(group, "checksum") != checksum(key, found))
      throw std::runtime_error("the checksum of " + group + " does not fit");
    set = found;
    return true;
  });
}

namespace {

/// Changes the file through a copy that takes its name when all is written. `wanted(h5)`: whether an
/// existing file is to be changed at all.
template <class Wanted, class Write>
void change(const Cache& cache, const Wanted& wanted, const Write& write, std::string& notice) {
  if (cache.mode() != Cache::Mode::read_write) return;
  const std::string path = file(cache);
  if (path.empty()) return note(notice, "", "neither XDG_CACHE_HOME nor HOME is set; not written");
  static std::atomic<int> serial{0};
  const std::string temporary =
      path + "." + std::to_string(getpid()) + "." + std::to_string(serial++) + ".tmp";
  namespace fs = std::filesystem;
  const std::lock_guard lock(library());
  try {
    if (fs::path(path).has_parent_path()) fs::create_directories(fs::path(path).parent_path());
    const bool exists = fs::exists(path), extend = exists && fs::file_size(path) <= largest_file;
    std::optional<Hdf5File> old;
    if (exists) {
      // A file that is not ours is never replaced.
      try {
        old = open_ours(path);
        if (!wanted(*old)) return;
      } catch (const std::exception& e) {
        return note(notice, path, std::string(e.what()) + "; left as it is");
      }
      if (extend) fs::copy_file(path, temporary, fs::copy_options::overwrite_existing);
    }
    Hdf5File h5 = extend ? Hdf5File::open_read_write(temporary) : Hdf5File::create(temporary);
    if (!extend) h5.write_string_attribute("/", "format", format_name);
    // Sets are computed again in no time; what was tuned was asked for and took longer, and orders are
    // small.
    for (const char* kept : {"/tuning", "/orders"})
      if (old && !extend && old->exists(kept)) h5.copy(*old, kept);
    write(h5);
    h5.close();
    fs::rename(temporary, path);
  } catch (const std::exception& e) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    note(notice, path, std::string(e.what()) + "; not written");
  }
}

}  // namespace

namespace {

template <class T>
void write_set(Hdf5File& h5, const std::string& group, const std::string& key,
               const OperatorSet<T>& set) {
  h5.write(group + "/m2l_rank", set.m2l_rank.data(), {set.m2l_rank.size()});
  OperatorSet<T>::for_each(set, [&](const char* name, const auto& view) {
    using View = std::decay_t<decltype(view)>;
    if (view.size() == 0) return;
    const std::string dataset = group + "/" + name;
    if constexpr (View::rank() == 2)
      h5.write(dataset, view.data(), {view.extent(1), view.extent(0)});
    else
      h5.write(dataset, view.data(), {view.extent(0)});
  });
  h5.write_string_attribute(group, "key", key);
  h5.write_attribute(group, "checksum", checksum(key, set));
}

}  // namespace

template <class T>
void store(const Cache& cache, const std::vector<KeyedSet<T>>& sets, std::string& notice) {
  // A set of a key that is there, damaged or found by `load`, stays.
  const auto missing = [](const Hdf5File& h5, const KeyedSet<T>& s) {
    return !h5.exists(group_of("/sets/", s.key));
  };
  change(
      cache,
      [&](const Hdf5File& h5) {
        return std::any_of(sets.begin(), sets.end(),
                           [&](const KeyedSet<T>& s) { return missing(h5, s); });
      },
      [&](Hdf5File& h5) {
        for (const KeyedSet<T>& s : sets)
          if (missing(h5, s)) write_set(h5, group_of("/sets/", s.key), s.key, s.set);
      },
      notice);
}

std::optional<double> load_tuning(const Cache& cache, const std::string& key, std::string& notice) {
  const auto read = [&](const Hdf5File& h5) -> std::optional<double> {
    const std::string group = group_of("/tuning/", key);
    if (!h5.exists(group) || h5.read_string_attribute(group, "key") != key) return {};
    const double ratio = h5.read_attribute<double>(group, "near_over_far");
    if (!(ratio > 0.01 && ratio < 100))
      throw std::runtime_error("near_over_far of " + group + " is " + std::to_string(ratio));
    return ratio;
  };
  return read_ours(cache, "not tuned", notice, read);
}

void store_tuning(const Cache& cache, const std::string& key, double near_over_far,
                  std::string& notice) {
  const std::string group = group_of("/tuning/", key);
  change(
      cache, [](const Hdf5File&) { return true; },
      [&](Hdf5File& h5) {
        h5.write_string_attribute(group, "key", key);
        h5.write_attribute(group, "near_over_far", near_over_far);
      },
      notice);
}

namespace {

/// Of what decides whether results have their digits.
std::uint64_t checksum(const std::string& key, const FoundOrder& found) {
  Hash hash;
  hash.add(key.data(), key.size());
  const double numbers[5] = {double(found.order), double(found.check_order), found.inner,
                             found.cutoff, found.error};
  hash.add(numbers, sizeof numbers);
  return hash.value();
}

}  // namespace

std::optional<FoundOrder> load_order(const Cache& cache, const std::string& key,
                                     std::string& notice) {
  const auto read = [&](const Hdf5File& h5) -> std::optional<FoundOrder> {
    const std::string group = group_of("/orders/", key);
    if (!h5.exists(group) || h5.read_string_attribute(group, "key") != key) return {};
    FoundOrder found;
    found.order = h5.read_attribute<int>(group, "order");
    found.check_order = h5.read_attribute<int>(group, "check_order");
    found.inner = h5.read_attribute<double>(group, "inner");
    found.cutoff = h5.read_attribute<double>(group, "cutoff");
    found.error = h5.read_attribute<double>(group, "error");
    if (h5.read_attribute<std::uint64_t>(group, "checksum") != checksum(key, found))
      throw std::runtime_error("the checksum of " + group + " does not fit");
    return found;
  };
  return read_ours(cache, "the order is found anew", notice, read);
}

void store_order(const Cache& cache, const std::string& key, const FoundOrder& found,
                 std::string& notice) {
  const std::string group = group_of("/orders/", key);
  change(
      cache, [&](const Hdf5File& h5) { return !h5.exists(group); },
      [&](Hdf5File& h5) {
        h5.write_string_attribute(group, "key", key);
        h5.write_attribute(group, "order", found.order);
        h5.write_attribute(group, "check_order", found.check_order);
        h5.write_attribute(group, "inner", found.inner);
        h5.write_attribute(group, "cutoff", found.cutoff);
        h5.write_attribute(group, "error", found.error);
        h5.write_attribute(group, "checksum", checksum(key, found));
      },
      notice);
}

#else

template <class T>
bool load(const Cache&, const std::string&, OperatorSet<T>&, std::string&) {
  return false;
}

template <class T>
void store(const Cache& cache, const std::vector<KeyedSet<T>>&, std::string& notice) {
  if (cache.mode() == Cache::Mode::read_write && notice.empty())
    notice = "operator cache: this Octopole was built without HDF5; operators are not kept";
}

std::optional<double> load_tuning(const Cache&, const std::string&, std::string&) {
  return {};
}
void store_tuning(const Cache&, const std::string&, double, std::string&) {}
std::optional<FoundOrder> load_order(const Cache&, const std::string&, std::string&) {
  return {};
}
void store_order(const Cache&, const std::string&, const FoundOrder&, std::string&) {}

#endif

namespace {

/// With all digits that tell it from its neighbours.
std::string number(double x) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", x);
  return text;
}

std::string m2l_text(const OperatorSpec& spec) {
  switch (spec.m2l) {
    case M2L::fft:
      return "m2l fft, half";
    case M2L::blas:
      return "m2l blas; tolerance " + number(spec.m2l_tolerance) + "; rank " +
             std::to_string(spec.m2l_rank);
    case M2L::automatic:
      break;
  }
  Impl::m2l_not_chosen();
}

}  // namespace

std::string key(const std::string& kernel, const std::vector<double>& parameters,
                std::uint64_t values, bool single, const OperatorSpec& spec) {
  char hash[20];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(values));
  std::string numbers;
  for (const double p : parameters) numbers += number(p) + " ";
  return "format " + std::to_string(format_version) + "; kernel " + kernel + "; parameters " +
         numbers + "; values " + hash + "; scalar " + (single ? "float" : "double") + "; order " +
         std::to_string(spec.order) + "; check_order " + std::to_string(spec.check_order) +
         "; inner " + number(spec.inner) + "; outer " + number(spec.outer) + "; cutoff " +
         number(spec.cutoff) + "; " + m2l_text(spec);
}

std::string probe_key(const std::string& kernel, int last_output, unsigned corners,
                      std::uint64_t values) {
  char hash[20];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(values));
  return "kernel " + kernel + "; rounded, corners " + std::to_string(corners) + "; outputs " +
         std::to_string(last_output) + "; values " + hash;
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

template std::uint64_t checksum(const std::string&, const OperatorSet<double>&);
template std::uint64_t checksum(const std::string&, const OperatorSet<float>&);
template bool load(const Cache&, const std::string&, OperatorSet<double>&, std::string&);
template bool load(const Cache&, const std::string&, OperatorSet<float>&, std::string&);
template void store(const Cache&, const std::vector<KeyedSet<double>>&, std::string&);
template void store(const Cache&, const std::vector<KeyedSet<float>>&, std::string&);

}  // namespace Octopole::OperatorCache
