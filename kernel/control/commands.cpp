#include "control/commands.hpp"

#include "base/file.hpp"
#include "control/arguments.hpp"
#include "control/operation_record.hpp"
#include "manifest/text.hpp"
#include "socle/json/document.hpp"

namespace socle::control {
namespace {

using lifecycle::JsonText;

void write_report(JsonText& json, const lifecycle::SwapReport& r) {
  json.begin_object()
      .string("plugin", r.plugin)
      .string("version", r.version)
      .string("outcome", r.outcome)
      .number("from", r.from)
      .number("to", r.to);
  json.number("load_ms", r.load_ms)
      .number("flip_ms", r.flip_ms)
      .number("pause_ms", r.pause_ms)
      .number("drain_ms", r.drain_ms);
  json.number("failed", r.failed).string("old_state", r.old_state).begin_array("terms");
  for (const lifecycle::TermChange& term : r.terms)
    json.begin_object().string("key", term.key).string("before", term.before).string("after", term.after).end_object();
  json.end_array().end_object();
}

Answer report(const Result<lifecycle::SwapReport>& result) {
  if (!result) return failed(result.error());
  JsonText json;
  write_report(json, *result);
  // A canary that was sent back is not what was asked for. One that was over already is gone, as its end was asked for.
  return {result->outcome.starts_with("reverted") ? 1 : 0, json.take(), result->outcome};
}

// What the entry calls its plugin: the name it wants, else the folder's, also of `plugins/hello/`.
std::string called(const manifest::PluginEntry& entry) {
  if (entry.name) return *entry.name;
  const auto folder = entry.path.has_filename() ? entry.path : entry.path.parent_path();
  return folder.filename().string();
}

Answer text(const Result<std::string>& result) { return result ? Answer{0, *result} : failed(result.error()); }

}  // namespace

Answer Commands::run(const std::vector<std::string>& words) {
  if (words.empty()) return usage("no command");
  const auto operation = operation_of(words);
  // Who is unloaded cannot be told afterwards.
  if (operation && operation->name == "plugin.unload") record_operation(lifecycle_, *operation, "begun");
  Answer answer = carry_out(words);
  if (operation && answer.exit_code != 2)
    record_operation(lifecycle_, *operation, answer.exit_code == 0 ? "ok" : "refused", answer.outcome);
  return answer;
}

Answer Commands::carry_out(const std::vector<std::string>& words) {
  const std::string& command = words[0];
  if (command == "status") {
    std::string json = lifecycle_.status_json();
    json.pop_back();
    return {0, json + ",\"tenants\":" + std::to_string(tenants_.count()) + "," + facts_ + "}"};
  }
  if (command == "top") return {0, lifecycle_.top_json()};
  if (command == "doctor") return doctor();
  if (command == "tenant") return tenants_.run({words.begin() + 1, words.end()});
  if (command == "plugin") return plugin({words.begin() + 1, words.end()});
  if ((command == "plan" || command == "apply") && words.size() == 2) return plan(words[1], command == "plan");
  if (command == "explain") return explain({words.begin() + 1, words.end()});
  if (command == "call") return call({words.begin() + 1, words.end()});
  if (command == "storage") return storage({words.begin() + 1, words.end()});
  return usage("unknown command '" + command + "', or wrong arguments; `socle --help` lists the commands");
}

Answer Commands::plugin(const std::vector<std::string>& words) {
  const Arguments args = split(words, {"--canary", "--for", "--tenants", "--home"});
  if (!args.problem.empty()) return usage(args.problem);
  const size_t n = args.words.size();
  const std::string verb = n > 0 ? args.words[0] : "";
  std::optional<manifest::Home> home;
  if (const std::string h = args.flag("--home"); h == "kernel") {
    home = manifest::Home::kernel;
  } else if (h == "cell") {
    home = manifest::Home::cell;
  } else if (!h.empty()) {
    return usage("--home is kernel or cell, found '" + h + "'");
  }
  if (verb == "list" && n == 1) return {0, lifecycle_.list_json()};
  if (verb == "show" && n == 2) return text(lifecycle_.show_json(args.words[1]));
  if (verb == "load" && n == 2) return report(lifecycle_.load(args.words[1], home));
  if (verb == "unload" && n == 2) return report(lifecycle_.unload(args.words[1]));
  if (verb == "rollback" && n == 2) return report(lifecycle_.rollback(args.words[1]));
  if (verb == "verify" && n == 2) {
    const auto verdict = lifecycle_.verify(args.words[1]);
    if (!verdict) return failed(verdict.error());
    JsonText json;
    return {0, json.begin_object().boolean("verified", true).string("text", *verdict).end_object().take()};
  }
  if (verb == "move" && n == 2 && home) return report(lifecycle_.move(args.words[1], *home));
  if (verb == "swap" && n == 3) {
    lifecycle::SwapOptions options;
    if (args.flags.contains("--canary")) {
      const std::string share = args.flag("--canary");
      const auto percent = manifest::parse_percentage(share);
      if (!percent) return usage("--canary wants a percentage such as 5%, found '" + share + "'");
      options.canary_percent = percent->percent;
    }
    if (args.flags.contains("--for")) {
      const std::string time = args.flag("--for");
      const auto duration = manifest::parse_duration(time);
      if (!duration || duration->count() <= 0) return usage("--for wants a duration such as 60s, found '" + time + "'");
      options.canary_for = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
    }
    // What an empty shell variable leaves must not become a swap for everybody.
    if (args.flags.contains("--tenants")) {
      const std::string tenants = args.flag("--tenants");
      for (size_t at = 0; at != std::string::npos;) {
        const size_t comma = tenants.find(',', at);
        options.canary_tenants.push_back(tenants.substr(at, comma == std::string::npos ? comma : comma - at));
        if (options.canary_tenants.back().empty())
          return usage("--tenants wants names separated by commas such as acme,globex, found '" + tenants + "'");
        at = comma == std::string::npos ? comma : comma + 1;
      }
    }
    const bool canary = options.canary_percent || !options.canary_tenants.empty();
    if (args.flags.contains("--for") && !canary)
      return usage("--for is the time of a canary: give --canary 5% or --tenants A,B, too");
    // Nobody would meet it, and the time be over before anybody noticed.
    if (auto known = tenants_.all_known(options.canary_tenants); !known) return failed(known.error());
    return report(lifecycle_.swap(args.words[1], args.words[2], options));
  }
  return usage(
      "`socle plugin` takes: list | show NAME | verify PATH | load PATH [--home kernel|cell] | unload NAME | swap NAME "
      "PATH "
      "[--canary 5% --for 60s] [--tenants A,B] | rollback NAME | move NAME --home kernel|cell | new NAME [--dir D]");
}

Answer Commands::plan(const std::string& file, bool dry) {
  auto next = manifest::load_system_manifest(file);
  if (!next) return failed(next.error());
  manifest::lay_over(*next, lifecycle_.system().overrides);
  const auto changes = manifest::difference(lifecycle_.system(), *next);
  auto reports = lifecycle_.apply(*next, dry);
  if (!reports) return failed(reports.error());
  JsonText json;
  json.begin_object().begin_array("plugins");
  for (const auto& r : *reports) write_report(json, r);
  json.end_array().begin_array("changes");
  for (const auto& change : changes) {
    constexpr std::string_view kinds[] = {"added", "removed", "changed"};
    json.begin_object()
        .string("key", change.key)
        .string("kind", kinds[static_cast<size_t>(change.kind)])
        .string("before", change.before)
        .string("after", change.after)
        .boolean("restart", manifest::needs_restart(change.key))
        .end_object();
  }
  json.end_array().begin_array("warnings");
  for (const std::string& warning : strangers(*next)) json.string({}, warning);
  return {0, json.end_array().end_object().take()};
}

// A file's canary may be for tenants that are made later, so it is taken; a name that is mistyped meets nobody.
std::vector<std::string> Commands::strangers(const manifest::SystemManifest& system) const {
  std::vector<std::string> out;
  for (const auto& entry : system.plugins) {
    if (!entry.canary) continue;
    for (const std::string& tenant : entry.canary->tenants) {
      const std::string unknown = system.tenants.contains(tenant) ? std::string() : tenants_.unknown(tenant);
      if (!unknown.empty())
        out.push_back("canary of " + called(entry) + ": " + unknown + (unknown.ends_with('?') ? " " : "; ") +
                      "until there is one, the canary meets nobody of that name");
    }
  }
  return out;
}

Answer Commands::explain(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "call") return text(lifecycle_.explain_call(words[1], words[2]));
  if (words.size() == 2 && words[0] == "plugin") return text(lifecycle_.explain_plugin(words[1]));
  const Arguments args = split(words, {"--record"});
  if (!args.problem.empty()) return usage(args.problem);
  if (args.words.size() == 5 && args.words[0] == "access") return explain_access(args);
  return usage(
      "`socle explain` takes: call FROM-PLUGIN SERVICE/N.METHOD | plugin NAME | access TENANT USER ACTION RESOURCE "
      "[--record FILE]");
}

