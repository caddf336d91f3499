// The tables of routes and their parameters, and the rules between a route, its path and the plugin's methods.
#include <algorithm>
#include <array>
#include <set>

#include "manifest/choices.hpp"
#include "manifest/path_template.hpp"
#include "manifest/tables.hpp"
#include "socle/json/nearest.hpp"

namespace socle::manifest {

namespace {

constexpr const char* param_wanted = "a parameter name such as id";

// text/plain, text/* or */*: what the gateway compares a Content-Type with. Any other `*` would match nothing.
bool is_media_range(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > 128) return false;
  const auto is_name = [](std::string_view part) {
    return !part.empty() &&
           part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-") == std::string_view::npos;
  };
  const auto kind = text.substr(0, slash), within = text.substr(slash + 1);
  return text == "*/*" || (is_name(kind) && (within == "*" || is_name(within)));
}

bool is_permission_name(std::string_view text) {
  return is_word(text.substr(0, text.find(':'))) &&
         (text.find(':') == std::string_view::npos || is_dotted_word(text.substr(text.find(':') + 1)));
}

constexpr std::array<std::string_view, 2> access_words{"public", "authenticated"};

void read_access(const Node& node, Reader& reader, Route& route) {
  if (node.kind != Node::Kind::scalar || !is_permission_name(node.text)) {
    return reader.mistyped(node, "public, authenticated or a permission such as records:read");
  }
  if (node.text == "public") {
    route.access.kind = RouteAccess::Kind::public_;
  } else if (node.text == "authenticated") {
    route.access.kind = RouteAccess::Kind::authenticated;
  } else if (const auto meant = json::nearest(node.text, access_words); !meant.empty()) {
    reader.mistyped(node, "public, authenticated or a permission such as records:read",
                    "; did you mean '" + std::string(meant) + "'?");
  } else {
    route.access = {RouteAccess::Kind::permission, node.text};
  }
}

Field<Route> access_field() {
  Field<Route> made;
  made.doc = {"access",
              {"`public` \\| `authenticated` \\| permission"},
              "authenticated",
              "Who may ask: everybody, whoever has proven who they are, or who has this permission.",
              "",
              false};
  made.read = read_access;
  made.flatten = [](const Route& route, const std::string& path, Flat& flat) {
    flat[path] = route.access.kind == RouteAccess::Kind::public_         ? "public"
                 : route.access.kind == RouteAccess::Kind::authenticated ? "authenticated"
                                                                         : route.access.permission;
  };
  return made;
}

// GET, POST, …: the key is the HTTP method, its value the path.
Field<Route> verb_field(HttpMethod method) {
  Field<Route> made;
  made.doc = {Text<HttpMethod>::print(method),
              {"path template"},
              "—",
              "Path of the request: literal segments, `{name}`, `{name}:verb`, and `{name*}` for the rest at the end.",
              "exactly one method",
              false};
  made.read = [method](const Node& node, Reader& reader, Route& route) {
    if (node.kind != Node::Kind::scalar) return reader.mistyped(node, "a path such as /v1/hello/{name}");
    if (!route.path.empty()) return reader.problems.add(node.at, "a route has one method; make a second route of this");
    route.method = method;
    route.path = node.text;
    if (const auto wrong = path_template_problem(node.text)) reader.problems.add(node.at, *wrong);
  };
  made.flatten = [method](const Route& route, const std::string& path, Flat& flat) {
    if (route.method == method && !route.path.empty()) flat[path] = route.path;
  };
  return made;
}

void check_route(const Node& node, Reader& reader, Route& route) {
  if (route.path.empty()) {
    std::vector<std::string_view> verbs = Text<HttpMethod>::names();
    const bool none = std::none_of(node.members.begin(), node.members.end(), [&](const Member& member) {
      return std::find(verbs.begin(), verbs.end(), member.key) != verbs.end();
    });
    if (none)
      reader.problems.add(node.at, "missing key: a route needs its method and path, e.g. GET: /v1/hello/{name}");
    return;
  }
  const auto in_path = path_parameters(route.path);
  const Node* params = node.find("params");
  for (auto& [name, param] : route.params) {
    const bool templated = std::find(in_path.begin(), in_path.end(), name) != in_path.end();
    const Node* at = params == nullptr ? nullptr : params->find(name);
    if (templated && at != nullptr && at->find("in") != nullptr && param.in == ParamSource::query) {
      reader.problems.add(at->at,
                          "parameter '" + name + "' stands in the path; expected 'in: path', found 'in: query'");
    }
    if (!templated && param.in == ParamSource::path) {
      reader.problems.add(
          at == nullptr ? node.at : at->at,
          "parameter '" + name + "' is said to be in the path, but '" + route.path + "' has no {" + name + "}");
    }
  }
  for (const auto& name : in_path) {
    auto& param = route.params[name];
    param.in = ParamSource::path;
    param.required = true;
  }
}

void check_param(const Node& node, Reader& reader, RouteParam& param) {
  const bool numeric = param.type == ParamType::integer || param.type == ParamType::number;
  if ((param.minimum || param.maximum) && !numeric) {
    reader.problems.add(
        node.at, "minimum and maximum are for integer and number, found type " + Text<ParamType>::print(param.type));
  }
  if (param.minimum && param.maximum && *param.minimum > *param.maximum) {
    reader.problems.add(node.at,
                        "minimum " + to_string(*param.minimum) + " is above maximum " + to_string(*param.maximum));
  }
  if (param.max_length && param.type != ParamType::string) {
    reader.problems.add(node.at, "max_length is for string, found type " + Text<ParamType>::print(param.type));
  }
  if (!param.default_value) return;
  const Node* value = node.find("default");
  const auto number = parse_number(*param.default_value);
  const bool fits = param.type == ParamType::string    ? true
                    : param.type == ParamType::boolean ? Text<bool>::parse(*param.default_value).has_value()
                    : param.type == ParamType::integer ? parse_integer(*param.default_value).has_value()
                                                       : number.has_value();
  if (value == nullptr) return;
  if (!fits) reader.mistyped(*value, "a default of type " + Text<ParamType>::print(param.type));
  if (fits && numeric && ((param.minimum && *number < *param.minimum) || (param.maximum && *number > *param.maximum))) {
    reader.mistyped(*value, "a default between minimum and maximum");
  }
  if (param.required) reader.problems.add(value->at, "a required parameter has no default");
}

// `default: 5` of a parameter is kept as the text that would stand in the URL.
Field<RouteParam> param_default_field() {
  Field<RouteParam> made;
  made.doc = {"default", {"value of the type"}, "none", "Value when the parameter is absent.", "", false};
  made.read = [](const Node& node, Reader& reader, RouteParam& param) {
    if (node.kind != Node::Kind::scalar) return reader.mistyped(node, "a plain value");
    param.default_value = node.text;
  };
  made.flatten = [](const RouteParam& param, const std::string& path, Flat& flat) {
    if (param.default_value) flat[path] = *param.default_value;
  };
  return made;
}

}  // namespace

