#include "account/role_form.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::pages {
namespace {

constexpr std::size_t most_grants = 64;  // auth's own limit; more rows are not read
constexpr std::array<std::string_view, 5> scopes{"all", "own", "department", "department_and_below", "custom"};

struct Member {
  std::string_view key;
  std::string RoleForm::Grant::*text;
};
constexpr Member words[] = {{"permissions", &RoleForm::Grant::permissions}, {"resources", &RoleForm::Grant::resources}};
constexpr Member texts[] = {
    {"scope", &RoleForm::Grant::scope}, {"unit", &RoleForm::Grant::unit}, {"when", &RoleForm::Grant::when}};
constexpr Member lines[] = {{"hidden", &RoleForm::Grant::hidden}, {"read_only", &RoleForm::Grant::read_only}};

std::string joined_by(json::View list, char by) {
  std::string out;
  for (const auto one : list.elements()) {
    if (!out.empty()) out += by;
    out.append(one.as_string());
  }
  return out;
}

void write_list(json::Writer& out, std::string_view key, std::string_view text, std::string_view separators) {
  if (text.find_first_not_of(" \t\n") == std::string_view::npos) return;
  out.key(key).begin_array();
  while (!text.empty()) {
    const auto end = text.find_first_of(separators);
    const auto word = text.substr(0, end);
    if (const auto last = word.find_last_not_of(" \t"); last != std::string_view::npos)
      out.string(word.substr(0, last + 1));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  out.end_array();
}

void write_title(json::Writer& out, const std::vector<std::pair<std::string, std::string>>& titles) {
  const auto said = [](const auto& one) { return !one.second.empty(); };
  if (std::none_of(titles.begin(), titles.end(), said)) return;
  if (titles.size() == 1 && titles.front().first.empty()) {
    out.member("title", titles.front().second);
    return;
  }
  out.key("title").begin_object();
  for (const auto& [language, text] : titles)
    if (!text.empty()) out.member(language, text);
  out.end_object();
}

std::string place(std::size_t grant, std::string_view key) {
  return "grants/" + std::to_string(grant) + "/" + std::string(key);
}

class Fields {
 public:
  Fields(const RoleFaults& faults, const Word& word) : faults_(faults), word_(word) {}

  // `kind`: line, area or choice.
  page::Data field(std::string name, std::string label, std::string value, std::string_view kind,
                   std::string_view hint = {}) const {
    page::Data out;
    for (const auto& [input, message] : faults_)
      if (input == name) out.text("error", message);
    out.text("name", std::move(name)).text("label", std::move(label)).text("value", std::move(value)).flag(kind, true);
    if (!hint.empty()) out.view("hint", word_(hint));
    return out;
  }
  page::Data titled(const std::pair<std::string, std::string>& title) const {
    std::string label(word_("role_title"));
    if (!title.first.empty()) label.append(" (").append(title.first).append(")");
    return field("title/" + title.first, std::move(label), title.second, "line");
  }
  page::Data of(std::size_t i, const RoleForm::Grant& grant) const {
    const auto one = [&](std::string_view key, std::string_view label, const std::string& value, std::string_view kind,
                         std::string_view hint = {}) {
      return field(place(i, key), std::string(word_(label)), value, kind, hint);
    };
    std::vector<page::Data> fields;
    fields.push_back(one("permissions", "grants", grant.permissions, "line", "grants_hint"));
    fields.push_back(one("resources", "grant_resources", grant.resources, "line", "grant_resources_hint"));
    page::Data scope = one("scope", "grant_scope", grant.scope, "choice");
    std::vector<page::Data> options;
    for (const auto name : scopes) {
      page::Data option;
      option.view("value", name).view("label", word_("scope_" + std::string(name)));
      option.flag("chosen", grant.scope == name);
      options.push_back(std::move(option));
    }
    scope.list("options", std::move(options));
    fields.push_back(std::move(scope));
    fields.push_back(one("unit", "grant_unit", grant.unit, "line", "grant_unit_hint"));
    fields.push_back(one("when", "grant_when", grant.when, "area", "grant_when_hint"));
    fields.push_back(one("hidden", "grant_hidden", grant.hidden, "area", "lines_hint"));
    fields.push_back(one("read_only", "grant_read_only", grant.read_only, "area", "lines_hint"));
    page::Data out;
    out.text("title", std::string(word_("limited")).append(" ").append(std::to_string(i + 1)));
    out.text("index", std::to_string(i)).list("fields", std::move(fields));
    return out;
  }

 private:
  const RoleFaults& faults_;
  const Word& word_;
};

}  // namespace

bool RoleForm::Grant::blank() const {
  const auto nothing = [](std::string_view text) { return text.find_first_not_of(" \t\n") == std::string_view::npos; };
  return nothing(permissions) && nothing(resources) && nothing(unit) && nothing(when) && nothing(hidden) &&
         nothing(read_only) && (scope.empty() || scope == scopes.front());
}

RoleForm RoleForm::of(json::View role) {
  RoleForm out;
  const auto title = role.find("title");
  if (title.is_string()) {
    out.titles.emplace_back("", title.as_string());
  } else {
    for (const std::string_view language : {"en", "zh"})
      out.titles.emplace_back(language, title.find(language).as_string());
    for (const auto [language, text] : title.members())
      if (language != "en" && language != "zh") out.titles.emplace_back(language, text.as_string());
  }
  out.inherits = joined_by(role.find("inherits"), ' ');
  out.permissions = joined_by(role.find("permissions"), ' ');
  out.second_factor = role.find("second_factor").as_bool();
  for (const auto source : role.find("grants").elements()) {
    Grant grant;
    for (const auto& [key, text] : words) grant.*text = joined_by(source.find(key), ' ');
    for (const auto& [key, text] : texts) grant.*text = source.find(key).as_string();
    for (const auto& [key, text] : lines) grant.*text = joined_by(source.find(key), '\n');
    // A condition may be written bare.
    if (const auto when = source.find("when"); when.is_boolean()) grant.when = when.as_bool() ? "true" : "false";
    if (grant.scope.empty()) grant.scope = scopes.front();
    out.grants.push_back(std::move(grant));
  }
  return out;
}

RoleForm RoleForm::of(const page::FormBody& body) {
  RoleForm out;
  constexpr std::string_view title = "title/";
  for (const auto& [name, value] : body.fields())
    if (name.starts_with(title)) out.titles.emplace_back(name.substr(title.size()), value);
  out.inherits = body.text("inherits");
  out.permissions = body.text("permissions");
  out.second_factor = body.text("second_factor") == "true";
  for (std::size_t i = 0; i < most_grants && body.find(place(i, "permissions")); ++i) {
    Grant grant;
    for (const auto& [key, text] : words) grant.*text = body.text(place(i, key));
    for (const auto& [key, text] : texts) grant.*text = body.text(place(i, key));
    for (const auto& [key, text] : lines) grant.*text = body.text(place(i, key));
    out.grants.push_back(std::move(grant));
  }
  return out;
}

void RoleForm::drop_blank_grants() {
  std::erase_if(grants, [](const Grant& one) { return one.blank(); });
}

std::string RoleForm::text(std::string_view name) const {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("role", name);
  write_title(out, titles);
  write_list(out, "inherits", inherits, " \t\n");
  write_list(out, "permissions", permissions, " \t\n");
  if (second_factor) out.member("second_factor", true);
  if (!grants.empty()) {
    out.key("grants").begin_array();
    for (const auto& grant : grants) {
      out.begin_object();
      for (const auto& [key, of] : words) write_list(out, key, grant.*of, " \t\n");
      for (const auto& [key, of] : texts)
        if (!(grant.*of).empty() && !(key == "scope" && grant.scope == scopes.front())) out.member(key, grant.*of);
      for (const auto& [key, of] : lines) write_list(out, key, grant.*of, "\n");
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  return text;
}

// All of a tenant's roles are judged as a whole: "/roles/3/grants/0/when".
RoleFaults role_faults(std::string_view errors, const RoleForm& form) {
  RoleFaults out;
  const auto list = json::Document::parse(errors);
  if (!list) return out;
  std::vector<std::string> inputs{"inherits", "permissions"};
  for (const auto& [language, text] : form.titles) inputs.push_back("title/" + language);
  for (std::size_t i = 0; i < form.grants.size(); ++i)
    for (const auto members :
         {std::span<const Member>(words), std::span<const Member>(texts), std::span<const Member>(lines)})
      for (const auto& member : members) inputs.push_back(place(i, member.key));
  for (const auto error : list->root().elements()) {
    const auto pointer = error.find("pointer").as_string();
    std::string_view rest = pointer;
    constexpr std::string_view head = "/roles/";
    if (rest.starts_with(head)) rest = rest.substr(std::min(rest.size(), rest.find('/', head.size())));
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const auto within = [rest](std::string_view input) {
      return rest.starts_with(input) && (rest.size() == input.size() || rest[input.size()] == '/');
    };
    const auto at = std::find_if(inputs.begin(), inputs.end(), within);
    const std::string message(error.find("message").as_string());
    if (at != inputs.end())
      out.emplace_back(*at, message);
    else
      out.emplace_back("", std::string(pointer).append(": ").append(message));
  }
  return out;
}

page::Data data_of(const RoleForm& form, const RoleFaults& faults, const Word& word) {
  const Fields fields(faults, word);
  page::Data out;
  std::vector<page::Data> own, grants, others;
  for (const auto& title : form.titles) own.push_back(fields.titled(title));
  own.push_back(fields.field("inherits", std::string(word("inherits")), form.inherits, "line", "inherits_hint"));
  own.push_back(fields.field("permissions", std::string(word("grants")), form.permissions, "line", "unlimited_hint"));
  for (std::size_t i = 0; i < form.grants.size(); ++i) grants.push_back(fields.of(i, form.grants[i]));
  for (const auto& [input, message] : faults) {
    if (!input.empty()) continue;
    page::Data one;
    one.text("message", message);
    others.push_back(std::move(one));
  }
  out.list("fields", std::move(own)).list("grants", std::move(grants)).list("others", std::move(others));
  out.flag("second_factor", form.second_factor);
  return out;
}

}  // namespace socle::pages
