// route_table.cpp: see route_table.hpp.
#include "route_table.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "content_type.hpp"

namespace socle::gateway {

namespace {

constexpr std::uint32_t bit(Method m) { return 1u << static_cast<unsigned>(m); }

std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::size_t end = rest.find('/');
  const std::string_view segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return segment;
}

// A literal segment as a route spells it equals a request's segment, which may be percent-encoded.
std::string_view decoded(std::string_view segment, std::string& store) {
  if (segment.find('%') == std::string_view::npos) return segment;
  return percent_decode(segment, false, store) ? std::string_view(store) : std::string_view{};
}

const std::uint32_t* lookup(const std::vector<std::pair<std::string, std::uint32_t>>& sorted, std::string_view key) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), key,
                                   [](const auto& entry, std::string_view k) { return entry.first < k; });
  return at != sorted.end() && at->first == key ? &at->second : nullptr;
}

Error invalid(const Route& route, std::string_view why) {
  return Error{Code::invalid, "route " + std::string(to_text(route.method)) + " " + route.path + " of plugin '" +
                                  route.plugin + "': " + std::string(why)};
}

}  // namespace

std::uint32_t RouteTable::child(std::uint32_t node, std::string_view segment, std::string& param) {
  std::string_view key = segment;
  auto Node::*children = &Node::literals;
  if (!segment.empty() && segment.front() == '{') {
    const std::size_t end = segment.find('}');
    param = std::string(segment.substr(1, end - 1));
    key = segment.substr(end + 1);
    if (key.empty()) {
      if (nodes_[node].parameter == 0) {
        const auto fresh = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back();
        nodes_[node].parameter = fresh;
      }
      return nodes_[node].parameter;
    }
    children = &Node::suffixes;
  }
  if (const auto* found = lookup(nodes_[node].*children, key)) return *found;
  const auto fresh = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  auto& list = nodes_[node].*children;
  list.emplace_back(std::string(key), fresh);
  std::sort(list.begin(), list.end());
  return fresh;
}

Status RouteTable::add(Route route) {
  if (route.method == Method::other || route.method == Method::head || route.method == Method::options) {
    return invalid(route, "the method must be GET, POST, PUT, PATCH or DELETE; HEAD and OPTIONS follow from these");
  }
  if (route.path.empty() || route.path.front() != '/') return invalid(route, "the path must begin with /");
  std::vector<std::string> names;
  std::size_t segments = 0;
  for (std::string_view rest = route.path; !rest.empty();) {
    const std::string_view segment = take_segment(rest);
    if (++segments > max_segments) return invalid(route, "the path has more than 32 segments");
    const std::size_t open = segment.find('{');
    const std::size_t close = segment.find('}');
    if (open == std::string_view::npos && close == std::string_view::npos) continue;
    const bool shaped = open == 0 && close != std::string_view::npos && close > 1 &&
                        (close + 1 == segment.size() || segment[close + 1] == ':') &&
                        segment.find_first_of("{}", close + 1) == std::string_view::npos;
    if (!shaped) return invalid(route, "a parameter is a whole segment {name} or {name}:suffix");
    names.emplace_back(segment.substr(1, close - 1));
  }
  if (names.size() > max_path_params) return invalid(route, "the path has more than 16 parameters");
  for (const std::string& name : names) {
    if (std::count(names.begin(), names.end(), name) > 1) return invalid(route, "parameter " + name + " comes twice");
  }
  for (const Param& p : route.params) {
    if (p.in_path && std::find(names.begin(), names.end(), p.name) == names.end()) {
      return invalid(route, "parameter " + p.name + " is declared in the path but not part of it");
    }
    if (p.name.rfind("http.", 0) == 0 || p.name.rfind("stream.", 0) == 0) {
      return invalid(route, "parameter " + p.name + ": names under http. and stream. belong to the gateway");
    }
  }
  // Path parameters first, in the path's order; one that is not declared is a string.
  std::vector<Param> ordered;
  for (const std::string& name : names) {
    Param param;
    for (const Param& p : route.params) {
      if (p.in_path && p.name == name) param = p;
    }
    param.name = name;
    param.in_path = param.required = true;
    ordered.push_back(std::move(param));
  }
  for (Param& p : route.params) {
    if (!p.in_path) ordered.push_back(std::move(p));
  }
  route.params = std::move(ordered);
  route.path_params = names.size();

  std::uint32_t node = 0;
  std::string ignored;
  for (std::string_view rest = route.path; !rest.empty();) node = child(node, take_segment(rest), ignored);
  const Route*& slot = nodes_[node].routes[static_cast<std::size_t>(route.method)];
  if (slot) {
    return Error{Code::conflict, "route " + std::string(to_text(route.method)) + " " + route.path + " of plugin '" +
                                     route.plugin + "' is taken by plugin '" + slot->plugin + "' (" + slot->path + ")"};
  }
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  slot = routes_.back().get();
  nodes_[node].used = true;
  return {};
}