// What auth/1 decides for a user as he is now, and everything it looked at.
Answer Commands::explain_access(const Arguments& args) {
  if (!lifecycle_.provides("auth/1", "explain"))
    return failed({Code::unavailable, "no plugin provides auth/1, so nobody decides who may what; load one"});
  JsonText body;
  body.begin_object().string("username", args.words[2]).string("action", args.words[3]);
  body.string("resource", args.words[4]);
  if (const std::string file = args.flag("--record"); !file.empty()) {
    const auto record = base::read_file(file, std::size_t{1} << 20);
    if (!record) return failed(record.error());
    const auto read = json::Document::parse(*record);
    if (!read || !read->root().is_object())
      return failed({Code::invalid, file + ": a record is a JSON object such as {\"created_by\": …, \"doc\": {…}}" +
                                        (read ? std::string() : "; " + read.error().message)});
    body.raw("record", *record);
  }
  return text(lifecycle_.call("auth/1", "explain", body.end_object().take(), args.words[1]));
}

// What the kernel knows nothing of is done by plugins: the clients of the socket (socle model) call their methods.
Answer Commands::call(const std::vector<std::string>& words) {
  const Arguments args = split(words, {"--tenant"});
  if (!args.problem.empty()) return usage(args.problem);
  const std::string tenant = args.flag("--tenant");
  const auto method = args.words.empty() ? std::nullopt : manifest::parse_method_ref(args.words[0]);
  if (args.words.size() != 2 || !method || tenant.empty())
    return usage("`call` takes: SERVICE/N.METHOD JSON --tenant ID");
  if (auto known = tenants_.known(tenant); !known) return failed(known.error());
  if (auto allowed = lifecycle_.operators_may_call(*method); !allowed) return failed(allowed.error());
  return text(lifecycle_.call(to_string(method->service), method->method, args.words[1], tenant, "operator"));
}

Answer Commands::storage(const std::vector<std::string>& words) {
  if (words.size() != 2 || (words[0] != "backup" && words[0] != "verify" && words[0] != "restore"))
    return usage("`socle storage` takes: backup DIR | verify DIR | restore DIR");
  JsonText body;
  body.begin_object().string("directory", words[1]).end_object();
  return text(lifecycle_.call("storage/1", words[0], body.take()));
}

}  // namespace socle::control
