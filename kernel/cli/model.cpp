#include "cli/model.hpp"

#include <map>
#include <set>

#include "cli/model_files.hpp"
#include "cli/model_keys.hpp"
#include "cli/read.hpp"
#include "cli/table.hpp"
#include "cli/width.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::cli {
namespace {

// Calls of models/1 for the tenant of the command line.
class Registry {
 public:
  Registry(const Invocation& invocation, const World& world)
      : socket_(socket_of(invocation, world)), tenant_(*invocation.get("--tenant")), ask_(world.ask) {}

  Result<json::Document> call(std::string_view method, const std::string& body) const {
    const auto answer = ask_(socket_, {"call", "models/1." + std::string(method), body, "--tenant", tenant_});
    if (!answer) return answer.error();
    auto document = json::Document::parse(answer->json);
    if (!document) return std::move(document).error().context("the kernel's answer");
    if (const json::View error = document->root().find("error"); error.is_object())
      return Error{Code::invalid, std::string(error.find("message").as_string())};
    return document;
  }

 private:
  std::filesystem::path socket_;
  std::string tenant_;
  const Ask& ask_;
};

std::string import_body(const ModelFile& file, bool dry, bool major, const ModelSignature& signature = {}) {
  std::string body;
  json::Writer out(body);
  out.begin_object().member("dry_run", dry);
  if (major) out.member("version", "major");
  out.key("items").begin_array().begin_object().member("kind", file.kind).member("name", file.name);
  out.member("media", file.json ? "json" : "yaml").member("text", file.text);
  if (!signature.value.empty()) out.member("key", signature.key).member("signature", signature.value);
  out.end_object().end_array().end_object();
  return body;
}

// "rules/loan.yaml:3:7: what is wrong"
std::string findings(const ModelFile& file, json::View item) {
  std::string out;
  for (const json::View d : item.find(item.find("errors").exists() ? "errors" : "diagnostics").elements()) {
    out += "  " + file.path.string();
    if (d.find("line").is_number())
      out += ":" + std::to_string(number_at(d, "line")) + ":" + std::to_string(number_at(d, "column"));
    out += ": " + std::string(d.find("message").as_string()) + "\n";
  }
  return out;
}

struct Planned {
  std::vector<ModelFile> files;
  std::vector<json::Document> answers;        // as files: what importing each would do
  std::vector<std::string> only_on_server{};  // models without a file
  bool refused = false;
  [[nodiscard]] json::View item(std::size_t i) const { return answers[i].root().find("items").at(0); }
};

Result<Planned> make_plan(const Invocation& invocation, const Registry& registry) {
  auto files = read_models(invocation.arguments[0]);
  if (!files) return files.error();
  Planned plan{std::move(*files), {}};
  std::set<std::string> here;
  for (const ModelFile& file : plan.files) {
    auto answer = registry.call("import", import_body(file, true, invocation.has("--major")));
    if (!answer) return answer.error();
    plan.refused = plan.refused || answer->root().find("refused").as_bool();
    plan.answers.push_back(std::move(*answer));
    here.insert(file.key());
  }
  const auto listed = registry.call("list", "{}");
  if (!listed) return listed.error();
  for (const json::View model : listed->root().find("items").elements()) {
    const std::string key =
        std::string(model.find("kind").as_string()) + "/" + std::string(model.find("name").as_string());
    if (model.find("version").exists() && !here.contains(key)) plan.only_on_server.push_back(key);
  }
  return plan;
}

std::string plan_json(const Planned& plan, std::size_t applied) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("models").begin_array();
  for (std::size_t i = 0; i < plan.answers.size(); ++i) {
    out.begin_object().member("file", plan.files[i].path.string());
    for (const auto& [key, value] : plan.item(i).members()) out.member(key, value);
    out.end_object();
  }
  out.end_array().key("only_on_server").begin_array();
  for (const std::string& key : plan.only_on_server) out.string(key);
  out.end_array().member("refused", plan.refused).member("applied", applied).end_object();
  return text + "\n";
}

std::string plan_table(const Planned& plan, bool colour) {
  Table table({{"MODEL"}, {"ACTION"}, {"FROM"}, {"TO"}, {"CHANGE"}, {"HASH"}});
  std::string notes;
  for (std::size_t i = 0; i < plan.answers.size(); ++i) {
    const json::View item = plan.item(i);
    const std::string action = text_at(item, "action");
    const Tint tint = action == "refused" ? Tint::bad : action == "same" ? Tint::faint : Tint::good;
    table.row({{plan.files[i].key(), Tint::strong},
               {action, tint},
               text_at(item, "from"),
               text_at(item, "version"),
               text_at(item, "level"),
               text_at(item, "hash").substr(0, 12)});
    if (action == "refused") notes += plan.files[i].key() + ": " + text_at(item, "message") + "\n";
    notes += findings(plan.files[i], item);
  }
  for (const std::string& key : plan.only_on_server)
    table.row({{key, Tint::strong}, {"no file", Tint::warn}, "-", "-", "-", "-"});
  return table.print(colour) + notes;
}

