// csv.cpp: see the header.
#include "transfer/csv.hpp"

#include <algorithm>

#include "model/language.hpp"
#include "records/texts.hpp"
#include "socle/json/decimal.hpp"

namespace socle::forms {
namespace {

using json::View;

bool is_column(const Catalogue& fields, std::uint32_t index) {
  const auto& field = fields[index];
  return field.table == Field::none && field.type != FieldType::object;
}

std::string cell_text(View value) {
  if (!value.exists() || value.is_null()) return {};
  return value.is_string() ? std::string(value.as_string()) : json::to_text(value);
}

// The JSON of a cell for a field of this type.
std::string json_of(const Field& field, const std::string& cell) {
  const auto quoted = [&] {
    std::string out;
    json::append_quoted(out, cell);
    return out;
  };
  switch (field.type) {
    case FieldType::integer:
    case FieldType::number: return json::decimal::is_number(cell) ? cell : quoted();
    case FieldType::decimal:
      return field.schema.find("type").as_string() == "number" && json::decimal::is_number(cell) ? cell : quoted();
    case FieldType::boolean: return cell == "true" || cell == "false" ? cell : quoted();
    case FieldType::string:
    case FieldType::date:
    case FieldType::timestamp: return quoted();
    case FieldType::any:
    case FieldType::object:
    case FieldType::list:
    case FieldType::table: return json::Document::parse(cell) ? cell : quoted();
  }
  return quoted();
}

// Objects come into being around their filled fields.
void write_object(json::Writer& out, const Catalogue& fields, const std::vector<std::uint32_t>& members,
                  const std::vector<const std::string*>& cells) {
  out.begin_object();
  for (const auto member : members) {
    const auto& field = fields[member];
    if (field.type == FieldType::object) {
      const auto filled = [&](const auto& self, std::uint32_t at) -> bool {
        if (cells[at] != nullptr) return true;
        return std::any_of(fields[at].children.begin(), fields[at].children.end(),
                           [&](std::uint32_t child) { return self(self, child); });
      };
      if (!filled(filled, member)) continue;
      out.key(field.name);
      write_object(out, fields, field.children, cells);
    } else if (cells[member] != nullptr) {
      const auto text = json_of(field, *cells[member]);
      const auto value = json::Document::parse(text);
      if (value) out.member(field.name, value->root());
    }
  }
  out.end_object();
}

}  // namespace

void append_cell(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string csv_head(const Catalogue& fields) {
  std::string out = "id,version,model_version,created_at,created_by,updated_at,updated_by";
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (!is_column(fields, i)) continue;
    out += ',';
    append_cell(out, fields[i].path);
  }
  return out + "\r\n";
}

std::string csv_line(const Catalogue& fields, View item) {
  const auto facts = facts_of(item);
  std::string out(facts.id);
  out += "," + std::to_string(facts.version);
  for (const auto text :
       {facts.model_version, facts.created_at, facts.created_by, facts.updated_at, facts.updated_by}) {
    out += ',';
    append_cell(out, text);
  }
  const auto doc = doc_of(item);
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (!is_column(fields, i)) continue;
    auto value = doc;
    for (const auto& token : fields[i].tokens) value = value.find(token);
    out += ',';
    append_cell(out, cell_text(value));
  }
  return out + "\r\n";
}

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
}

Result<std::optional<CsvReader::Line>> CsvReader::next() {
  while (rest_.starts_with("\r\n") || rest_.starts_with("\n")) {
    rest_.remove_prefix(rest_.front() == '\r' ? 2 : 1);
    ++line_;
  }
  if (rest_.empty()) return std::optional<Line>();
  Line out;
  out.number = line_;
  const auto fail = [&](std::string_view why) {
    rest_ = {};
    return Error{Code::invalid, "line " + std::to_string(out.number) + ": " + std::string(why)};
  };
  while (true) {
    std::string cell;
    if (rest_.starts_with('"')) {
      rest_.remove_prefix(1);
      while (true) {
        const auto quote = rest_.find('"');
        if (quote == std::string_view::npos) return fail("a quoted cell has no end");
        cell += rest_.substr(0, quote);
        line_ += static_cast<std::size_t>(std::count(rest_.begin(), rest_.begin() + static_cast<long>(quote), '\n'));
        rest_.remove_prefix(quote + 1);
        if (!rest_.starts_with('"')) break;
        cell += '"';
        rest_.remove_prefix(1);
      }
      if (!rest_.empty() && rest_.front() != ',' && rest_.front() != '\n' && !rest_.starts_with("\r\n"))
        return fail("text stands behind the end of a quoted cell");
    } else {
      auto end = rest_.find_first_of(",\n");
      if (end == std::string_view::npos) end = rest_.size();
      cell = rest_.substr(0, end);
      rest_.remove_prefix(end);
      if ((rest_.empty() || rest_.front() == '\n') && cell.ends_with('\r')) cell.pop_back();
    }
    out.cells.push_back(std::move(cell));
    if (!rest_.starts_with(',')) break;
    rest_.remove_prefix(1);
  }
  if (!rest_.empty()) {
    rest_.remove_prefix(rest_.front() == '\r' ? 2 : 1);
    ++line_;
  }
  return std::optional<Line>(std::move(out));
}

Result<Columns> columns_of(const Catalogue& fields, const std::vector<std::string>& names, View mapping) {
  Columns out;
  for (const auto& name : names) {
    const auto mapped = mapping.find(name);
    if (mapped.is_null() || (!mapped.exists() && meta_named(name) && fields.find(name) == Field::none)) {
      out.fields.push_back(Field::none);
      continue;
    }
    const std::string path(mapped.is_string() ? mapped.as_string() : std::string_view(name));
    auto found = fields.find(path);
    for (std::uint32_t i = 0; found == Field::none && i < fields.size(); ++i)
      if (fields[i].title.en == path || fields[i].title.zh == path) found = i;
    if (found == Field::none || !is_column(fields, found))
      return Error{Code::invalid, "column '" + name.substr(0, 60) + "': " + fields.unknown(path) +
                                      " (or map the column to null to leave it out)"};
    if (std::find(out.fields.begin(), out.fields.end(), found) != out.fields.end())
      return Error{Code::invalid, "column '" + name.substr(0, 60) + "': two columns fill '" + fields[found].path + "'"};
    out.fields.push_back(found);
  }
  return out;
}

std::string document_of(const Catalogue& fields, const Columns& columns, const std::vector<std::string>& cells) {
  std::vector<const std::string*> by_field(fields.size(), nullptr);
  for (std::size_t i = 0; i < std::min(cells.size(), columns.fields.size()); ++i)
    if (columns.fields[i] != Field::none && !cells[i].empty()) by_field[columns.fields[i]] = &cells[i];
  std::string text;
  json::Writer out(text);
  write_object(out, fields, fields.top(), by_field);
  return text;
}

}  // namespace socle::forms
