// arguments.hpp: a command's words with its flags (`--canary 5%`) taken out, and the shapes of refusals; shared by the
// commands of the control socket. Any thread.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "control/error_json.hpp"
#include "control/server.hpp"

namespace socle::control {

struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::string> flags;  // each with its value, "" for a flag that takes none
  std::string problem;
  [[nodiscard]] std::string flag(const std::string& name) const {
    return flags.contains(name) ? flags.at(name) : std::string();
  }
};

[[nodiscard]] inline Arguments split(const std::vector<std::string>& words, const std::vector<std::string>& known) {
  Arguments out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--")) {
      out.words.push_back(words[i]);
    } else if (std::find(known.begin(), known.end(), words[i]) == known.end()) {
      out.problem = "unknown flag '" + words[i] + "'";
    } else if (i + 1 == words.size()) {
      out.problem = "flag '" + words[i] + "' needs a value";
    } else {
      out.flags[words[i]] = words[i + 1];
      ++i;
    }
  }
  return out;
}

[[nodiscard]] inline Answer failed(const Error& error) { return {1, error_json(error)}; }
[[nodiscard]] inline Answer usage(std::string text) { return {2, error_json({Code::invalid, std::move(text)})}; }

}  // namespace socle::control
