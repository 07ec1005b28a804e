// SPDX-License-Identifier: BSD-3-Clause
// PyExaFMM's configuration file, key by key.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/driver_options.hpp>

namespace Octopole::Driver {
namespace {

using Json = nlohmann::ordered_json;

/// Keys that say the same as one of our options.
const std::map<std::string, std::string> same_as{
    {"npoints", "n"},
    {"data_type", "distribution"},
    {"order_equivalent", "order"},
    {"order_check", "check-order"},
    {"kernel", "kernel"},
    {"alpha_inner", "inner"},
    {"alpha_outer", "outer"},
    {"max_points", "leaf-capacity"},
    {"target_rank", "m2l-rank"},
    {"precision", "precision"},
    {"experiment", "input"},
};

/// Numba is not ours; the depth needs no limit; the inverses have their own cut-off.
constexpr std::array without_effect{"backend", "max_level", "cond"};

/// What the option is given. Of lists within lists, which no option takes, only the brackets: writing
/// them out costs a call per level, and a hostile file may have any number of those.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  for (const Json& element : value)
    if (value.is_structured() && element.is_structured())
      return value.is_array() ? "[...]" : "{...}";
  return value.dump();
}

/// Line and column, both from 1, of a byte.
std::string position(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  const auto line = std::count(text.begin(), end, '\n') + 1;
  const std::size_t before = text.rfind('\n', byte > 0 ? byte - 1 : 0);
  const std::size_t column =
      byte - (before == std::string::npos || before >= byte ? 0 : before + 1);
  return std::to_string(line) + ": column " + std::to_string(std::max<std::size_t>(column, 1));
}

constexpr std::size_t largest_config = std::size_t(1) << 20;

Json parse(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw BadInput(path, "a directory", "a JSON file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw BadInput(path, "no file that can be read", "a JSON file");
  std::string text(largest_config + 1, '\0');
  file.read(text.data(), std::streamsize(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest_config)
    throw BadInput(path, "more than " + std::to_string(largest_config) + " bytes",
                   "PyExaFMM's configuration, a few lines of JSON");
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& e) {
    const std::size_t at = e.byte > 0 ? e.byte - 1 : 0;
    throw BadInput(path + ":" + position(text, e.byte),
                   at < text.size() ? in_quotes(text.substr(at, 1)) : "the end of the file",
                   "JSON");
  } catch (const Json::out_of_range&) {
    throw BadInput(path, "a number that no double holds", "JSON with finite numbers");
  }
  if (!json.is_object())
    throw BadInput(path, std::string("JSON of type ") + json.type_name(), "an object");
  return json;
}

}  // namespace

Settings read_pyexafmm_config(const std::string& path, std::vector<std::string>& notices) {
  const Json json = parse(path);
  Settings settings;
  std::string unused;
  for (const auto& [key, value] : json.items()) {
    if (const auto it = same_as.find(key); it != same_as.end())
      settings[it->second] = {text_of(value), path + ": " + key};
    else if (std::find(without_effect.begin(), without_effect.end(), key) != without_effect.end())
      unused += (unused.empty() ? "" : ", ") + key;
    else {
      std::string known;
      for (const auto& [name, option] : same_as) known += name + ", ";
      throw BadInput(path, "the key " + in_quotes(key),
                     "only PyExaFMM's keys: " + known + "backend, max_level, cond");
    }
  }

  // Its data lie in EXPERIMENT.hdf5 beside the file; where that is missing, the points it would
  // generate.
  if (const auto it = settings.find("input"); it != settings.end()) {
    Setting& experiment = it->second;
    const auto data = std::filesystem::path(path).parent_path() / (experiment.text + ".hdf5");
    std::error_code ignored;
    if (std::filesystem::exists(data, ignored)) {
      experiment.text = data.string();
      for (const char* generated : {"n", "distribution"})
        if (settings.erase(generated))
          unused += (unused.empty() ? "" : ", ") +
                    std::string(generated[0] == 'n' ? "npoints" : "data_type");
    } else if (settings.count("n") || settings.count("distribution")) {
      settings.erase(it);
      unused += (unused.empty() ? "" : ", ") + std::string("experiment");
    } else {
      throw BadInput(experiment.place,
                     in_quotes(experiment.text) + " but no file " + in_quotes(data.string()),
                     "that file, or the keys npoints and data_type");
    }
  }
  if (const auto it = settings.find("distribution"); it != settings.end()) {
    if (it->second.text == "random")
      it->second.text = "cube";
    else if (it->second.text != "sphere")
      throw BadInput(it->second.place, in_quotes(it->second.text), "random or sphere");
  }
  // PyExaFMM draws the charges of its generated points from [0, 1).
  if (settings.count("n") || settings.count("distribution"))
    settings["charges"] = {"positive", path};

  if (!unused.empty()) notices.push_back(path + ": read without effect: " + unused);
  return settings;
}

}  // namespace Octopole::Driver
