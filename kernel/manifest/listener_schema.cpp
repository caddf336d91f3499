// The tables of listeners, and how permissions and the numbers of a plan are written.
#include <limits>

#include "manifest/choices.hpp"
#include "manifest/limit.hpp"
#include "manifest/tables.hpp"
#include "socle/json/nearest.hpp"

namespace socle::manifest {

void Codec<Permission>::read(const Node& node, Reader& reader, Permission& value) {
  std::string text = node.text;
  const bool pair =
      node.kind == Node::Kind::map && node.members.size() == 1 && node.members[0].value.kind == Node::Kind::scalar;
  if (pair) text = node.members[0].key + ":" + node.members[0].value.text;
  if (!pair && node.kind != Node::Kind::scalar) return reader.mistyped(node, Text<Permission>::wanted());
  if (auto permission = parse_permission(text)) {
    value = std::move(*permission);
    return;
  }
  std::vector<std::string_view> kinds;
  for (const auto& form : permission_forms()) kinds.push_back(form.name);
  const auto kind = text.substr(0, text.find(':'));
  const auto meant = json::nearest(kind, kinds);
  const bool hint = !meant.empty() && meant != kind;
  reader.problems.add(node.at, "expected " + Text<Permission>::wanted() + ", found " + in_quotes(text) +
                                   (hint ? "; did you mean '" + std::string(meant) + "'?" : ""));
}

void Codec<Plan>::read(const Node& node, Reader& reader, Plan& value) {
  if (!reader.wants_map(node)) return;
  for (const auto& member : node.members) {
    if (auto problem = limit_name_problem(member.key); !problem.empty()) {
      reader.problems.add(member.at, std::move(problem));
      continue;
    }
    const bool plain = member.value.kind == Node::Kind::scalar && !member.value.quoted;
    const auto number = plain ? parse_limit(member.key, member.value.text) : std::nullopt;
    if (!number) {
      reader.mistyped(member.value, std::string(limit_wanted(member.key)));
      continue;
    }
    value[member.key] = *number;
  }
}

void Codec<Plan>::flatten(const Plan& value, const std::string& path, Flat& flat) {
  for (const auto& [name, number] : value) flat[path + "." + name] = to_string(number);
}

template <>
const Object<ListenerTls>& object_of<ListenerTls>() {
  static const Object<ListenerTls> object(
      "TLS", "TLS 1.2 or newer on a listener.",
      {field("certificate", &ListenerTls::certificate, "Certificate chain in PEM; read again when it changes.")
           .required(),
       field("key", &ListenerTls::key, "Private key in PEM.").required()});
  return object;
}

template <>
const Object<ListenerLimits>& object_of<ListenerLimits>() {
  using L = ListenerLimits;
  static const Object<L> object(
      "Listener limits", "Bounds of each connection and request.",
      {field("request_line", &L::request_line, "Longest request line.")
           .within(&L::request_line, ByteSize{64}, ByteSize{1 << 20}),
       field("headers", &L::headers, "All request headers together.")
           .within(&L::headers, ByteSize{256}, ByteSize{1 << 20}),
       field("body", &L::body, "Largest body; a route may set its own.")
           .within(&L::body, ByteSize{0}, ByteSize{std::uint64_t{1} << 32U}),
       field("header_timeout", &L::header_timeout,
             "From a request's first byte to the end of its headers; also how long a new connection may be silent, "
             "TLS handshake included.")
           .within(&L::header_timeout, 10ms, 1h),
       field("idle_timeout", &L::idle_timeout,
             "Between requests of a connection; also without progress of a body or of an answer.")
           .within(&L::idle_timeout, 10ms, 24h),
       field("deadline", &L::deadline, "Longest time of one request.").within(&L::deadline, 10ms, 1h)});
  return object;
}

template <>
const Object<Listener>& object_of<Listener>() {
  using L = Listener;
  static const Object<L> object(
      "Listener",
      "A socket the kernel listens on. Its connections go to the plugin whose entry names it under `listen`.",
      {field("address", &L::address, "Where; port 0 is any free one.").required(),
       field("role", &L::role, "`http` for tenants, `ops` for health and metrics.")
           .absent("`ops` for the listener named ops, else `http`"),
       field("tenant", &L::tenant, "All requests are this tenant's, without credentials; loopback only.")
           .absent("from credentials")
           .named(is_tenant_id, "a tenant id such as acme"),
       field("principal", &L::principal, "Who they are then.").absent("from credentials"),
       field("tls", &L::tls, "TLS.").absent("plain"),
       field("connections", &L::connections, "Connections at once.").within(&L::connections, 1, 10'000'000),
       field("connections_per_peer", &L::connections_per_peer, "Connections at once of one address.")
           .within(&L::connections_per_peer, 1, 10'000'000),
       field("limits", &L::limits, "Bounds of requests.").absent("see Listener limits")});
  return object;
}

}  // namespace socle::manifest
