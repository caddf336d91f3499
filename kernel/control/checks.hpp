// checks.hpp: what `socle doctor` says of settings that are valid and perhaps not meant. Control threads.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "manifest/system_manifest.hpp"

namespace socle::control {

struct Check {
  enum class Verdict { fine, warning, failing };  // a warning is advice: the system works as its operator said
  std::string name;
  Verdict verdict = Verdict::fine;
  std::string found;
  std::string advice;  // unless fine
};

[[nodiscard]] Check check_disk(const std::filesystem::path& data);
// `configs`: by plugin, as create() got it.
[[nodiscard]] Check check_durability(const std::map<std::string, std::string>& configs);
[[nodiscard]] Check check_trust(const manifest::SystemManifest& system);
[[nodiscard]] Check check_listeners(const manifest::SystemManifest& system);
[[nodiscard]] Check check_certificates(const manifest::SystemManifest& system,
                                       std::chrono::system_clock::time_point now);

}  // namespace socle::control
