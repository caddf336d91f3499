// view_changes.cpp: plan and apply as a diff, explanations, and flat answers.
#include "cli/read.hpp"
#include "cli/table.hpp"
#include "cli/views.hpp"
#include "cli/width.hpp"

namespace socle::cli {
namespace {

enum class Sign { added, removed, changed };

std::string diff_line(Sign sign, std::string_view text, bool colour) {
  constexpr std::string_view signs[] = {"+ ", "- ", "~ "};
  constexpr Tint tints[] = {Tint::good, Tint::bad, Tint::warn};
  const auto i = static_cast<size_t>(sign);
  return tinted(std::string(signs[i]) + printable(text), tints[i], colour) + "\n";
}

Sign sign_of(json::View report) {
  const bool from = number_at(report, "from") != 0;
  const std::string_view outcome = report.find("outcome").as_string();
  if (!from) return Sign::added;
  return outcome == "unload" || outcome == "unloaded" ? Sign::removed : Sign::changed;
}

std::string plugin_line(json::View report, bool planned) {
  const std::string version = text_at(report, "version");
  std::string text =
      "plugin " + text_at(report, "plugin") + (version == "-" ? "" : " " + version) + ": " + text_at(report, "outcome");
  // Nothing was replaced: a canary that was begun, or one that was not and why.
  const bool only_said = sign_of(report) == Sign::changed && report.find("old_state").as_string().empty();
  if (planned || only_said) return text;
  if (sign_of(report) != Sign::removed) text += ", load " + time_at(report, "load_ms");
  if (sign_of(report) == Sign::added) return text;
  return text + ", drain " + time_at(report, "drain_ms") + ", failed requests " + count_at(report, "failed") +
         ", old generation " + text_at(report, "old_state");
}

// What of a plugin's terms becomes other: above all, from which home it moves to which.
std::string term_lines(json::View report) {
  std::string out;
  for (const json::View term : report.find("terms").elements())
    out += "    " + printable(text_at(term, "key") + ": " + text_at(term, "before") + " → " + text_at(term, "after")) +
           "\n";
  return out;
}

std::string setting_line(json::View change, std::string_view kind) {
  const std::string key = text_at(change, "key");
  if (kind == "added") return key + ": " + text_at(change, "after");
  if (kind == "removed") return key + ": " + text_at(change, "before");
  return key + ": " + text_at(change, "before") + " → " + text_at(change, "after");
}

std::string plural(size_t n, const std::string& word) {
  return count_text(static_cast<std::int64_t>(n)) + " " + word + (n == 1 ? "" : "s");
}

}  // namespace

std::string view_changes(json::View answer, bool planned, bool colour) {
  const json::View plugins = answer.find("plugins");
  const json::View settings = answer.find("changes");
  std::string warnings;
  for (const json::View warning : answer.find("warnings").elements())
    warnings += tinted("! " + printable(warning.as_string()), Tint::warn, colour) + "\n";
  if (plugins.empty() && settings.empty())
    return warnings + (planned ? "no difference: the system runs as this file says\n"
                               : "nothing to change: the system ran as this file says\n");
  std::string out;
  for (const json::View report : plugins.elements())
    out += diff_line(sign_of(report), plugin_line(report, planned), colour) + term_lines(report);
  size_t restarts = 0;
  for (const json::View change : settings.elements()) {
    const bool restart = change.find("restart").as_bool();
    restarts += restart ? 1 : 0;
    const std::string_view kind = change.find("kind").as_string();
    const Sign sign = kind == "added" ? Sign::added : kind == "removed" ? Sign::removed : Sign::changed;
    out += diff_line(sign, setting_line(change, kind) + (restart ? " (needs a restart)" : ""), colour);
  }
  out += warnings;
  const std::string counts = plural(plugins.size(), "plugin") + " and " + plural(settings.size(), "setting");
  if (planned && restarts > 0)
    return out + counts + " would change; " + count_text(static_cast<std::int64_t>(restarts)) +
           " of them not in a running kernel, so `socle apply` refuses this file: restart `socle run` with it\n";
  return out + (planned ? counts + " would change; `socle apply` makes it so\n" : counts + " changed\n");
}

std::string view_explained_call(json::View answer, bool colour) {
  const bool allowed = answer.find("allowed").as_bool();
  return tinted(allowed ? "✓ allowed" : "✗ refused", allowed ? Tint::good : Tint::bad, colour) + ": " +
         printable(text_at(answer, "from") + " → " + text_at(answer, "to")) + "\n  " +
         printable(text_at(answer, "why")) + "\n";
}

std::string view_explained_access(json::View answer, bool colour) {
  const bool allowed = text_at(answer, "effect") == "allow";
  std::string out = tinted(allowed ? "✓ allowed" : "✗ denied", allowed ? Tint::good : Tint::bad, colour) + ": " +
                    printable(text_at(answer.find("by").find("text"), "en")) + "\n";
  for (const json::View one : answer.find("considered").elements()) {
    const bool grant = text_at(one, "kind") == "grant";
    const std::string what = grant ? "grant of role " + text_at(one, "role") + ", scope " + text_at(one, "scope")
                                   : "rule " + text_at(one, "policy") + "/" + text_at(one, "rule");
    out += "  " + printable(what + ": " + text_at(one, "result")) + "\n";
  }
  return out;
}

std::string view_explained_plugin(json::View answer, bool colour) {
  std::string out;
  const auto line = [&](const std::string& text, Tint tint) {
    out += "  " + tinted(printable(text), tint, colour) + "\n";
  };
  for (const json::View b : answer.find("breaks").elements()) {
    const bool optional = b.find("optional").as_bool();
    line("plugin " + text_at(b, "plugin") + (optional ? " does without " : " stops: it needs ") + text_at(b, "needs"),
         optional ? Tint::warn : Tint::bad);
  }
  for (const json::View r : answer.find("routes").elements())
    line("route " + std::string(r.as_string()) + " answers 404", Tint::bad);
  for (const json::View l : answer.find("listeners").elements())
    line("listener " + std::string(l.as_string()) + " has nobody to answer on it", Tint::bad);
  const std::string name = printable(text_at(answer, "plugin"));
  if (out.empty()) return "nothing breaks without " + name + "\n";
  return "without " + name + ":\n" + out;
}

std::string view_facts(json::View answer, bool colour) {
  Facts facts;
  for (const auto [key, value] : answer.members()) {
    std::string name(key);
    for (char& c : name) c = c == '_' ? ' ' : c;
    if (value.is_string()) {
      facts.add(name, std::string(value.as_string()));
    } else if (const auto n = value.as_int64()) {
      facts.add(name, key.ends_with("bytes") && *n >= 0 ? bytes_text(static_cast<std::uint64_t>(*n)) : count_text(*n));
    } else if (value.is_number()) {
      facts.add(name, std::string(value.number_text()));
    } else if (value.kind() == json::Kind::boolean) {
      facts.add(name, {value.as_bool() ? "yes" : "no", value.as_bool() ? Tint::good : Tint::bad});
    } else if (value.is_array()) {
      if (value.empty()) facts.add(name, "none");
      for (const json::View element : value.elements())
        facts.add(name,
                  element.is_string() ? std::string(element.as_string()) : std::string(to_string(element.kind())));
    } else {
      facts.add(name, std::string(to_string(value.kind())));
    }
  }
  const std::string text = facts.print(colour);
  return text.empty() ? "done\n" : text;
}

}  // namespace socle::cli
