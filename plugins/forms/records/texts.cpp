// texts.cpp: see the header.
#include "records/texts.hpp"

namespace socle::forms {

using json::View;

RecordFacts facts_of(View item) {
  const auto kept = item.find("doc");
  RecordFacts out;
  out.id = item.find("id").as_string();
  out.version = item.find("version").as_int64().value_or(0);
  out.created_at = item.find("created_at").as_string();
  out.updated_at = item.find("updated_at").as_string();
  out.model_version = kept.find("model_version").as_string();
  out.created_by = kept.find("created_by").as_string();
  out.updated_by = kept.find("updated_by").as_string();
  return out;
}

void write_members(json::Writer& out, View item) {
  const auto kept = item.find("doc");
  const auto copy = [&](std::string_view key, View from) {
    const auto value = from.find(key);
    if (value.exists()) out.member(key, value);
  };
  copy("id", item);
  copy("version", item);
  copy("model_version", kept);
  copy("created_at", item);
  copy("created_by", kept);
  copy("updated_at", item);
  copy("updated_by", kept);
  out.key("doc");
  if (const auto doc = kept.find("doc"); doc.exists())
    out.value(doc);
  else
    out.begin_object().end_object();  // none of the fields asked for is there
  copy("rules", kept);
}

void append_put(std::string& out, const Put& put) {
  out += R"({"op":"put","collection":)";
  json::append_quoted(out, collection_of(put.form));
  if (!put.id.empty()) {
    out += ",\"id\":";
    json::append_quoted(out, put.id);
  }
  out.append(",\"expect\":").append(put.expect).append(R"(,"doc":{"created_by":)");
  json::append_quoted(out, put.created_by);
  out += ",\"updated_by\":";
  json::append_quoted(out, put.updated_by);
  out += ",\"model_version\":";
  json::append_quoted(out, put.model_version);
  out.append(",\"doc\":").append(put.doc);
  if (!put.rules.empty()) out.append(",\"rules\":").append(put.rules);
  out += "}}";
}

void append_delete(std::string& out, std::string_view form, std::string_view id, std::string_view expect) {
  out += R"({"op":"delete","collection":)";
  json::append_quoted(out, collection_of(form));
  out += ",\"id\":";
  json::append_quoted(out, id);
  out.append(",\"expect\":").append(expect).append("}");
}

void append_present(std::string& out, std::string_view form, std::string_view id) {
  out += R"({"op":"check","collection":)";
  json::append_quoted(out, collection_of(form));
  out += ",\"id\":";
  json::append_quoted(out, id);
  out += R"(,"expect":"present"})";
}

std::string guard_of(std::string_view form, std::string_view id) { return std::string(form).append("/").append(id); }

void append_guard(std::string& out, std::string_view form, std::string_view id) {
  out += R"({"op":"put","collection":)";
  json::append_quoted(out, guard_collection);
  out += ",\"id\":";
  json::append_quoted(out, guard_of(form, id));
  out += R"(,"doc":{}})";
}

void append_guard_end(std::string& out, std::string_view form, std::string_view id, std::uint64_t version) {
  out.append(R"({"op":")").append(version == 0 ? "check" : "delete").append(R"(","collection":)");
  json::append_quoted(out, guard_collection);
  out += ",\"id\":";
  json::append_quoted(out, guard_of(form, id));
  out.append(",\"expect\":").append(version == 0 ? "\"absent\"" : std::to_string(version)).append("}");
}

// Whether it is still there does not matter: then it is gone.
void append_draft_end(std::string& out, std::string_view id) {
  out += R"({"op":"delete","collection":)";
  json::append_quoted(out, draft_collection);
  out += ",\"id\":";
  json::append_quoted(out, id);
  out += '}';
}

void append_counter(std::string& out, std::string_view id, std::uint64_t number, std::uint64_t version) {
  out += R"({"op":"put","collection":)";
  json::append_quoted(out, sequence_collection);
  out += ",\"id\":";
  json::append_quoted(out, id);
  out.append(",\"expect\":").append(version == 0 ? "\"absent\"" : std::to_string(version));
  out.append(",\"doc\":{\"n\":").append(std::to_string(number)).append("}}");
}

void append_fields(std::string& out, std::string_view fields) {
  if (fields.empty()) return;
  out.pop_back();
  out.append(",\"fields\":").append(fields).append("}");
}

bool matches(std::string_view if_match, std::uint64_t version) {
  if (if_match.empty()) return true;
  const std::string wanted = "\"" + std::to_string(version) + "\"";
  while (!if_match.empty()) {
    const auto comma = if_match.find(',');
    auto one = if_match.substr(0, comma);
    if_match.remove_prefix(comma == std::string_view::npos ? if_match.size() : comma + 1);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == "*" || one == wanted) return true;  // a weak tag never matches (RFC 9110, 13.1.1)
  }
  return false;
}

bool is_record_id(std::string_view id) {
  if (id.size() != 36) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = id[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace socle::forms
