#ifndef OCTOPOLE_OPERATOR_CACHE_HPP
#define OCTOPOLE_OPERATOR_CACHE_HPP

#include <core/base/Octopole_Cache.hpp>
#include <core/base/Octopole_Variants.hpp>
#include <core/kernels/Octopole_Kernel.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace Octopole {

/// Precomputed operators kept in one HDF5 file, a group per set.
///
/// A set is found by its key, the text of everything that enters the computation; a checksum over
/// key and numbers guards it. A file that is damaged, foreign or of another format is left as it is
/// and never trusted: what was found goes to `notice` in one line and the operators are computed.
/// Writing goes to a temporary file in the same folder that then takes the old one's name, so that
/// no reader ever sees half a file; two writers at once lose one's set, nothing else.
/// Without HDF5 (OCTOPOLE_ENABLE_HDF5=OFF) nothing is found and nothing written.
namespace OperatorCache {

/// Raised when the layout of the file or the meaning of a number in it changes.
inline constexpr int format_version = 1;

/// Bytes above which a file is begun anew when a set is to be added, with what was tuned and without
/// the old sets: each addition copies the file, and every wavenumber and box size adds some.
inline constexpr std::uintmax_t largest_file = std::uintmax_t(2) << 30;

/// The file that `cache` names, with the default place filled in.
/// @param cache  not off
/// @return a path; empty where there is no home folder for the default place
std::string file(const Cache& cache);

/// True and `set` filled when the cache holds the key; else `notice` may say why not.
/// @param cache  where to look
/// @param key  see OperatorCache::key
/// @param[out] set  meaningless where nothing is found
/// @param[in,out] notice  if empty: one line on a file that cannot be used
/// @return whether the set was found and its checksum is right
template <class T>
bool load(const Cache& cache, const std::string& key, OperatorSet<T>& set, std::string& notice);

/// A set with its key, to be stored.
template <class T>
struct KeyedSet {
  std::string key;     ///< see OperatorCache::key
  OperatorSet<T> set;  ///< in host memory
};

/// Adds sets, if the cache may be written; a failure goes to `notice`. The file is written once.
/// @param cache  read_write, else nothing happens
/// @param sets  those whose key is there already are left out
/// @param[in,out] notice  if empty: one line on a failure
template <class T>
void store(const Cache& cache, const std::vector<KeyedSet<T>>& sets, std::string& notice);

/// Checksum of a set as stored: 64 bits over the key and every number.
/// @param key  see OperatorCache::key
/// @param set  in host memory
/// @return 64 bits
template <class T>
std::uint64_t checksum(const std::string& key, const OperatorSet<T>& set);

/// What `Options::tune` measured, kept in groups of its own: by which factor a pair of the near field
/// costs more, against the far field, than the library's cost model says. Empty
/// where nothing was stored.
/// @param cache  where to look
/// @param key  see Impl::tuning_key
/// @param[in,out] notice  if empty: one line on a file that cannot be used
/// @return the factor, above 0
std::optional<double> load_tuning(const Cache& cache, const std::string& key, std::string& notice);
/// Keeps what was measured, if the cache may be written.
/// @param cache  read_write, else nothing happens
/// @param key  see Impl::tuning_key
/// @param near_over_far  the factor, above 0
/// @param[in,out] notice  if empty: one line on a failure
void store_tuning(const Cache& cache, const std::string& key, double near_over_far,
                  std::string& notice);

/// What a probe found: the lowest order that keeps the digits, and with which numbers it was tried.
struct FoundOrder {
  int order = 0,        ///< see OperatorSpec
      check_order = 0;  ///< see OperatorSpec
  double inner = 0,     ///< see OperatorSpec
      cutoff = 0;       ///< see OperatorSpec
  double error = 0;     ///< relative L2 error of the probe at that order
};

/// What a probe found before. Empty where nothing was stored.
/// @param cache  where to look
/// @param key  the text of everything that the probe depends on
/// @param[in,out] notice  if empty: one line on a file that cannot be used
/// @return the order
std::optional<FoundOrder> load_order(const Cache& cache, const std::string& key,
                                     std::string& notice);
/// Keeps what a probe found, if the cache may be written.
/// @param cache  read_write, else nothing happens
/// @param key  the text of everything that the probe depends on
/// @param found  the order
/// @param[in,out] notice  if empty: one line on a failure
void store_order(const Cache& cache, const std::string& key, const FoundOrder& found,
                 std::string& notice);

/// The name of this machine's processor.
/// @return as the system tells it
std::string processor();

/// The text of everything that decides the values of an OperatorSet.
/// @param kernel  name of the translation kernel
/// @param parameters  its own, at the box size that the operators are for
/// @param values  see value_hash
/// @param single  whether the operators are in float
/// @param spec  what else decides them
/// @return one line
std::string key(const std::string& kernel, const std::vector<double>& parameters,
                std::uint64_t values, bool single, const OperatorSpec& spec);

/// The text of what a probe's error depends on, apart from orders and radii.
/// @param kernel  name of the kernel
/// @param last_output  of those wanted
/// @param corners  those that are probed, see Probe
/// @param values  hash of all its functors' values, at the box size that is probed
/// @return one line
std::string probe_key(const std::string& kernel, int last_output, unsigned corners,
                      std::uint64_t values);

/// The same as `key` of a translation kernel.
/// @param kernel  at the box size that the operators are for
/// @param spec  what else decides them
/// @return one line
template <class T, class Kernel>
std::string key(const Kernel& kernel, const OperatorSpec& spec) {
  return key(Kernel::name(), kernel.parameters(), value_hash(kernel), std::is_same_v<T, float>,
             spec);
}

}  // namespace OperatorCache
}  // namespace Octopole

#endif