Outcome plan_or_apply(const Invocation& invocation, const World& world, const Registry& registry, bool apply) {
  const bool json = invocation.has("--json");
  const auto plan = make_plan(invocation, registry);
  if (!plan) return complaint(1, plan.error(), json);
  std::size_t applied = 0;
  for (std::size_t i = 0; apply && !plan->refused && i < plan->files.size(); ++i) {
    if (plan->item(i).find("action").as_string() == "same") continue;
    const auto signature =
        sign_model(invocation.get("--key").value_or(""), plan->files[i].key(), text_at(plan->item(i), "hash"));
    if (!signature) return complaint(1, signature.error(), json);
    const auto done =
        registry.call("import", import_body(plan->files[i], false, invocation.has("--major"), *signature));
    if (!done) return complaint(1, done.error(), json);
    if (number_at(done->root(), "applied") != 1) {
      const json::View item = done->root().find("items").at(0);
      const std::string why =
          item.find("message").exists() ? text_at(item, "message") : text_at(done->root(), "stopped_by");
      return complaint(1,
                       {Code::conflict, plan->files[i].key() + " was not published: " + why + "; " +
                                            std::to_string(applied) + " models before it were"},
                       json);
    }
    ++applied;
  }
  Outcome out{plan->refused ? 1 : 0, json ? plan_json(*plan, applied) : plan_table(*plan, world.colour), {}};
  if (plan->refused && apply) out.err = "socle: nothing was applied: correct what is refused\n";
  if (apply && !plan->refused && !json) out.out += std::to_string(applied) + " published\n";
  return out;
}

Outcome export_models(const Invocation& invocation, const Registry& registry) {
  const bool json = invocation.has("--json");
  std::string cursor, text;
  json::Writer out(text);
  out.begin_object().key("models").begin_array();
  std::size_t count = 0;
  do {
    std::string body;
    json::Writer ask(body);
    ask.begin_object();
    if (!cursor.empty()) ask.member("cursor", cursor);
    ask.end_object();
    const auto page = registry.call("export", body);
    if (!page) return complaint(1, page.error(), json);
    for (const json::View item : page->root().find("items").elements()) {
      const ModelFile file{{},
                           std::string(item.find("kind").as_string()),
                           std::string(item.find("name").as_string()),
                           std::string(item.find("text").as_string()),
                           item.find("media").as_string() == "json"};
      if (auto written = write_model(invocation.arguments[0], file); !written)
        return complaint(1, written.error(), json);
      out.begin_object().member("kind", file.kind).member("name", file.name);
      out.member("version", item.find("version")).member("hash", item.find("hash")).end_object();
      ++count;
    }
    cursor = page->root().find("next").as_string();
  } while (!cursor.empty());
  out.end_array().end_object();
  if (json) return {0, text + "\n", {}};
  return {0, std::to_string(count) + " models in " + printable(invocation.arguments[0]) + "\n", {}};
}

// KIND/NAME as the body of a call.
Result<std::string> named(const Invocation& invocation) {
  const std::string& given = invocation.arguments[0];
  const std::size_t slash = given.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == given.size())
    return Error{Code::invalid, "'" + given + "' is no model; wanted KIND/NAME such as rules/loan"};
  std::string body;
  json::Writer out(body);
  out.begin_object().member("kind", given.substr(0, slash)).member("name", given.substr(slash + 1));
  if (const auto version = invocation.get("--to")) out.member("version", *version);
  if (const auto version = invocation.get("--version")) out.member("version", *version);
  if (const auto reason = invocation.get("--reason")) out.member("reason", *reason);
  out.end_object();
  return body;
}

std::string history_table(json::View answer, bool colour) {
  Table table({{"EVENT", Align::right}, {"WHEN"}, {"WHO"}, {"WHAT"}, {"VERSION"}, {"FROM"}, {"REASON"}});
  for (const json::View e : answer.find("items").elements())
    table.row({count_at(e, "event"),
               text_at(e, "at"),
               text_at(e, "by"),
               {text_at(e, "action"), Tint::strong},
               text_at(e, "version"),
               text_at(e, "from"),
               text_at(e, "reason")});
  return table.empty() ? "nothing was ever published under this name\n" : table.print(colour);
}

Outcome trust(const Invocation& invocation, const Registry& registry, bool json) {
  std::string body;
  json::Writer out(body);
  out.begin_object().key("keys").begin_array();
  const bool none = invocation.arguments.size() == 1 && invocation.arguments[0] == "none";
  for (std::size_t i = 0; !none && i < invocation.arguments.size(); ++i) {
    const auto key = public_key_of(invocation.arguments[i]);
    if (!key) return complaint(1, key.error(), json);
    out.string(*key);
  }
  out.end_array().end_object();
  const auto answer = registry.call("trust", body);
  if (!answer) return complaint(1, answer.error(), json);
  if (json) return {0, json::to_text(answer->root()) + "\n", {}};
  return {0,
          none ? "models need no signature\n"
               : "models must be signed by one of " + std::to_string(invocation.arguments.size()) + " keys\n",
          {}};
}

}  // namespace

Outcome execute_model(const Invocation& invocation, const World& world) {
  const std::string_view words = invocation.command->words;
  const bool json = invocation.has("--json");
  const Registry registry(invocation, world);
  if (words == "model plan" || words == "model apply")
    return plan_or_apply(invocation, world, registry, words == "model apply");
  if (words == "model export") return export_models(invocation, registry);
  if (words == "model trust") return trust(invocation, registry, json);
  const auto body = named(invocation);
  if (!body) return complaint(2, body.error(), json);
  const bool history = words == "model history";
  const auto answer = registry.call(words.substr(words.find(' ') + 1), *body);
  if (!answer) return complaint(1, answer.error(), json);
  if (json) return {0, json::to_text(answer->root()) + "\n", {}};
  if (history) return {0, history_table(answer->root(), world.colour), {}};
  return {0,
          invocation.arguments[0] + " is at " + text_at(answer->root(), "version") + " (" +
              text_at(answer->root(), "state") + ")\n",
          {}};
}

}  // namespace socle::cli
