#include "note.hpp"

#include <algorithm>
#include <array>

namespace notes {
namespace {

namespace json = socle::json;
using socle::Code;
using socle::Reply;

constexpr std::size_t max_title = 200;
constexpr std::size_t max_text = 10'000;

class Faults {
 public:
  Faults() { out_.begin_array(); }
  void add(std::string_view pointer, std::string_view code, std::string_view message) {
    out_.begin_object().member("pointer", pointer).member("code", code).member("message", message).end_object();
    ++count_;
  }
  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] Reply reply() {
    out_.end_array();
    return Reply::error(Code::invalid, "invalid_note", "the note is not valid", text_).with_status(422);
  }

 private:
  std::string text_;
  json::Writer out_{text_};
  int count_ = 0;
};

void write_expect(json::Writer& out, std::string_view expect) {
  out.key("expect");
  if (expect.starts_with('"')) {
    out.string(expect.substr(1, expect.size() - 2));
  } else {
    out.number_text(expect);
  }
}

}  // namespace

Checked parse_note(std::string_view body) {
  auto parsed = json::Document::parse(body);
  if (!parsed) return Reply::error(Code::invalid, "bad_json", parsed.error().message);
  return check_note(std::move(*parsed));
}

Checked check_note(json::Document note) {
  const auto root = note.root();
  if (!root.is_object()) return Reply::error(Code::invalid, "invalid_note", "a note is a JSON object");
  Faults faults;
  for (const auto& [key, value] : root.members()) {
    if (key == "title" || key == "text") {
      const auto most = key == "title" ? max_title : max_text;
      if (!value.is_string()) faults.add("/" + std::string(key), "type", "must be a string");
      if (value.as_string().size() > most)
        faults.add("/" + std::string(key), "too_long", "must have at most " + std::to_string(most) + " bytes");
    } else if (key == "done") {
      if (!value.is_boolean()) faults.add("/done", "type", "must be true or false");
    } else {
      std::string pointer = "/";
      json::append_escaped(pointer, key);
      faults.add(pointer, "unknown", "a note has title, text and done");
    }
  }
  if (!root.find("title").exists() || (root.find("title").is_string() && root.find("title").as_string().empty()))
    faults.add("/title", "required", "a note needs a title");
  if (faults.any()) return faults.reply();
  return note;
}

socle::Result<std::string> expectation(std::string_view if_match) {
  if (if_match.empty() || if_match == "*") return std::string("\"present\"");
  if (if_match.size() > 2 && if_match.size() < 20 && if_match.front() == '"' && if_match.back() == '"') {
    const auto digits = if_match.substr(1, if_match.size() - 2);
    if (digits[0] != '0' && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return std::string(digits);
  }
  return socle::Error{Code::precondition, "If-Match names no version of a note: send the ETag of your last read"};
}

std::string get_request(std::string_view id) {
  std::string text;
  json::Writer(text).begin_object().member("collection", "notes").member("id", id).end_object();
  return text;
}

std::string list_request(const socle::Request& request) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", "notes").member("count", "estimated").key("filter").begin_object();
  out.member("op", "and").key("args").begin_array();
  if (const auto done = request.param("done"); !done.empty()) {
    out.begin_object().member("op", "eq").member("field", "/done").member("type", "boolean");
    out.member("value", done == "true").end_object();
  }
  if (const auto prefix = request.param("title"); !prefix.empty())
    out.begin_object().member("op", "prefix").member("field", "/title").member("value", prefix).end_object();
  out.end_array().end_object().key("order").begin_array();
  out.begin_object().member("field", "updated_at").member("desc", true).end_object().end_array();
  if (const auto limit = request.param("limit"); !limit.empty()) out.key("limit").number_text(limit);
  if (const auto cursor = request.param("cursor"); !cursor.empty()) out.member("cursor", cursor);
  out.end_object();
  return text;
}

std::string put_request(std::string_view id, const json::Document& note, std::string_view expect, bool once) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("operations").begin_array().begin_object().member("op", "put").member("collection", "notes");
  if (!id.empty()) out.member("id", id);
  write_expect(out, expect);
  out.member("doc", note.root()).end_object().end_array();
  if (once) out.key("idempotency").begin_object().end_object();
  out.end_object();
  return text;
}

std::string delete_request(std::string_view id, std::string_view expect) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("operations").begin_array().begin_object();
  out.member("op", "delete").member("collection", "notes").member("id", id);
  write_expect(out, expect);
  out.end_object().end_array().end_object();
  return text;
}

std::string changes_request(std::string_view position) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", "notes").member("wait_ms", position.empty() ? 0 : 5'000);
  if (position.empty()) {
    out.member("from", "now");
  } else {
    out.member("position", position);
  }
  out.end_object();
  return text;
}

Saved saved(const Reply& written, const json::Document& note) {
  Saved out;
  auto parsed = json::Document::parse(written.text());
  if (!parsed) return out;
  const auto result = parsed->root().find("results").at(0);
  out.id = result.find("id").as_string();
  out.etag = "\"" + json::to_text(result.find("version")) + "\"";
  json::Writer writer(out.text);
  writer.begin_object();
  for (const auto& [key, value] : result.members()) writer.member(key, value);
  writer.member("doc", note.root()).end_object();
  return out;
}

Piece event_text(std::string_view changes) {
  Piece out;
  auto parsed = json::Document::parse(changes);
  if (!parsed) return out;
  out.position = parsed->root().find("position").as_string();
  for (const auto item : parsed->root().find("items").elements()) {
    out.text.append("id: ").append(item.find("position").as_string());
    out.text.append("\nevent: ").append(item.find("op").as_string()).append("\ndata: ");
    json::Writer data(out.text);
    data.begin_object().member("id", item.find("id")).member("version", item.find("version")).end_object();
    out.text.append("\n\n");
  }
  if (out.text.empty()) out.text = ": nothing new\n\n";  // an event stream's comment
  return out;
}

}  // namespace notes
