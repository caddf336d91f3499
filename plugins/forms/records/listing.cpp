// listing.cpp: see the header.
#include "records/listing.hpp"

#include <charconv>

#include "records/mask.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t most_order = 7;
constexpr std::size_t most_names = 64;

void fault(std::vector<FieldError>& errors, std::string_view parameter, std::string_view code, std::string message,
           std::string params = {}) {
  errors.push_back({std::string(parameter), std::string(code), std::move(message), std::move(params)});
}

void withheld(std::vector<FieldError>& errors, std::string_view parameter, std::string_view what) {
  fault(errors, parameter, "withheld", std::string(what) + " reads a field that you may not see");
}

void write_order(json::Writer& out, const Form& form, const ListParams& params, std::vector<FieldError>& errors) {
  const std::string_view order = params.order;
  const auto names = split_names(order);
  if (names.size() > most_order) return fault(errors, "order", "too_long", "order names at most 7 fields");
  if (names.empty()) return;
  out.key("order").begin_array();
  for (auto name : names) {
    const bool descending = name.starts_with('-');
    if (descending || name.starts_with('+')) name.remove_prefix(1);
    if (is_within(name, params.hidden)) {
      withheld(errors, "order", "'" + std::string(name) + "'");
      continue;
    }
    std::string_view type;
    const auto field = stored_field(form, name, type);
    const bool declared = name == "id" || meta_named(name) || form.fields().find(name) != Field::none;
    if (!declared || field.empty() || type.empty()) {
      fault(errors, "order", declared ? "not_orderable" : "unknown_field",
            declared ? "'" + std::string(name) + "' has no order: a field of one type outside of sub-tables has"
                     : form.fields().unknown(name));
      continue;
    }
    out.begin_object().member("field", field);
    if (field.starts_with('/')) out.member("type", type);
    if (descending) out.member("desc", true);
    out.end_object();
  }
  out.end_array();
}

void write_fields(json::Writer& out, const Form& form, std::string_view fields, std::vector<FieldError>& errors) {
  const auto names = split_names(fields);
  if (names.size() > most_names) return fault(errors, "fields", "too_long", "fields names at most 64 fields");
  if (names.empty()) return;
  out.key("fields").begin_array();
  for (const auto name : names) {
    if (meta_named(name)) continue;
    const auto index = form.fields().find(name);
    if (index == Field::none || form.fields()[index].table != Field::none)
      fault(errors, "fields", "unknown_field", form.fields().unknown(name));
    else
      out.string("/doc" + form.fields()[index].pointer);
  }
  for (const auto* kept : {"/created_by", "/updated_by", "/model_version"}) out.string(kept);
  out.end_array();
}

}  // namespace

std::vector<std::string_view> split_names(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto one = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.empty()) out.push_back(one);
  }
  return out;
}

std::string to_text(const PageCursor& cursor) {
  return std::to_string(cursor.seconds) + "." + std::to_string(cursor.nanos) + "." + cursor.storage;
}

std::optional<PageCursor> cursor_of(std::string_view text) {
  PageCursor out;
  const auto* end = text.data() + text.size();
  const auto seconds = std::from_chars(text.data(), end, out.seconds);
  if (seconds.ec != std::errc() || seconds.ptr == end || *seconds.ptr != '.') return std::nullopt;
  const auto nanos = std::from_chars(seconds.ptr + 1, end, out.nanos);
  if (nanos.ec != std::errc() || nanos.ptr == end || *nanos.ptr != '.' || out.nanos > 999'999'999) return std::nullopt;
  if (out.seconds < 0 || out.seconds > 253402300799) return std::nullopt;
  out.storage.assign(nanos.ptr + 1, end);
  return out;
}

std::optional<ListQuery> list_query(const Form& form, Filter& filter, const ListParams& params,
                                    std::string_view storage_cursor, std::vector<FieldError>& errors) {
  if (!params.filter.empty()) {
    std::vector<cel::Issue> issues;
    auto condition = form.strict().compile(params.filter, &issues);
    for (const auto& issue : issues) {
      const auto place = cel::position_of(params.filter, issue.position.offset);
      fault(errors, "filter", "expression", issue.message,
            "{\"offset\":" + std::to_string(place.offset) + ",\"column\":" + std::to_string(place.column) + "}");
    }
    if (condition && tells_of(condition->ast, params.hidden)) {
      withheld(errors, "filter", "the filter");
    } else if (condition) {
      if (auto added = filter.add(*condition); !added) fault(errors, "filter", "expression", added.error().message);
    } else if (issues.empty()) {
      fault(errors, "filter", "expression", condition.error().message);
    }
  }
  if (auto finished = filter.finish(); !finished) fault(errors, "filter", "expression", finished.error().message);
  ListQuery out;
  out.never = filter.never();
  json::Writer writer(out.text);
  writer.begin_object().member("collection", collection_of(form.name()));
  filter.write(writer);
  write_order(writer, form, params, errors);
  write_fields(writer, form, params.fields, errors);
  writer.member("limit", params.limit);
  if (!params.count.empty() && params.count != "none") writer.member("count", params.count);
  if (!storage_cursor.empty()) writer.member("cursor", storage_cursor);
  if (params.explain) writer.member("explain", true);
  if (params.partial) writer.member("partial", true);
  writer.end_object();
  out.remainder = filter.remainder();
  if (!errors.empty()) return std::nullopt;
  return out;
}

}  // namespace socle::forms
