#include "cli/reference.hpp"

#include "cli/command.hpp"
#include "cli/parse.hpp"

namespace socle::cli {
namespace {

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

// A bar would end the table's cell.
std::string in_cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string flag_table(const std::vector<Flag>& flags) {
  if (flags.empty()) return {};
  std::string text = "\n| flag | meaning |\n|---|---|\n";
  for (const Flag& flag : flags) {
    const std::string shown = std::string(flag.name) + (flag.value.empty() ? "" : " " + std::string(flag.value));
    text += "| " + in_cell(code(shown)) + (flag.required ? " (required)" : "") + " | " +
            in_cell(std::string(flag.describe)) + " |\n";
  }
  return text;
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out + ".";
}

std::string section(const Command& command) {
  std::string text = "## socle " + std::string(command.words) + "\n\n" + code("socle " + usage_of(command)) + "\n\n" +
                     sentence(command.describe) + (command.more.empty() ? "" : " " + std::string(command.more)) + "\n" +
                     flag_table(command.flags) + "\n```sh\n";
  for (const Example& example : command.examples) {
    text += std::string(example.line);
    if (example.exit_code != 0)
      text += "  # exit " + std::to_string(example.exit_code) + ": " + std::string(example.note);
    text += "\n";
  }
  return text + "```\n\n";
}

std::string resident() {
  std::string text;
  for (const auto name : usual_resident()) text += (text.empty() ? "" : ", ") + code(name);
  return text;
}

}  // namespace

std::string reference_page() {
  std::string text =
      "# The command line\n\n"
      "Written by `socle_cli_reference` from the table that parses the command line; do not edit by hand. A system "
      "test "
      "runs\nevery example below in this order.\n\n"
      "`socle run` is the kernel. Every other command asks a running kernel over its control socket, a Unix socket "
      "that "
      "only its\nuser may open. Paths are relative to where you stand. `socle --help` lists the commands, `socle "
      "COMMAND "
      "--help` explains\none, `socle --version` tells the version.\n\n"
      "- Exit codes: 0 done; 1 refused or failed; 2 wrong usage (nobody was asked).\n"
      "- Errors go to stderr as `socle: what was found, what was wanted, what to do`. With `--json` stdout then holds\n"
      "  `{\"error\": {\"code\": …, \"message\": …}}`.\n"
      "- Tables are coloured on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.\n\n"
      "Flags of every command but `run`:\n" +
      flag_table(common_flags()) + "\n";
  for (const Command& command : commands()) text += section(command);
  text +=
      "## Resident libraries assumed by `plugin verify`\n\nWithout a kernel and without `--system`, a plugin may "
      "need " +
      resident() + ",\nbesides the C and C++ runtime; no keys are trusted, so no signature is required.\n";
  return text;
}

}  // namespace socle::cli
