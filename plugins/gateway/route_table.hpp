// route_table.hpp: which call answers a method and path. A trie of path segments, built from the catalogue when it
// changes and then immutable; one per worker, so lookups need no lock. A literal segment wins over "{name}:suffix",
// that over "{name}"; the search backtracks, and visits no node twice.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "refusal.hpp"
#include "socle/result.hpp"
#include "target.hpp"

namespace socle::gateway {

enum class ParamType { string, integer, number, boolean };

struct Param {
  std::string name;
  bool in_path = false;
  ParamType type = ParamType::string;
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<std::size_t> max_length;  // in bytes of UTF-8
  std::optional<std::string> fallback;    // the declared default
  bool required = false;
};

enum class Access { open, authenticated };

struct Route {
  std::string plugin;
  Method method = Method::get;
  std::string path;
  std::string service;
  std::string call;
  std::uint32_t target = 0;
  std::int32_t resolved = 0;  // socle_status of resolve(); the error is answered when the route is asked for
  Access access = Access::authenticated;
  std::string permission;     // of access; empty for public and authenticated
  std::vector<Param> params;  // those of the path first, in its order
  std::size_t path_params = 0;
  std::optional<std::size_t> body_limit;
  std::int64_t timeout_for = 0;  // 0: the listener's deadline
  bool all_headers = false;
  std::vector<std::string> consumes;  // media ranges, lower case; see takes(); empty: JSON
};

inline constexpr std::size_t max_path_params = 16;
inline constexpr std::size_t max_segments = 32;

struct Match {
  const Route* route = nullptr;
  bool known_path = false;                               // some method is served there
  std::uint32_t allow = 0;                               // bits 1 << Method of all that are
  std::array<std::string_view, max_path_params> values;  // of the path's parameters, still percent-encoded
};

class RouteTable {
 public:
  RouteTable() : nodes_(1) {}

  // Code::invalid when the path is not "/" or segments of literals, {name} and {name}:suffix; Code::conflict when the
  // method is taken there. The message names both owners.
  [[nodiscard]] Status add(Route route);
  // `path` begins with "/". HEAD finds the route of GET.
  [[nodiscard]] Match find(Method method, std::string_view path) const;
  [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node {
    std::vector<std::pair<std::string, std::uint32_t>> literals;  // sorted
    std::vector<std::pair<std::string, std::uint32_t>> suffixes;  // ":suffix" behind a parameter
    std::uint32_t parameter = 0;                                  // child, 0: none
    std::array<const Route*, 8> routes{};                         // by Method
    bool used = false;
  };
  struct Search;
  std::uint32_t child(std::uint32_t node, std::string_view segment, std::string& param);
  bool walk(Search& search, std::uint32_t node, std::string_view rest, std::size_t params) const;

  std::vector<Node> nodes_;
  std::vector<std::unique_ptr<Route>> routes_;
};

// Whether a body of this Content-Type, parameters and all, may go there: named as it is, or by a range (text/*). JSON
// is application/json and, where the route names nothing, every type that ends in +json. A body that says nothing of
// itself may be anything (RFC 9110, 8.3), which only "*/*" takes. JSON is UTF-8 (RFC 8259, 8.1): where it is taken as
// JSON, a charset that says otherwise is refused, or its text would be misread.
[[nodiscard]] bool takes(const Route& route, std::string_view content_type);
// The same, with the reason: 415, or nothing when it is taken. Borrows `content_type`.
[[nodiscard]] Refusal unsuited(const Route& route, std::string_view content_type);

// "GET, HEAD, OPTIONS" of an allow mask; OPTIONS is always served.
[[nodiscard]] std::string allow_text(std::uint32_t allow);

}  // namespace socle::gateway
