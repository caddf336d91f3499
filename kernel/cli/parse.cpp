#include "cli/parse.hpp"

#include <algorithm>

#include "manifest/text.hpp"

namespace socle::cli {
namespace {

using manifest::did_you_mean;
using manifest::in_quotes;

Error usage(std::string text) { return Error{Code::invalid, std::move(text)}; }

std::string called(const Command& command) { return "`socle " + std::string(command.words) + "`"; }

const Flag* find_flag(const std::vector<Flag>& flags, std::string_view name) {
  const auto it = std::find_if(flags.begin(), flags.end(), [&](const Flag& f) { return f.name == name; });
  return it == flags.end() ? nullptr : &*it;
}

// A flag of that name takes a value in every command or in none, so words and values can be told apart before the
// command is known.
const Flag* any_flag(std::string_view name) {
  if (const Flag* flag = find_flag(common_flags(), name)) return flag;
  for (const Command& command : commands()) {
    if (const Flag* flag = find_flag(command.flags, name)) return flag;
  }
  return nullptr;
}

// What a value of this form should have been; "" when it is one.
std::string wanted(Form form, const std::string& value) {
  const auto unless = [&](bool good, const std::string& text) { return good ? std::string() : text; };
  switch (form) {
    case Form::home: return unless(value == "kernel" || value == "cell", "kernel or cell");
    case Form::percentage:
      return unless(manifest::parse_percentage(value).has_value(), manifest::Text<manifest::Percentage>::wanted());
    case Form::duration:
      return unless(manifest::parse_duration(value).has_value(), manifest::Text<manifest::Duration>::wanted());
    case Form::address:
      return unless(manifest::parse_address(value).has_value(), manifest::Text<manifest::Address>::wanted());
    case Form::workers: {
      const auto n = manifest::parse_unsigned(value);
      return unless(n && *n >= 1 && *n <= 128, "a number from 1 to 128");
    }
    case Form::path:
    case Form::file: return unless(!value.empty(), "a path");
    case Form::text: return {};
  }
  return {};
}

std::string absolute(const std::string& value, const std::filesystem::path& here) {
  std::filesystem::path path = (here / value).lexically_normal();
  // The last part of a path is a plugin's key; "hello/" has an empty one.
  if (!path.has_filename() && path.has_parent_path()) path = path.parent_path();
  return path.string();
}

Error lacks_value(const Flag& flag, const std::string& found) {
  const std::string name(flag.name);
  const std::string value(flag.value);
  return usage("flag '" + name + "' wants " + value + ", found " + found + "; write " + name + " " + value);
}

Error unknown_flag(const Command& command, const std::string& name, const std::vector<Flag>& known) {
  std::vector<std::string_view> names{"--help"};
  for (const Flag& flag : known) names.push_back(flag.name);
  const std::string hint = did_you_mean(name, names);
  return usage("unknown flag " + in_quotes(name) + " of " + called(command) + (hint.empty() ? ";" : hint) + " `socle " +
               std::string(command.words) + " --help` lists its flags");
}

Status check_value(const Flag& flag, const std::optional<std::string>& value) {
  if (!value) return {};
  const std::string name(flag.name);
  if (flag.value.empty())
    return usage("flag '" + name + "' takes no value, found " + in_quotes(*value) + "; write " + name);
  if (const std::string want = wanted(flag.form, *value); !want.empty())
    return usage("flag '" + name + "' wants " + want + ", found " + in_quotes(*value));
  return {};
}

struct Given {
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::optional<std::string>>> flags;
  bool help = false;
  bool version = false;
};

Result<Given> split(const std::vector<std::string>& arguments) {
  Given given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      given.words.insert(given.words.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      given.words.push_back(word);
      continue;
    }
    if (word == "--help" || word == "-h") {
      given.help = true;
      continue;
    }
    // Ours, unless a value follows: some commands have a flag of that name.
    const bool valued = !given.words.empty() && i + 1 < arguments.size() && !arguments[i + 1].starts_with("-");
    if (word == "--version" && !valued) {
      given.version = true;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const Flag* flag = any_flag(name);
    std::optional<std::string> value;
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (flag != nullptr && !flag->value.empty()) {
      const bool last = i + 1 == arguments.size();
      if (last || arguments[i + 1].starts_with("--"))
        return lacks_value(*flag, last ? "nothing after it" : "the flag " + in_quotes(arguments[i + 1]));
      value = arguments[++i];
    }
    given.flags.emplace_back(name, value);
  }
  return given;
}

// The command whose words the line begins with; `used` is how many they are.
const Command* match(const std::vector<std::string>& words, size_t& used) {
  const Command* best = nullptr;
  used = 0;
  for (const Command& command : commands()) {
    std::string line;
    for (size_t n = 1; n <= words.size() && n <= 2; ++n) {
      line += (n > 1 ? " " : "") + words[n - 1];
      if (command.words == line && n > used) {
        best = &command;
        used = n;
      }
    }
  }
  return best;
}

std::vector<std::string_view> second_words(std::string_view group) {
  std::vector<std::string_view> out;
  for (const Command& command : commands()) {
    if (command.words.size() > group.size() && command.words.starts_with(group) && command.words[group.size()] == ' ')
      out.push_back(command.words.substr(group.size() + 1));
  }
  return out;
}

Error unknown_command(const std::vector<std::string>& words) {
  if (words.empty()) return usage("no command given, wanted one of those that `socle --help` lists");
  if (const auto verbs = second_words(words[0]); !verbs.empty()) {
    std::string list;
    for (const auto verb : verbs) list += (list.empty() ? "" : ", ") + std::string(verb);
    if (words.size() == 1)
      return usage("`socle " + words[0] + "` wants one of " + list + "; `socle " + words[0] + " --help` explains them");
    const std::string hint = did_you_mean(words[1], verbs);
    return usage("unknown command " + in_quotes(words[0] + " " + words[1]) +
                 (hint.empty() ? "; wanted one of " + list + ";" : hint) + " `socle " + words[0] +
                 " --help` explains them");
  }
  std::vector<std::string_view> firsts;
  for (const Command& command : commands()) firsts.push_back(command.words.substr(0, command.words.find(' ')));
  const std::string hint = did_you_mean(words[0], firsts);
  return usage("unknown command " + in_quotes(words[0]) + (hint.empty() ? ";" : hint) +
               " `socle --help` lists the commands");
}

Status take_flags(Invocation& to, const Given& given, const std::filesystem::path& here) {
  const Command& command = *to.command;
  std::vector<Flag> known = command.flags;
  if (command.words != "run") known.insert(known.end(), common_flags().begin(), common_flags().end());
  for (const auto& [name, value] : given.flags) {
    const Flag* flag = find_flag(known, name);
    if (flag == nullptr) return unknown_flag(command, name, known);
    if (auto fits = check_value(*flag, value); !fits) return fits;
    const std::string kept = flag->form == Form::path ? absolute(*value, here) : value.value_or("");
    if (!to.flags.emplace(name, kept).second) return usage("flag '" + name + "' is given twice, wanted once");
  }
  for (const Flag& flag : command.flags) {
    if (flag.required && !to.has(flag.name))
      return usage(called(command) + " wants " + std::string(flag.name) + " " + std::string(flag.value) +
                   ", found none; usage: socle " + usage_of(command));
  }
  return {};
}

Status take_arguments(Invocation& to, std::vector<std::string> words, const std::filesystem::path& here) {
  const Command& command = *to.command;
  const Count last = command.arguments.empty() ? Count::one : command.arguments.back().count;
  const size_t least = command.arguments.size() - (last == Count::at_most_one ? 1 : 0);
  const bool too_many = words.size() > command.arguments.size() && last != Count::at_least_one;
  if (words.size() < least || too_many) {
    std::string names;
    for (const Argument& a : command.arguments) names += (names.empty() ? "" : " ") + argument_text(a);
    if (too_many)
      return usage(called(command) + " wants " + (names.empty() ? "no argument" : names) + ", found " +
                   in_quotes(words[command.arguments.size()]) + " besides; usage: socle " + usage_of(command));
    return usage(called(command) + " wants " + names + ", found " +
                 (words.empty() ? "no argument" : "only " + in_quotes(words.back())) + "; usage: socle " +
                 usage_of(command));
  }
  for (size_t i = 0; i < words.size(); ++i) {
    const Argument& argument = command.arguments[std::min(i, command.arguments.size() - 1)];
    if (words[i].empty())
      return usage(called(command) + " wants " + std::string(argument.name) + ", found an empty text; usage: socle " +
                   usage_of(command));
    to.arguments.push_back(argument.form == Form::path ? absolute(words[i], here) : std::move(words[i]));
  }
  return {};
}

}  // namespace

std::optional<std::string> Invocation::get(std::string_view flag) const {
  const auto it = flags.find(flag);
  if (it == flags.end()) return std::nullopt;
  return it->second;
}

Result<Invocation> parse(const std::vector<std::string>& arguments, const std::filesystem::path& here) {
  auto given = split(arguments);
  if (!given) return std::move(given).error();
  Invocation to;
  to.help = given->help;
  to.version = given->version;
  size_t used = 0;
  to.command = match(given->words, used);
  if (to.command == nullptr) {
    const bool group = given->words.size() == 1 && !second_words(given->words[0]).empty();
    if ((to.help || to.version) && (given->words.empty() || group)) {
      if (group) to.group = given->words[0];
      for (const auto& [name, value] : given->flags) to.flags.emplace(name, value.value_or(""));
      return to;
    }
    // A misspelt flag before any word is the likelier mistake.
    for (const auto& [name, value] : given->flags) {
      if (given->words.empty() && any_flag(name) == nullptr)
        return usage("unknown flag " + in_quotes(name) +
                     did_you_mean(name, {"--help", "--version", "--json", "--control"}) +
                     " `socle --help` lists commands and flags");
    }
    return unknown_command(given->words);
  }
  if (to.help) return to;
  if (to.version) return usage("flag '--version' stands alone: socle --version");
  if (auto taken = take_flags(to, *given, here); !taken) return std::move(taken).error();
  given->words.erase(given->words.begin(), given->words.begin() + static_cast<std::ptrdiff_t>(used));
  if (auto taken = take_arguments(to, std::move(given->words), here); !taken) return std::move(taken).error();
  return to;
}

std::string argument_text(const Argument& argument) {
  const std::string name(argument.name);
  return argument.count == Count::one ? name : argument.count == Count::at_most_one ? "[" + name + "]" : name + "...";
}

std::string usage_of(const Command& command) {
  std::string text(command.words);
  for (const Argument& argument : command.arguments) text += " " + argument_text(argument);
  for (const Flag& flag : command.flags) {
    const std::string shown = std::string(flag.name) + (flag.value.empty() ? "" : " " + std::string(flag.value));
    text += flag.required ? " " + shown : " [" + shown + "]";
  }
  return text;
}

std::vector<std::string> words_for_kernel(const Invocation& invocation) {
  const std::string_view words = invocation.command->words;
  const size_t space = words.find(' ');
  std::vector<std::string> out{std::string(words.substr(0, space))};
  if (space != std::string_view::npos) out.emplace_back(words.substr(space + 1));
  out.insert(out.end(), invocation.arguments.begin(), invocation.arguments.end());
  for (const Flag& flag : invocation.command->flags) {
    if (flag.ours || !invocation.has(flag.name)) continue;
    out.emplace_back(flag.name);
    out.push_back(*invocation.get(flag.name));
  }
  return out;
}

}  // namespace socle::cli
