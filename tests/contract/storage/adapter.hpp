// adapter.hpp: what the adapter suite asks of a store: calls of storage/1 by name with JSON, and a clock. One adapter
// per implementation; the suite runs every test against each.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json.hpp"

namespace contract {

struct Reply {
  bool ok = false;
  std::string status;  // to_string(Code) of a failure
  std::string code;    // stable code
  std::string message;
  std::string pointer;  // of the first wrong field
  std::string etag;
  bool replayed = false;
  std::string text;
  socle::json::Document doc;
  [[nodiscard]] socle::json::View root() const { return doc.root(); }
};

class Adapter {
 public:
  virtual ~Adapter() = default;
  virtual Reply call(std::string_view method, std::string_view request, std::string_view tenant = "acme",
                     std::string_view context_key = {}) = 0;
  virtual void advance(std::chrono::milliseconds time) = 0;
  virtual bool reopen() { return false; }  // as after a restart; false: nothing to reopen
};

struct Maker {
  std::string name;
  std::function<std::unique_ptr<Adapter>()> make;
};
// All adapters of this program.
const std::vector<Maker>& adapters();

// ids of a query's or get's items, joined by a space.
[[nodiscard]] std::string ids_of(const Reply& reply);
// declares a collection; indexes is the JSON array.
void declare(Adapter& store, std::string_view collection, std::string_view indexes = "[]");
// puts one document; the reply.
Reply put(Adapter& store, std::string_view collection, std::string_view id, std::string_view doc,
          std::string_view expect = "\"any\"");

}  // namespace contract

// One test against every adapter: `store` is a fresh one.
#define CONTRACT_TEST(sentence, tags)                                          \
  static void CONTRACT_CONCAT(contract_, __LINE__)(contract::Adapter & store); \
  TEST_CASE(sentence, tags) {                                                  \
    for (const auto& maker : contract::adapters()) {                           \
      DYNAMIC_SECTION(maker.name) {                                            \
        const auto adapter = maker.make();                                     \
        CONTRACT_CONCAT(contract_, __LINE__)(*adapter);                        \
      }                                                                        \
    }                                                                          \
  }                                                                            \
  static void CONTRACT_CONCAT(contract_, __LINE__)(contract::Adapter & store)
#define CONTRACT_CONCAT(a, b) CONTRACT_CONCAT_(a, b)
#define CONTRACT_CONCAT_(a, b) a##b
