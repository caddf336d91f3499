// members.cpp: see the header.
#include "service/members.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "socle/json/nearest.hpp"
#include "socle/json/pointer.hpp"
#include "table/codes.hpp"

namespace socle::rules {
namespace {

using json::View;
using Holds = Member::Holds;

constexpr std::size_t most_told = 100;
constexpr std::size_t longest_word = 64;
constexpr std::string_view wrong_type = "type";

constexpr std::array evaluate_members{Member{"input"}, Member{"trace", Holds::truth}};
constexpr std::array test_members{Member{"version", Holds::text}, Member{"records", Holds::list},
                                  Member{"from", Holds::text}, Member{"to", Holds::text},
                                  Member{"source", Holds::object}};
constexpr std::array import_members{Member{"format", Holds::text}, Member{"name", Holds::text},
                                    Member{"source", Holds::text_or_object}, Member{"decision", Holds::text}};

// As messages show it: cut, but never inside a character.
std::string_view shown(std::string_view key) {
  if (key.size() <= longest_word) return key;
  std::size_t cut = longest_word;
  while (cut > 0 && (static_cast<unsigned char>(key[cut]) & 0xC0) == 0x80) --cut;
  return key.substr(0, cut);
}

std::string place_of(std::string_view key) {
  std::string out = "/";
  json::append_escaped(out, key);
  return out;
}

bool fits(View value, Holds holds) {
  switch (holds) {
    case Holds::anything: return true;
    case Holds::truth: return value.is_boolean();
    case Holds::text: return value.is_string();
    case Holds::list: return value.is_array();
    case Holds::object: return value.is_object();
    case Holds::text_or_object: return value.is_string() || value.is_object();
  }
  return true;
}

std::string_view words_of(Holds holds) {
  switch (holds) {
    case Holds::anything: return "anything";
    case Holds::truth: return "true or false";
    case Holds::text: return "a text";
    case Holds::list: return "a list";
    case Holds::object: return "an object";
    case Holds::text_or_object: return "a text or an object";
  }
  return "";
}

FieldError mistyped(std::string pointer, Holds wanted, View found) {
  std::string message = "must be ";
  message.append(words_of(wanted)).append(", found ").append(json::to_string(found.kind()));
  return {std::move(pointer), std::string(wrong_type), std::move(message)};
}

FieldError unknown(std::string_view key, std::span<const Member> known) {
  std::string message = "'";
  message.append(shown(key)).append("' means nothing here; ");
  std::vector<std::string_view> names;
  for (const Member& member : known) names.push_back(member.name);
  const auto near = json::nearest(key, names);
  if (near.empty())
    message += "remove it";
  else
    message.append("did you mean '").append(near).append("'?");
  return {place_of(key), std::string(codes::unknown_key), std::move(message)};
}

}  // namespace

std::vector<FieldError> wrong_members(View body, std::span<const Member> known) {
  std::vector<FieldError> out;
  if (!body.is_object()) {
    out.push_back(mistyped("", Holds::object, body));
    return out;
  }
  for (const auto& [key, value] : body.members()) {
    if (out.size() == most_told) break;
    const auto member =
        std::find_if(known.begin(), known.end(), [&key = key](const Member& one) { return one.name == key; });
    if (member == known.end())
      out.push_back(unknown(key, known));
    else if (!fits(value, member->holds))
      out.push_back(mistyped(place_of(key), member->holds, value));
  }
  return out;
}

std::vector<FieldError> wrong_in_evaluate(View body) {
  auto out = wrong_members(body, evaluate_members);
  // Who misspelt it reads both: what is wrong, and what is missing.
  if (!out.empty() && body.is_object() && !body.find("input").exists())
    out.push_back({"/input", "required", "wanted: the record to evaluate"});
  return out;
}

std::vector<FieldError> wrong_in_test(View body) {
  auto out = wrong_members(body, test_members);
  const auto misplaced = [&](std::string_view key, std::string message) {
    if (body.find(key).exists()) out.push_back({place_of(key), std::string(codes::unknown_key), std::move(message)});
  };
  if (body.find("records").exists()) {
    misplaced("version", "the stored tests have a 'version'; a dry run of records goes 'from' one 'to' another");
    if (body.find("source").exists()) misplaced("to", "'source' is what the records are run through in place of 'to'");
  } else {
    for (const std::string_view key : {"from", "to", "source"})
      misplaced(key, "belongs to a dry run, which wants 'records'; the stored tests have a 'version'");
  }
  return out;
}

std::vector<FieldError> wrong_in_import(View body) {
  auto out = wrong_members(body, import_members);
  const auto source = body.find("source");
  if (source.is_object() && body.find("format").as_string() == "dmn")
    out.push_back(mistyped("/source", Holds::text, source));
  return out;
}

}  // namespace socle::rules