struct RouteTable::Search {
  Method method;
  Match match;
  std::string store;
};

bool RouteTable::walk(Search& search, std::uint32_t at, std::string_view rest, std::size_t params) const {
  const Node& node = nodes_[at];
  if (rest.empty()) {
    if (!node.used) return false;
    search.match.known_path = true;
    for (const Route* r : node.routes) {
      if (r) search.match.allow |= bit(r->method) | (r->method == Method::get ? bit(Method::head) : 0);
    }
    const Method wanted = search.method == Method::head ? Method::get : search.method;
    if (wanted == Method::other || wanted == Method::options) return false;
    const Route* route = node.routes[static_cast<std::size_t>(wanted)];
    if (!route) return false;
    search.match.route = route;
    return true;
  }
  const std::string_view segment = take_segment(rest);
  if (const auto* next = lookup(node.literals, decoded(segment, search.store))) {
    if (walk(search, *next, rest, params)) return true;
  }
  if (segment.empty() || params == max_path_params) return false;
  if (!node.suffixes.empty()) {
    const std::size_t colon = segment.rfind(':');
    if (colon != std::string_view::npos && colon > 0) {
      if (const auto* next = lookup(node.suffixes, segment.substr(colon))) {
        search.match.values[params] = segment.substr(0, colon);
        if (walk(search, *next, rest, params + 1)) return true;
      }
    }
  }
  if (node.parameter == 0) return false;
  search.match.values[params] = segment;
  return walk(search, node.parameter, rest, params + 1);
}

Match RouteTable::find(Method method, std::string_view path) const {
  Search search{method, {}, {}};
  if (static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) <= max_segments) walk(search, 0, path, 0);
  return search.match;
}

namespace {

// `range` is lower case: text/plain, text/* or */*.
bool in_range(std::string_view media, std::string_view range) {
  if (range == "*/*") return true;
  if (range.size() < 2 || range.substr(range.size() - 2) != "/*") return ascii::same(media, range);
  const std::size_t kind = range.size() - 1;  // with its slash
  return media.size() > kind && ascii::same(media.substr(0, kind), range.substr(0, kind));
}

bool is_json(std::string_view media) {
  constexpr std::string_view suffix = "+json";
  if (ascii::same(media, "application/json")) return true;
  return media.size() > suffix.size() && ascii::same(media.substr(media.size() - suffix.size()), suffix);
}

}  // namespace

Refusal unsuited(const Route& route, std::string_view content_type) {
  const std::string_view media = media_type(content_type);
  const auto& ranges = route.consumes;
  const bool taken = ranges.empty() ? is_json(media)
                                    : std::any_of(ranges.begin(), ranges.end(),
                                                  [&](const auto& range) { return in_range(media, range); });
  if (!taken) return {415, "unsupported_media_type", "This route does not accept a body of this Content-Type."};
  // Who takes a range takes bytes, whatever they are.
  const bool named = ranges.empty() || std::any_of(ranges.begin(), ranges.end(),
                                                   [&](const auto& range) { return ascii::same(media, range); });
  if (!named || !is_json(media)) return {};
  const auto other = other_charset(content_type);
  if (!other) return {};
  return {415, "unsupported_media_type", "JSON is UTF-8: send it with charset=utf-8, or without a charset", *other};
}

bool takes(const Route& route, std::string_view content_type) { return !unsuited(route, content_type); }

std::string allow_text(std::uint32_t allow) {
  std::string text;
  for (Method m : {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::remove}) {
    if (allow & bit(m)) text.append(to_text(m)).append(", ");
  }
  return text + "OPTIONS";
}

}  // namespace socle::gateway
