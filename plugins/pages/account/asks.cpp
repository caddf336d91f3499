#include "account/asks.hpp"

#include "socle/json/writer.hpp"

namespace socle::pages {
namespace {

// A browser as people call it.
std::string device(std::string_view agent) {
  constexpr std::pair<std::string_view, std::string_view> browsers[] = {
      {"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}};
  constexpr std::pair<std::string_view, std::string_view> systems[] = {{"Android", "Android"}, {"iPhone", "iPhone"},
                                                                       {"iPad", "iPad"},       {"Windows", "Windows"},
                                                                       {"Mac OS", "macOS"},    {"Linux", "Linux"}};
  std::string out;
  for (const auto& [mark, name] : browsers)
    if (out.empty() && agent.find(mark) != std::string_view::npos) out = name;
  for (const auto& [mark, name] : systems)
    if (agent.find(mark) != std::string_view::npos)
      return out.empty() ? std::string(name) : out.append(", ").append(name);
  return out.empty() ? std::string(agent.empty() ? std::string_view("–") : agent.substr(0, 60)) : out;
}

}  // namespace

page::Data data_of(const Ask& ask) {
  page::Data out;
  out.text("action", ask.action).view("label", ask.label).text("fault", ask.fault).text("info", ask.info);
  out.view("kind", ask.strong ? "main" : "");
  std::vector<page::Data> inputs, kept;
  for (const auto& input : ask.inputs) {
    page::Data one;
    one.text("id", std::string(ask.action).append(".").append(input.name));
    one.view("name", input.name).view("label", input.label).view("type", input.type).view("complete", input.complete);
    one.view("hint", input.hint).view("mode", input.mode).text("value", input.value).flag("focus", input.focus);
    for (const auto& [name, message] : ask.faults)
      if (name == input.name) one.text("error", message);
    inputs.push_back(std::move(one));
  }
  for (const auto& [name, value] : ask.kept) {
    page::Data one;
    one.text("name", name).text("value", value);
    kept.push_back(std::move(one));
  }
  out.list("inputs", std::move(inputs)).list("kept", std::move(kept));
  return out;
}

std::shared_ptr<const page::FormBody> posted(const Site& site, const Request& request, Reply& refused) {
  auto parsed = page::FormBody::parse(request.text());
  if (!parsed) {
    refused = site.problem(request, Reply(std::move(parsed).error()));
    return nullptr;
  }
  auto out = std::make_shared<const page::FormBody>(std::move(*parsed));
  if (site.genuine(request, *out)) return out;
  refused = site.stale(request);
  return nullptr;
}

Task<Reply> AuthDoor::ask(Request request, std::string_view method, std::string body, socle::Meta more) {
  for (const std::string_view key :
       {"http.peer", "http.transport", "http.tenant", "http.header.host", "http.header.origin",
        "http.header.sec-fetch-site", "http.header.user-agent", "http.header.accept-language"})
    if (request.meta(key).data() != nullptr) more.set(key, request.meta(key));
  const Target target = host_.target("auth/1", method);
  const Payload payload = Payload::make(body, body.empty() ? Media::none : Media::json, more);
  co_return co_await host_.call(request, target, payload);
}

std::string object_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const auto& [key, value] : members)
    if (!value.empty()) out.member(key, value);
  out.end_object();
  return text;
}

std::string words_array(std::string_view text) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  while (!text.empty()) {
    const auto end = text.find_first_of(" ,\t\n");
    if (const auto word = text.substr(0, end); !word.empty()) writer.string(word);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  writer.end_array();
  return out;
}

std::string joined(json::View texts, std::string_view by) {
  std::string out;
  for (const auto one : texts.elements()) out.append(out.empty() ? std::string_view() : by).append(one.as_string());
  return out;
}

std::vector<std::pair<std::string, std::string>> faults_by_input(std::string_view errors) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto list = json::Document::parse(errors);
  if (!list) return out;
  for (const auto error : list->root().elements()) {
    auto pointer = error.find("pointer").as_string();
    if (pointer.starts_with('/')) pointer.remove_prefix(1);
    out.emplace_back(pointer.substr(0, pointer.find('/')), error.find("message").as_string());
  }
  return out;
}

std::string day_of(std::string_view timestamp) {
  return timestamp.size() < 16 ? std::string("–")
                               : std::string(timestamp.substr(0, 10)).append(" ").append(timestamp.substr(11, 5));
}

std::vector<page::Data> sessions_of(json::View items) {
  std::vector<page::Data> out;
  for (const auto item : items.elements()) {
    page::Data one;
    one.text("id", std::string(item.find("id").as_string())).text("agent", device(item.find("agent").as_string()));
    one.text("peer", std::string(item.find("peer").as_string())).text("seen", day_of(item.find("seen_at").as_string()));
    one.flag("own", item.find("current").as_bool());
    out.push_back(std::move(one));
  }
  return out;
}

std::string first_fault(const Reply& why) {
  const auto faults = faults_by_input(why.text());
  return faults.empty() ? std::string(why.message()) : faults.front().second;
}

int status_of(const Reply& why) {
  if (why.http_status() != 0) return why.http_status();
  if (why.code() == Code::denied) return 403;
  return why.code() == Code::conflict || why.code() == Code::precondition ? 409 : refusal_status(why);
}

bool is_outdated(const Reply& why) {
  return why.error_code() == "version_mismatch" || why.error_code() == "changed_meanwhile";
}

Reply no_json() { return Reply::error(Code::internal, "internal", "auth/1 answered no JSON"); }

}  // namespace socle::pages
