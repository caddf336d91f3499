#include "cli/help.hpp"

#include <algorithm>

#include "cli/parse.hpp"

namespace socle::cli {
namespace {

constexpr size_t line_width = 100;

std::string two_columns(const std::vector<std::pair<std::string, std::string>>& lines) {
  size_t width = 0;
  for (const auto& [left, right] : lines) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : lines)
    text.append("  ").append(left).append(width - left.size() + 3, ' ').append(right).append("\n");
  return text;
}

// Short form: arguments and required flags only, so that the list stays readable.
std::string brief(const Command& command) {
  std::string text(command.words);
  for (const Argument& argument : command.arguments) text += " " + argument_text(argument);
  for (const Flag& flag : command.flags) {
    if (flag.required) text += " " + std::string(flag.name) + " " + std::string(flag.value);
  }
  return text;
}

std::string list_of(std::string_view group) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Command& command : commands()) {
    if (group.empty() || command.words.starts_with(std::string(group) + " "))
      lines.emplace_back(brief(command), command.describe);
  }
  return two_columns(lines);
}

std::string list_of(const std::vector<Flag>& flags) {
  std::vector<std::pair<std::string, std::string>> lines;
  lines.reserve(flags.size());
  for (const Flag& flag : flags)
    lines.emplace_back(std::string(flag.name) + (flag.value.empty() ? "" : " " + std::string(flag.value)),
                       flag.describe);
  return two_columns(lines);
}

std::string wrapped(std::string_view text) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + space > line_width) {
      out += '\n';
      column = 0;
    }
    if (column > 0) out += ' ';
    column += space + (column > 0 ? 1 : 0);
    out += text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out + "\n";
}

}  // namespace

std::string help_of_all() {
  return "socle: the kernel of a multi-tenant low-code base, and its operator's tool\n\n"
         "usage: socle COMMAND [ARGUMENTS] [FLAGS]\n\ncommands\n" +
         list_of("") + "\nflags of every command but run\n" + list_of(common_flags()) +
         "\n`socle COMMAND --help` explains one, `socle --version` tells the version.\n"
         "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.\n";
}

std::string help_of_group(std::string_view group) {
  return "usage: socle " + std::string(group) + " COMMAND [ARGUMENTS] [FLAGS]\n\ncommands\n" + list_of(group) +
         "\n`socle " + std::string(group) + " COMMAND --help` explains one.\n";
}

std::string help_of(const Command& command) {
  std::string text = "usage: socle " + usage_of(command) + "\n\n" + wrapped(command.describe);
  if (!command.more.empty()) text += "\n" + wrapped(command.more);
  std::vector<Flag> flags = command.flags;
  if (command.words != "run") flags.insert(flags.end(), common_flags().begin(), common_flags().end());
  text += "\nflags\n" + list_of(flags) + "\n" + (command.examples.size() > 1 ? "examples\n" : "example\n");
  for (const Example& example : command.examples) {
    text += "  " + std::string(example.line);
    if (example.exit_code != 0)
      text += "   # exit " + std::to_string(example.exit_code) + ": " + std::string(example.note);
    text += "\n";
  }
  return text;
}

}  // namespace socle::cli
