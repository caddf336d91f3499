// lists.cpp: records: lists with filter, order and pages; and the export, which is lists without an end.
#include <charconv>
#include <map>

#include "records/mask.hpp"
#include "records/raw.hpp"
#include "records/texts.hpp"
#include "service/records.hpp"
#include "transfer/csv.hpp"

namespace socle::forms {
namespace {

constexpr std::uint64_t export_page = 200;
constexpr std::int64_t longest_listing = 3600;  // seconds from its first page to its last

ListParams params_of(Request request) {
  ListParams out;
  out.filter = request.param("filter");
  out.order = request.param("order");
  out.cursor = request.param("cursor");
  out.fields = request.param("fields");
  out.count = request.param("count");
  out.explain = request.param("explain") == "true";
  const auto limit = request.param("limit");
  if (!limit.empty()) (void)std::from_chars(limit.data(), limit.data() + limit.size(), out.limit);
  return out;
}

}  // namespace

struct Records::Page {
  json::Document reply;             // storage's
  std::size_t size = 0;             // of its text
  std::vector<std::string> hidden;  // what none of its items may show
  std::string remainder;            // for explain
  std::string next;                 // "" on the last page
  std::optional<RawPage> raw;       // in place of `reply`
};

Task<Got<Records::Page>> Records::page(Request request, const Served& served, Asking& asking, ListParams& params,
                                       bool plain) {
  const Form& form = *served.form;
  auto reach = co_await warden_.reach(request, form, "read");
  if (!reach) co_return std::move(reach).problem();
  if (reach->nothing && !reach->certain) co_return forbidden("read", form.name());
  std::string storage_cursor;
  if (!params.cursor.empty()) {
    // Rules about `now` must not be held at a moment that a client chooses.
    auto cursor = cursor_of(params.cursor);
    const auto age = cursor ? asking.seconds() - cursor->seconds : 0;
    if (cursor && !params.own_cursor && (age < 0 || age > longest_listing))
      co_return Reply::error(Code::invalid, "bad_cursor", "the cursor is older than an hour: begin without one")
          .with_status(400);
    if (!cursor)
      co_return Reply::error(Code::invalid, "bad_cursor", "the cursor is none of this list's: begin without one")
          .with_status(400);
    asking.at(cursor->seconds, cursor->nanos);
    storage_cursor = std::move(cursor->storage);
  }
  const auto known = asking.known("read");
  Filter filter(form, known);
  if (const auto* rule = form.access(Action::read))
    if (auto added = filter.add(rule->rule); !added) co_return Reply(std::move(added).error());
  filter.narrow(reach->predicate, reach->remainder, reach->types);
  params.hidden = reach->masks.hidden;
  std::vector<FieldError> errors;
  const auto query = list_query(form, filter, params, storage_cursor, errors);
  if (!query) co_return bad_parameters(errors);
  Page out;
  out.hidden = std::move(reach->masks.hidden);
  out.remainder = query->remainder;
  Reply reply = Reply::json(R"({"items":[],"next":null,"count":0,"count_exact":true})");
  if (!query->never) reply = co_await saver_.query(request, query->text);
  if (!reply) {
    const bool filter_fault = reply.error_code() == "bad_cursor" || reply.error_code().starts_with("bad_");
    if (filter_fault)
      co_return Reply::error(reply.code(), reply.error_code(), reply.message(), reply.text()).with_status(400);
    co_return reply;
  }
  if (plain && out.hidden.empty()) out.raw = raw_page(reply.text());
  if (out.raw) {
    if (!out.raw->next.empty()) out.next = to_text({asking.seconds(), asking.nanos(), out.raw->next});
    co_return std::move(out);
  }
  auto parsed = json::Document::parse(reply.text());
  if (!parsed) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  out.reply = std::move(*parsed);
  out.size = reply.text().size();
  if (!out.hidden.empty()) {
    auto masked = without_in_each(out.reply.root(), out.hidden);
    if (!masked) co_return Reply(std::move(masked).error());
    out.reply = std::move(*masked);
  }
  const auto next = out.reply.root().find("next");
  if (next.is_string()) out.next = to_text({asking.seconds(), asking.nanos(), std::string(next.as_string())});
  co_return std::move(out);
}

Task<Reply> Records::list_in(Request request, const Served& served) {
  Asking asking(host_, request);
  auto params = params_of(request);
  const std::string names(request.param("expand"));
  auto got = co_await page(request, served, asking, params, names.empty());
  if (!got) co_return std::move(got).problem();
  const auto root = got->reply.root();
  std::vector<std::string> expanded;
  if (!names.empty()) {
    std::vector<json::View> items;
    for (const auto item : root.find("items").elements()) items.push_back(item);
    auto done = co_await expand(request, asking, *served.form, names, items, expanded);
    if (!done) co_return std::move(done).problem();
  }
  std::string text;
  text.reserve((got->raw ? got->raw->items.size() : got->size) + 512);
  text = "{\"items\":[";
  if (got->raw) text += got->raw->items;
  std::size_t i = 0;
  for (const auto item : root.find("items").elements()) {
    if (i > 0) text += ',';
    json::Writer out(text);
    out.begin_object();
    write_members(out, item);
    out.end_object();
    if (i < expanded.size()) {
      text.pop_back();
      text.append(",\"expand\":").append(expanded[i]).append("}");
    }
    ++i;
  }
  text += "],\"next\":";
  if (got->next.empty())
    text += "null";
  else
    json::append_quoted(text, got->next);
  const auto said = [&](std::string_view key, std::string RawPage::*part) {
    if (got->raw) return (*got->raw).*part;
    return root.find(key).exists() ? json::to_text(root.find(key)) : std::string();
  };
  if (!params.count.empty() && params.count != "none") {
    if (const auto count = said("count", &RawPage::count); !count.empty()) text.append(",\"count\":").append(count);
    if (const auto exact = said("count_exact", &RawPage::count_exact); !exact.empty())
      text.append(",\"count_exact\":").append(exact);
  }
  if (params.explain) {
    const auto plan = said("plan", &RawPage::plan);
    text.append(",\"plan\":").append(plan.empty() ? "{}" : plan).append(",\"remainder\":");
    json::append_quoted(text, got->remainder);
  }
  text += '}';
  co_return Reply::json(text);
}

// The first call brings the parameters, the later ones only the cursor: so it carries them.
Task<Reply> Records::export_all(Request request) {
  ListParams params;
  std::string form_name(request.param("form")), columns_of;
  const auto format = request.param("format");
  bool csv = format != "jsonl";
  const bool first = request.stream_cursor().empty();
  if (first) {
    if (csv && !format.empty() && format != "csv")
      co_return bad_parameters(
          {{"format", "bad_value", "found '" + std::string(format) + "'; wanted csv or jsonl", {}}});
    params = params_of(request);
    if (format.empty()) csv = request.header("accept").find("json") == std::string_view::npos;
  } else {
    const auto state = json::Document::parse(request.stream_cursor());
    if (!state) co_return Reply::error(Code::invalid, "bad_cursor", "the cursor is none of this export's");
    const auto of = [&](std::string_view key) { return std::string(state->root().find(key).as_string()); };
    form_name = of("form");
    columns_of = of("columns");
    params.own_cursor = true;
    params.filter = of("filter");
    params.order = of("order");
    params.cursor = of("cursor");
    csv = state->root().find("csv").as_bool();
  }
  params.limit = export_page;
  params.partial = true;  // a filter without an index looks at everything, piece by piece
  auto served = co_await models_.find(request, form_name);
  if (!served) co_return std::move(served).problem();
  Asking asking(host_, request);
  auto got = co_await page(request, *served, asking, params, false);
  if (!got) co_return std::move(got).problem();
  // Every line has the columns of the head, whatever is published meanwhile.
  auto headed = *served;
  if (first) {
    columns_of = form_name.find('@') == std::string::npos ? form_name + "@" + served->version : form_name;
  } else if (csv) {
    auto found = co_await models_.find(request, columns_of);
    if (!found) co_return std::move(found).problem();
    headed = *found;
  }
  const auto& columns = headed.form->fields();
  std::string text;
  if (csv && first) text = csv_head(columns);
  for (const auto item : got->reply.root().find("items").elements()) {
    if (csv) {
      text += csv_line(columns, item);
      continue;
    }
    json::Writer out(text);
    out.begin_object();
    write_members(out, item);
    out.end_object();
    text += '\n';
  }
  Reply reply = Reply::other(csv ? "text/csv; charset=utf-8" : "application/x-ndjson", text);
  reply.with("http.header.content-disposition",
             "attachment; filename=\"" + served->form->name() + (csv ? ".csv\"" : ".jsonl\""));
  if (got->next.empty()) co_return reply;
  std::string state;
  json::Writer out(state);
  out.begin_object()
      .member("form", form_name)
      .member("columns", columns_of)
      .member("filter", params.filter)
      .member("order", params.order);
  out.member("cursor", got->next).member("csv", csv).end_object();
  co_return std::move(reply).with_stream("forms/1.export", state);
}

}  // namespace socle::forms
