#include "source/diagnostic.hpp"

#include <algorithm>
#include <tuple>

namespace socle::models {

void append_diagnostics(std::vector<Diagnostic>& out, json::View array) {
  for (const json::View item : array.elements()) {
    if (out.size() >= max_diagnostics) return;
    Diagnostic made;
    made.pointer = item.find("pointer").as_string();
    made.code = item.find("code").as_string();
    made.message = item.find("message").as_string();
    made.error = item.find("severity").as_string() != "warning";
    if (const auto offset = item.find("offset").as_uint64()) made.offset = static_cast<std::size_t>(*offset);
    if (made.code.empty()) made.code = "invalid";
    out.push_back(std::move(made));
  }
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& d) { return d.error; });
}

void put_in_order(std::vector<Diagnostic>& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  std::vector<Diagnostic> once;
  for (Diagnostic& d : diagnostics) {
    const bool said = std::any_of(once.begin(), once.end(), [&](const Diagnostic& o) {
      return o.pointer == d.pointer && o.code == d.code && o.offset == d.offset;
    });
    if (!said) once.push_back(std::move(d));
  }
  diagnostics = std::move(once);
}

void write_diagnostics(json::Writer& out, const std::vector<Diagnostic>& diagnostics, bool errors_only) {
  out.begin_array();
  for (const Diagnostic& d : diagnostics) {
    if (errors_only && !d.error) continue;
    out.begin_object().member("line", d.at.line).member("column", d.at.column).member("pointer", d.pointer);
    out.member("code", d.code).member("message", d.message).member("severity", d.error ? "error" : "warning");
    out.end_object();
  }
  out.end_array();
}

std::string diagnostics_text(const std::vector<Diagnostic>& diagnostics, bool errors_only) {
  std::string text;
  json::Writer out(text);
  write_diagnostics(out, diagnostics, errors_only);
  return text;
}

}  // namespace socle::models
