// parse.hpp: the command line against the table. Words and flags may stand in any order; `--flag value` and
// `--flag=value` are the same; after `--` everything is an argument. Pure; any thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "socle/result.hpp"

namespace socle::cli {

struct Invocation {
  const Command* command = nullptr;  // null: only with help (of `group`, "" for all) or version
  std::string group;
  std::vector<std::string> arguments;
  std::map<std::string, std::string, std::less<>> flags;  // as given; "" for those without value
  bool help = false;
  bool version = false;

  [[nodiscard]] bool has(std::string_view flag) const { return flags.contains(flag); }
  [[nodiscard]] std::optional<std::string> get(std::string_view flag) const;
};

// Paths are made absolute against `here`. Error: Code::invalid, a usage error that names what was found, what was
// wanted and the nearest known word.
[[nodiscard]] Result<Invocation> parse(const std::vector<std::string>& arguments, const std::filesystem::path& here);

// "PATH", "[ID]", "NAME=VALUE..."
[[nodiscard]] std::string argument_text(const Argument& argument);

// "plugin swap NAME PATH [--canary SHARE] [--for DURATION] [--tenants A,B]"
[[nodiscard]] std::string usage_of(const Command& command);

// What the kernel is asked: the words, the arguments and the flags that are not ours.
[[nodiscard]] std::vector<std::string> words_for_kernel(const Invocation& invocation);

}  // namespace socle::cli
