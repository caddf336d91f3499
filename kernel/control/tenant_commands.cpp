#include "control/tenant_commands.hpp"

#include "base/file.hpp"
#include "manifest/problems.hpp"
#include "socle/json/document.hpp"

namespace socle::control {
namespace {

using lifecycle::JsonText;

constexpr size_t max_batch_file = size_t{256} << 20U;
constexpr std::string_view administrator = "admin";  // the first user of a tenant

Error no_auth(const std::string& missing) {
  return {Code::unavailable, "no plugin provides auth/1, so " + missing + "; load one with `socle plugin load`"};
}

// A text member of an answer of auth/1.
Result<std::string> member(const std::string& json, std::string_view key, std::string_view method) {
  const auto answer = json::Document::parse(json);
  const json::View value = answer ? answer->root().find(key) : json::View();
  if (value.is_string()) return std::string(value.as_string());
  return Error{Code::internal, std::string(method) + " answered without \"" + std::string(key) +
                                   "\"; use an auth/1 provider that belongs to this kernel"};
}

}  // namespace

Answer TenantCommands::run(const std::vector<std::string>& words) {
  const Arguments args = split(words, {"--plan", "--from", "--no-admin", "--user"});
  if (!args.problem.empty()) return usage(args.problem);
  const size_t n = args.words.size();
  const std::string verb = n > 0 ? args.words[0] : "";
  const bool from_file = args.flags.contains("--from");
  if (verb == "create" && n == 2 && !from_file) return create(args);
  if (verb == "create" && n == 1 && from_file) return create_from(args);
  if (verb == "create" && n <= 2)
    return usage("`socle tenant create` takes either ID or --from FILE, found " +
                 std::string(n == 2 ? "both" : "neither"));
  if (verb == "list" && n == 1) return {0, registry_.list_json()};
  if (n >= 2) {
    const std::string& id = args.words[1];
    Status done;
    if (verb == "show" && n == 2) return state_of(id);
    if (verb == "token" && n == 2) return token(id, args.flag("--user"));
    if (verb == "delete" && n == 2) {
      if (done = housekeeper_.remove(id); !done) return failed(done.error());
      return {0, JsonText().begin_object().string("tenant", id).string("state", "deleted").end_object().take()};
    }
    const bool changes = (verb == "set" && n > 2) || (n == 2 && (verb == "suspend" || verb == "resume"));
    if (changes) {
      done = verb == "set" ? registry_.set(id, {args.words.begin() + 2, args.words.end()})
                           : registry_.suspend(id, verb == "suspend");
      return done ? state_of(id) : failed(done.error());
    }
  }
  return usage(
      "`socle tenant` takes: create ID [--plan P] [--no-admin] | create --from FILE [--plan P] | list | show ID | set "
      "ID "
      "NAME=VALUE... | suspend ID | resume ID | delete ID | token ID [--user U]");
}

std::string TenantCommands::unknown(const std::string& tenant) const {
  if (registry_.show_json(tenant)) return {};
  const auto all = json::Document::parse(registry_.list_json());
  std::vector<std::string_view> ids;
  if (all) {
    for (const json::View one : all->root().find("tenants").elements()) ids.push_back(one.find("tenant").as_string());
  }
  return "no tenant " + manifest::in_quotes(tenant) + manifest::did_you_mean(tenant, ids);
}

Status TenantCommands::known(const std::string& tenant) const { return all_known({tenant}); }

Status TenantCommands::all_known(const std::vector<std::string>& tenants) const {
  std::string text;
  for (const std::string& tenant : tenants) {
    if (const std::string problem = unknown(tenant); !problem.empty()) text += (text.empty() ? "" : "\n") + problem;
  }
  if (text.empty()) return {};
  return Error{Code::not_found, text + (text.ends_with('?') ? " " : "; ") +
                                    "`socle tenant list` names those there are, `socle tenant create ID` makes one"};
}

Answer TenantCommands::state_of(const std::string& tenant) const {
  auto shown = registry_.show_json(tenant);
  return shown ? Answer{0, std::move(*shown)} : failed(shown.error());
}

// A tenant whose administrator could not be invited is taken back, so that the command can be repeated.
Answer TenantCommands::create(const Arguments& args) {
  const std::string& id = args.words[1];
  const bool auth = lifecycle_.provides("auth/1", "invite");
  const bool invite = auth && !args.flags.contains("--no-admin");
  tenants::Settings settings;
  if (const std::string plan = args.flag("--plan"); !plan.empty()) settings.plan = plan;
  if (auto made = registry_.create(id, settings); !made) return failed(made.error());
  JsonText json;
  json.begin_object().string("tenant", id).string("plan", settings.plan.value_or("")).string("state", "active");
  if (invite) {
    JsonText body;
    body.begin_object().string("tenant", id).string("username", administrator);
    body.begin_array("roles").string({}, administrator).end_array().end_object();
    auto invited = lifecycle_.call("auth/1", "invite", body.take(), id);
    auto username = invited ? member(*invited, "username", "auth/1.invite") : Result<std::string>(invited.error());
    auto link = username ? member(*invited, "password_link", "auth/1.invite") : username;
    if (!link) {
      std::string message = "tenant '" + id + "' was not created: " + link.error().message;
      if (auto removed = housekeeper_.remove(id); !removed) message += "; and " + removed.error().message;
      return failed({link.error().code, message});
    }
    json.string("username", *username).string("password_link", *link);
  } else if (!auth && !args.flags.contains("--no-admin")) {
    json.string("note", "no plugin provides auth/1, so no administrator was invited");
  }
  return {0, json.end_object().take()};
}

Answer TenantCommands::create_from(const Arguments& args) {
  const std::string file = args.flag("--from");
  const auto text = base::read_file(file, max_batch_file);
  if (!text) return failed(text.error());
  const std::string plan = args.flag("--plan");
  const auto batch = registry_.create_all(*text, file, plan.empty() ? std::nullopt : std::optional<std::string>(plan));
  if (!batch) return failed(batch.error());
  JsonText json;
  json.begin_object().number("created", batch->created).number("unchanged", batch->unchanged);
  return {0, json.string("note", "nobody was invited; `socle tenant token ID` acts for one").end_object().take()};
}

Answer TenantCommands::token(const std::string& tenant, const std::string& user) {
  if (auto known = registry_.show_json(tenant); !known) return failed(known.error());
  if (!lifecycle_.provides("auth/1", "issue")) return failed(no_auth("there is nobody to issue a token"));
  JsonText body;
  body.begin_object().string("tenant", tenant);
  if (!user.empty()) body.string("user", user);
  const auto issued = lifecycle_.call("auth/1", "issue", body.end_object().take(), tenant);
  const auto token = issued ? member(*issued, "token", "auth/1.issue") : Result<std::string>(issued.error());
  if (!token) return failed(token.error());
  return {0, JsonText().begin_object().string("token", *token).end_object().take()};
}

}  // namespace socle::control
