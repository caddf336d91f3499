// import.cpp: records:import: CSV or JSON lines. Good rows are kept, bad ones come back with what is wrong and as a
// file that can be mended and sent again. Rows are judged and written in blocks, with a turn for others in between.
#include "records/texts.hpp"
#include "service/records.hpp"
#include "transfer/csv.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t block = 100;
constexpr std::size_t most_rows = 20'000;
constexpr std::size_t most_errors = 1000;
constexpr std::size_t previewed = 10;

struct Incoming {
  std::size_t line = 0;
  std::string original;  // as it came, for the error file
  std::string text;      // JSON
};

// All rows of the body; the whole import is refused when its form is wrong.
struct Body {
  bool csv = false;
  std::string head;  // of the error file
  std::vector<Incoming> rows;
  std::string problem;
};

std::string line_of(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    append_cell(out, cells[i]);
  }
  return out;
}

constexpr std::string_view reasons_column = "errors";  // what the error file adds

void read_csv(const Form& form, std::string_view text, json::View mapping, Body& out) {
  CsvReader reader(text);
  auto head = reader.next();
  if (!head || !*head) {
    out.problem = head ? std::string("there is no line of column names") : head.error().message;
    return;
  }
  // An error file that was mended.
  auto& names = (*head)->cells;
  const bool again = names.back() == reasons_column && form.fields().find(reasons_column) == Field::none &&
                     !mapping.find(reasons_column).exists();
  const auto width = names.size() - (again ? 1 : 0);
  names.resize(width);
  const auto columns = columns_of(form.fields(), (*head)->cells, mapping);
  if (!columns) {
    out.problem = columns.error().message;
    return;
  }
  out.head = line_of((*head)->cells);
  while (out.rows.size() <= most_rows) {
    auto line = reader.next();
    if (!line) {
      out.problem = line.error().message;
      return;
    }
    if (!*line) return;
    if (again && (*line)->cells.size() > width) (*line)->cells.resize(width);
    out.rows.push_back(
        {(*line)->number, line_of((*line)->cells), document_of(form.fields(), *columns, (*line)->cells)});
  }
}

void read_lines(std::string_view text, Body& out) {
  for (std::size_t number = 1; !text.empty() && out.rows.size() <= most_rows; ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    out.rows.push_back({number, std::string(line), std::string(line)});
  }
}

struct Outcome {
  std::size_t created = 0, failed = 0;
  std::string errors = "[";
  std::string file;
  std::string preview = "[";
  std::size_t told = 0;

  void fail(const Incoming& row, const std::vector<FieldError>& why, bool csv) {
    ++failed;
    std::string reasons;
    for (const auto& error : why) {
      reasons += (reasons.empty() ? "" : "; ") + error.pointer + ": " + error.message;
      if (told++ >= most_errors) continue;
      if (errors.size() > 1) errors += ',';
      json::Writer out(errors);
      out.begin_object().member("line", row.line).member("pointer", error.pointer).member("code", error.code);
      out.member("message", error.message).end_object();
    }
    file += row.original;
    if (csv) {
      file += ',';
      append_cell(file, reasons);
      file += '\r';
    }
    file += '\n';
  }
};

// Others may be fine. Anything else (a time-out, a store that is full) says nothing of a row, and the block may have
// been written.
bool is_a_rows_own(const Reply& problem) {
  const bool memory = problem.error_code() == to_string(Code::too_large);  // of the request, the answer's above all
  return problem.code() == Code::conflict || problem.code() == Code::invalid ||
         (problem.code() == Code::too_large && !memory);
}

}  // namespace

struct Records::Importing {
  const Body& body;
  Outcome out;
  std::string key;       // of the block
  std::size_t line = 0;  // where the block begins
};

