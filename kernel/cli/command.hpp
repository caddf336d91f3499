// command.hpp: the table of all commands. It drives parsing (parse.hpp), help (help.hpp) and docs/cli.md
// (reference.hpp); a command that is not in it does not exist. Constant; any thread.
#pragma once

#include <string_view>
#include <vector>

namespace socle::cli {

// What a value must look like; the parser refuses others before anybody is asked. Paths are made absolute, because the
// kernel's working directory is another one; files that this process opens itself stay as typed.
enum class Form { text, path, file, home, percentage, duration, workers, address };

enum class Count { one, at_most_one, at_least_one };  // only the last argument of a command may be other than one

struct Argument {
  std::string_view name;  // as shown: "PATH"
  Form form = Form::text;
  Count count = Count::one;
};

struct Flag {
  std::string_view name;   // "--home"
  std::string_view value;  // as shown: "kernel|cell"; "" when the flag takes none
  std::string_view describe;
  Form form = Form::text;
  bool required = false;
  bool ours = false;  // for this process only; the kernel is not told
};

struct Example {
  std::string_view line;
  int exit_code = 0;
  std::string_view note = {};  // why it ends so
};

struct Command {
  std::string_view words;  // "plugin swap"
  std::vector<Argument> arguments;
  std::vector<Flag> flags;
  std::string_view describe;  // one line
  std::string_view more;      // further sentences for help and reference
  std::vector<Example> examples;
};

// In the order of help and reference; groups ("plugin …") stand together.
[[nodiscard]] const std::vector<Command>& commands();
// Flags that every command but `run` takes besides its own.
[[nodiscard]] const std::vector<Flag>& common_flags();

// The resident libraries that `plugin verify` assumes when neither a kernel nor --system tells.
[[nodiscard]] const std::vector<std::string_view>& usual_resident();

}  // namespace socle::cli
