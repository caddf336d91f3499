#include "identity/person.hpp"

#include <algorithm>

namespace socle::auth {
namespace {

std::vector<std::string> texts(json::View list) {
  std::vector<std::string> out;
  for (const json::View item : list.elements()) out.emplace_back(item.as_string());
  return out;
}

void write_texts(json::Writer& out, std::string_view name, const std::vector<std::string>& list) {
  out.key(name).begin_array();
  for (const std::string& item : list) out.string(item);
  out.end_array();
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string_view to_string(PersonState state) {
  switch (state) {
    case PersonState::invited: return "invited";
    case PersonState::active: return "active";
    case PersonState::suspended: return "suspended";
  }
  return "suspended";
}

Person read_person(std::uint64_t revision, std::string_view id, json::View doc) {
  Person p;
  const auto text = [doc](std::string_view name) { return std::string(doc.find(name).as_string()); };
  p.revision = revision;
  p.id = id;
  p.username = text("username");
  p.name = text("name");
  p.created_at = text("created_at");
  p.created_by = text("created_by");
  p.org = text("org");
  p.roles = texts(doc.find("roles"));
  p.home = text("home");
  p.home_user = text("home_user");
  const std::string state = text("state");
  p.state = state == "active"    ? PersonState::active
            : state == "invited" ? PersonState::invited
                                 : PersonState::suspended;
  return p;
}

Person read_person(const Stored& stored) {
  return stored.exists() ? read_person(stored.revision, stored.id(), stored.doc()) : Person();
}

std::string person_document(const Person& p) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("username", p.username).member("name", p.name).member("state", to_string(p.state));
  write_texts(out, "roles", p.roles);
  if (!p.org.empty()) out.member("org", p.org);
  out.member("created_at", p.created_at).member("created_by", p.created_by);
  if (p.guest()) out.member("home", p.home).member("home_user", p.home_user);
  out.end_object();
  return text;
}

void write_person(json::Writer& out, const Person& p) {
  out.begin_object().member("id", p.id).member("username", p.username).member("name", p.name);
  write_texts(out, "roles", p.roles);
  out.member("org", p.org).member("state", to_string(p.state)).member("created_at", p.created_at);
  if (p.guest()) out.member("home", p.home);
  out.end_object();
}

Secrets read_secrets(const Stored& stored) {
  Secrets s;
  if (!stored.exists()) return s;
  const json::View doc = stored.doc();
  s.revision = stored.revision;
  s.password = doc.find("password").as_string();
  s.totp = doc.find("totp").as_string();
  s.totp_confirmed = doc.find("totp_confirmed").as_bool();
  s.totp_step = doc.find("totp_step").as_int64().value_or(0);
  s.recovery = texts(doc.find("recovery"));
  s.changed_at = doc.find("changed_at").as_string();
  s.guest_of = texts(doc.find("guest_of"));
  return s;
}

std::string secrets_document(const Secrets& s) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("password", s.password).member("changed_at", s.changed_at);
  if (!s.totp.empty()) {
    out.member("totp", s.totp).member("totp_confirmed", s.totp_confirmed).member("totp_step", s.totp_step);
  }
  write_texts(out, "recovery", s.recovery);
  write_texts(out, "guest_of", s.guest_of);
  out.end_object();
  return text;
}

std::optional<std::string> read_username(std::string_view text) {
  if (text.empty() || text.size() > 64) return std::nullopt;
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  constexpr std::string_view others = "._-+@";
  const bool good = is_letter_or_digit(out.front()) && std::all_of(out.begin(), out.end(), [others](char c) {
                      return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
                    });
  if (!good) return std::nullopt;
  return out;
}

bool is_role_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

}  // namespace socle::auth