// Judges and writes one block of rows. A problem that is not a row's own ends the import.
Task<std::optional<Reply>> Records::import_block(Request request, const Asking& asking, const Served& served,
                                                 Importing& work, std::size_t from) {
  const bool preview = request.param("preview") == "true";
  const Body& body = work.body;
  Outcome& out = work.out;
  const auto to = std::min(from + block, body.rows.size());
  work.line = body.rows[from].line;
  std::vector<json::Document> documents;
  std::vector<Row> rows;
  std::vector<std::size_t> numbers;
  documents.reserve(to - from);
  for (auto i = from; i < to; ++i) {
    auto doc = json::Document::parse(body.rows[i].text);
    if (!doc) {
      out.fail(body.rows[i], {{"", "malformed_json", doc.error().message, {}}}, body.csv);
      continue;
    }
    documents.push_back(std::move(*doc));
    rows.emplace_back().doc = documents.back().root();
    numbers.push_back(i);
  }
  auto prepared = co_await saver_.prepare(request, asking, served, rows, preview);
  if (!prepared) co_return std::move(prepared).problem();
  std::vector<Row> good;
  std::vector<std::size_t> good_numbers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].errors.empty()) {
      out.fail(body.rows[numbers[i]], rows[i].errors, body.csv);
      continue;
    }
    if (preview && good_numbers.size() + from < previewed)
      out.preview.append(out.preview.size() > 1 ? "," : "").append(shown_text(rows[i]));
    good.emplace_back().doc = rows[i].doc;
    good_numbers.push_back(numbers[i]);
  }
  if (good.empty()) co_return std::nullopt;
  if (preview) {
    out.created += good.size();
    co_return std::nullopt;
  }
  auto saved = co_await saver_.save(request, asking, served, good, work.key, Refusal::unread);
  if (saved) {
    out.created += good.size();
    co_return std::nullopt;
  }
  Reply refused = std::move(saved).problem();
  if (!is_a_rows_own(refused)) co_return refused;
  // Something that only the store knows (a unique value, a reference): row by row, so that the others are kept.
  for (std::size_t i = 0; i < good.size(); ++i) {
    work.line = body.rows[good_numbers[i]].line;
    const std::string key = work.key.empty() ? std::string() : work.key + "/" + std::to_string(i);
    std::vector<Row> one(1);
    one[0].doc = good[i].doc;
    auto kept = co_await saver_.save(request, asking, served, one, key, Refusal::one);
    if (kept) {
      ++out.created;
      continue;
    }
    Reply problem = std::move(kept).problem();
    if (!is_a_rows_own(problem)) co_return problem;
    std::vector<FieldError> why;
    const auto fields = json::Document::parse(problem.text().empty() ? "[]" : problem.text());
    if (fields)
      for (const auto error : fields->root().elements())
        why.push_back({std::string(error.find("pointer").as_string()),
                       std::string(error.find("code").as_string()),
                       std::string(error.find("message").as_string()),
                       {}});
    if (why.empty()) why.push_back({"", std::string(problem.error_code()), std::string(problem.message()), {}});
    out.fail(body.rows[good_numbers[i]], why, body.csv);
  }
  co_return std::nullopt;
}

Task<Reply> Records::import_in(Request request, const Served& served) {
  const Form& form = *served.form;
  const Asking asking(host_, request);
  const bool preview = request.param("preview") == "true";
  const auto mapping = json::Document::parse(request.has_param("mapping") ? request.param("mapping") : "{}");
  if (!mapping || !mapping->root().is_object())
    co_return Reply::error(Code::invalid, "bad_mapping", "mapping is a JSON object {\"Column\": \"field\"}")
        .with_status(400);
  Body body;
  body.csv = request.header("content-type").find("csv") != std::string_view::npos;
  if (!body.csv && request.has_param("mapping"))
    co_return Reply::error(Code::invalid, "bad_mapping",
                           "mapping names the columns of CSV; JSON lines name their fields themselves")
        .with_status(400);
  if (body.csv)
    read_csv(form, request.text(), mapping->root(), body);
  else
    read_lines(request.text(), body);
  if (body.rows.size() > most_rows) body.problem = "an import holds at most 20000 rows; send it in parts";
  if (!body.problem.empty()) co_return Reply::error(Code::invalid, "bad_import", body.problem).with_status(422);
  Importing work{body, {}, {}, 0};
  if (body.csv) work.out.file = body.head + "," + std::string(reasons_column) + "\r\n";
  const std::string key = Saver::key_of(request, served);
  std::optional<Reply> stopped;
  for (std::size_t from = 0; from < body.rows.size() && !stopped; from += block) {
    work.key = key.empty() ? std::string() : key + "/" + std::to_string(from / block);
    stopped = co_await import_block(request, asking, served, work, from);
  }
  const Outcome& out = work.out;
  if (stopped && out.created == 0 && out.failed == 0) co_return std::move(*stopped);
  std::string text = "{\"rows\":" + std::to_string(body.rows.size()) + ",\"" + (preview ? "valid" : "created") +
                     "\":" + std::to_string(out.created) + ",\"failed\":" + std::to_string(out.failed) +
                     ",\"errors\":" + out.errors + "]";
  if (stopped) {
    // What came before is kept; the rest was not looked at.
    text += ",\"stopped\":";
    json::Writer(text)
        .begin_object()
        .member("line", work.line)
        .member("code", stopped->error_code())
        .member("message", stopped->message())
        .end_object();
  }
  if (preview) text += ",\"preview\":" + out.preview + "]";
  if (out.failed > 0) {
    text += ",\"error_file\":";
    json::append_quoted(text, out.file);
  }
  co_return Reply::json(text + "}");
}

}  // namespace socle::forms