template <>
const Object<RouteParam>& object_of<RouteParam>() {
  using P = RouteParam;
  static const auto object =
      Object<P>(
          "Route parameter",
          "A typed path or query parameter. A `{name}` of the path that is not declared is a string.",
          {field("in", &P::in, "Where it stands.").absent("`path` if the path has `{name}`, else `query`"),
           field("type", &P::type, "What it is; anything else is answered 400."),
           field("minimum", &P::minimum, "Smallest number.").absent("none"),
           field("maximum", &P::maximum, "Largest number.").absent("none"),
           field("max_length", &P::max_length, "Longest string, in characters.").absent("none"), param_default_field(),
           field("required", &P::required, "A request without it is answered 400. Always true in the path."),
           field("describe", &P::describe, "One sentence for people.")})
          .rule(check_param);
  return object;
}

template <>
const Object<Route>& object_of<Route>() {
  std::vector<Field<Route>> fields;
  fields.reserve(32);
  for (const auto& verb : Choices<HttpMethod>::table) fields.push_back(verb_field(verb.value));
  fields.push_back(field("to", &Route::to, "Method of this plugin that answers.").required());
  fields.push_back(access_field());
  fields.push_back(field("params", &Route::params, "Parameters by name.").named(is_word, param_wanted));
  fields.push_back(field("body_limit", &Route::body_limit, "Largest body.").absent("the listener's `limits.body`"));
  fields.push_back(field("timeout", &Route::timeout, "Longest time of one request.")
                       .absent("the method's, else the listener's `limits.deadline`"));
  fields.push_back(field("headers", &Route::headers, "Request headers the method sees: those of common use, or all."));
  fields.push_back(field("consumes", &Route::consumes,
                         "Media types of bodies or ranges (`text/*`; `*/*` also a body without one); others are "
                         "answered 415.")
                       .absent("JSON: `application/json` and types that end in `+json`")
                       .named(is_media_range, "a media type such as application/json, a range such as text/*, or */*"));
  static const auto object =
      Object<Route>("Route", "One HTTP method and path and what answers it.", std::move(fields)).rule(check_route);
  return object;
}

void check_routes(Reader& reader, const PluginManifest& manifest) {
  std::set<std::string> provided;
  for (const auto& service : manifest.provides) {
    for (const auto& [name, method] : service.methods) provided.insert(to_string(service.service) + "." + name);
  }
  std::vector<std::string_view> known(provided.begin(), provided.end());
  std::map<std::string, Place> taken;
  for (const auto& route : manifest.routes) {
    const auto to = to_string(route.to);
    if (!route.to.method.empty() && !provided.contains(to)) {
      if (reader.problems.full()) known.clear();
      reader.problems.add(
          route.at, "the route leads to '" + to + "', which this plugin does not provide" + did_you_mean(to, known));
    }
    if (route.path.empty()) continue;
    const auto shape = Text<HttpMethod>::print(route.method) + " " + path_shape(route.path);
    const auto [other, is_new] = taken.emplace(shape, route.at);
    if (!is_new) {
      reader.problems.add(
          route.at, "route '" + shape + "' is there twice; the first is in line " + std::to_string(other->second.line));
    }
  }
}

}  // namespace socle::manifest
