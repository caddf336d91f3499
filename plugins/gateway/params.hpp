// params.hpp: a matched route's path and query parameters: decoded, typed, checked against what its manifest declares,
// with all faults told at once. Called by Exchange on its worker.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "route_table.hpp"

namespace socle::gateway {

struct ParamFault {
  std::string pointer;  // "/path/id" or "/query/limit"
  std::string_view code;
  std::string message;
};

struct ParamValue {
  std::string_view name;
  std::string_view value;
};

class Params {
 public:
  static constexpr std::size_t max_query = 128;  // name=value pairs; more are refused

  // Reads `match` and the encoded query. Undeclared query parameters are left alone, so that a client cannot name meta
  // keys of its own; the whole query goes to the callee as "http.query". Views live as long as this object, the match
  // and the route.
  void read(const Match& match, std::string_view query);
  [[nodiscard]] const std::vector<ParamValue>& values() const { return values_; }
  [[nodiscard]] const std::vector<ParamFault>& faults() const { return faults_; }
  // 400 when some value is missing or no value of its type, else 422: of the type but out of bounds.
  [[nodiscard]] std::uint16_t status() const { return malformed_ ? 400 : 422; }
  template <class F>
  void each_view(F&& f) {
    for (ParamValue& v : values_) f(v.value);
  }
  void clear();

 private:
  void check(const Param& param, std::string_view value);
  void fault(const Param& param, std::string_view code, std::string message, bool malformed);
  [[nodiscard]] std::string_view keep(std::string_view encoded, bool query, bool& ok);

  std::vector<ParamValue> values_;
  std::vector<ParamFault> faults_;
  std::deque<std::string> decoded_;
  std::size_t used_ = 0;
  bool malformed_ = false;
};

}  // namespace socle::gateway
