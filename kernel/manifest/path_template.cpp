#include "manifest/path_template.hpp"

#include <algorithm>

#include "manifest/names.hpp"
#include "manifest/problems.hpp"

namespace socle::manifest {

namespace {

std::string wrong(std::string_view path, std::string_view why) {
  return "expected a path such as /v1/hello/{name}, found " + in_quotes(path) + ": " + std::string(why);
}

std::optional<std::string_view> segment_problem(std::string_view segment, bool last) {
  const auto open = segment.find('{');
  const auto close = segment.find('}');
  if (open == std::string_view::npos && close == std::string_view::npos) return std::nullopt;
  if (open != 0 || close == std::string_view::npos ||
      segment.find_first_of("{}", close + 1) != std::string_view::npos) {
    return "a segment has at most one {name}, at its beginning";
  }
  auto name = segment.substr(1, close - 1);
  if (name.ends_with('*')) {
    if (!last || close + 1 != segment.size()) return "{name*} must be the last segment";
    name.remove_suffix(1);
  }
  if (!is_word(name)) return "a parameter is a letter, then letters, digits, '_', '-'";
  const auto tail = segment.substr(close + 1);
  if (!tail.empty() && tail[0] != ':' && tail[0] != '.') return "after {name} only ':' or '.' and a literal may follow";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> path_template_problem(std::string_view path) {
  if (!path.starts_with('/')) return wrong(path, "it must begin with '/'");
  if (path.size() > 512) return wrong(path, "it has more than 512 bytes");
  const auto bad = [](char c) { return c <= ' ' || c == 0x7F || c == '?' || c == '#' || c == '%' || c == '\\'; };
  if (std::any_of(path.begin(), path.end(), [&](char c) { return static_cast<unsigned char>(c) < 0x80 && bad(c); })) {
    return wrong(path, "'?', '#', '%', '\\' and blanks cannot stand in it");
  }
  auto rest = path.substr(1);
  for (int count = 0; !rest.empty(); ++count) {
    if (count == 32) return wrong(path, "it has more than 32 segments");
    const auto end = std::min(rest.find('/'), rest.size());
    const bool last = end == rest.size();
    if (end == 0 || end + 1 == rest.size()) return wrong(path, "a segment is empty");
    if (const auto problem = segment_problem(rest.substr(0, end), last)) return wrong(path, *problem);
    rest.remove_prefix(last ? end : end + 1);
  }
  auto names = path_parameters(path);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    return wrong(path, "the parameter '" + *twice + "' is there twice");
  }
  return std::nullopt;
}

std::vector<std::string> path_parameters(std::string_view path) {
  std::vector<std::string> names;
  for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
    const auto close = path.find('}', open);
    if (close == std::string_view::npos) break;
    auto name = path.substr(open + 1, close - open - 1);
    if (name.ends_with('*')) name.remove_suffix(1);
    names.emplace_back(name);
  }
  return names;
}

std::string path_shape(std::string_view path) {
  std::string shape;
  bool inside = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '}') inside = false;
    if (!inside || (path[i] == '*' && i + 1 < path.size() && path[i + 1] == '}')) shape += path[i];
    if (path[i] == '{') inside = true;
  }
  return shape;
}

}  // namespace socle::manifest
