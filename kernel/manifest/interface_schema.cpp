// The tables of what a plugin offers and uses: services, requirements, routes, filters, channels.
#include <algorithm>

#include "manifest/choices.hpp"
#include "manifest/path_template.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

namespace {

constexpr const char* method_wanted = "a method name such as greet";
constexpr const char* channel_wanted = "a channel name such as records.changed";
constexpr const char* param_wanted = "a parameter name such as id";

bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < text.size() && text.size() <= 128 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-/*") == std::string_view::npos &&
         text.find('/', slash + 1) == std::string_view::npos;
}

bool is_permission_name(std::string_view text) {
  return is_word(text.substr(0, text.find(':'))) &&
         (text.find(':') == std::string_view::npos || is_dotted_word(text.substr(text.find(':') + 1)));
}

void read_access(const Node& node, Reader& reader, Route& route) {
  if (node.kind != Node::Kind::scalar || !is_permission_name(node.text)) {
    return reader.mistyped(node, "public, authenticated or a permission such as records:read");
  }
  if (node.text == "public") {
    route.access.kind = RouteAccess::Kind::public_;
  } else if (node.text == "authenticated") {
    route.access.kind = RouteAccess::Kind::authenticated;
  } else if (const auto meant = nearest(node.text, {"public", "authenticated"}); !meant.empty()) {
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
const Object<Method>& object_of<Method>() {
  static const auto object =
      Object<Method>("Method", "One method of a provided service. May be left empty: `greet: {}`.",
                     {field("idempotent", &Method::idempotent,
                            "Calling twice has the effect of calling once, so a lost call may be repeated."),
                      field("timeout", &Method::timeout, "Longest time of one call.")
                          .absent("the context's deadline")
                          .within(&Method::timeout, 1ms, 1h),
                      field("describe", &Method::describe, "One sentence for people.")})
          .short_form([](const Node& node, Reader&, Method&) { return node.kind == Node::Kind::null; });
  return object;
}

template <>
const Object<ProvidedService>& object_of<ProvidedService>() {
  using S = ProvidedService;
  static const auto object =
      Object<S>("Provided service", "A contract this plugin implements.",
                {field("service", &S::service, "Name and major version of the contract.").required(),
                 field("methods", &S::methods, "Its methods by name.").required().named(is_word, method_wanted),
                 field("describe", &S::describe, "One sentence for people.")});
  return object;
}

template <>
const Object<Requirement>& object_of<Requirement>() {
  using R = Requirement;
  static const auto object =
      Object<R>("Requirement", "A service this plugin calls. The major version is part of the service's name.",
                {field("service", &R::service, "The service.").required(),
                 field("plugin_version", &R::plugin_version,
                       "Versions of the providing plugin that will do, e.g. `\">=1.2 <2\"`."),
                 field("optional", &R::optional,
                       "The plugin starts without it; calls answer `unavailable` until it is there.")})
          .short_form([](const Node& node, Reader& reader, R& value) {
            if (node.kind != Node::Kind::scalar) return false;
            Codec<ServiceId>::read(node, reader, value.service);
            return true;
          });
  return object;
}

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
  for (const auto& verb : Choices<HttpMethod>::table) fields.push_back(verb_field(verb.value));
  fields.push_back(field("to", &Route::to, "Method of this plugin that answers.").required());
  fields.push_back(access_field());
  fields.push_back(field("params", &Route::params, "Parameters by name.").named(is_word, param_wanted));
  fields.push_back(field("body_limit", &Route::body_limit, "Largest body.").absent("the listener's `limits.body`"));
  fields.push_back(field("timeout", &Route::timeout, "Longest time of one request.")
                       .absent("the method's, else the listener's `limits.deadline`"));
  fields.push_back(field("headers", &Route::headers, "Request headers the method sees: those of common use, or all."));
  fields.push_back(field("consumes", &Route::consumes, "Media types of bodies; others are answered 415.")
                       .absent("`application/json`")
                       .named(is_media_type, "a media type such as application/json"));
  static const auto object =
      Object<Route>("Route", "One HTTP method and path and what answers it.", std::move(fields)).rule(check_route);
  return object;
}

template <>
const Object<Filter>& object_of<Filter>() {
  static const Object<Filter> object(
      "Filter", "A method of this plugin that stands around matching calls; synchronous and short.",
      {field("match", &Filter::match, "Calls it stands around; `*` is any run of characters.").required(),
       field("method", &Filter::method, "The method of this plugin.").required().named(is_word, method_wanted),
       field("priority", &Filter::priority, "Smaller runs earlier.").within(&Filter::priority, -1'000'000, 1'000'000),
       field("fail", &Filter::fail, "When the filter itself fails: refuse the call, or let it pass."),
       field("phase", &Filter::phase, "Before the call, or after its reply.")});
  return object;
}

template <>
const Object<PublishedChannel>& object_of<PublishedChannel>() {
  using C = PublishedChannel;
  static const auto object =
      Object<C>(
          "Published channel", "A channel this plugin sends to.",
          {field("channel", &C::channel, "Name of the channel.").required().named(is_dotted_word, channel_wanted),
           field(
               "mode", &C::mode,
               "`buffered`: a queue; `rendezvous`: sender and receiver meet; `broadcast`: to all, the slow ones miss."),
           field("capacity", &C::capacity, "Messages a queue holds per tenant.").within(&C::capacity, 1, 1'000'000),
           field("type", &C::type, "Name of what is sent; publisher and subscribers must agree.")})
          .rule([](const Node& node, Reader& reader, C& value) {
            const Node* capacity = node.find("capacity");
            if (capacity != nullptr && value.mode == ChannelMode::rendezvous) {
              reader.problems.add(capacity->at, "a rendezvous channel has no queue; remove 'capacity'");
            }
          });
  return object;
}

template <>
const Object<Subscription>& object_of<Subscription>() {
  static const Object<Subscription> object(
      "Subscription", "A channel whose messages this plugin gets.",
      {field("channel", &Subscription::channel, "Name of the channel.")
           .required()
           .named(is_dotted_word, channel_wanted),
       field("to", &Subscription::method, "Method of this plugin that takes the messages.")
           .required()
           .named(is_word, method_wanted)});
  return object;
}

void check_routes(Reader& reader, const PluginManifest& manifest) {
  std::vector<std::string> methods;
  for (const auto& service : manifest.provides) {
    for (const auto& [name, method] : service.methods) methods.push_back(to_string(service.service) + "." + name);
  }
  const std::vector<std::string_view> known(methods.begin(), methods.end());
  std::map<std::string, Place> taken;
  for (const auto& route : manifest.routes) {
    if (!route.to.method.empty() && manifest.find_method(route.to) == nullptr) {
      const auto to = to_string(route.to);
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
