// memory_store.hpp: storage/1 in its simplest form: maps, linear search and sorting, no keys, no batches, no threads.
// It is the model that every adapter is compared with, and runs through the same suite. Requests are parsed by the
// contract's parsers; all semantics are its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contract/request.hpp"
#include "contract/schema.hpp"
#include "socle/json/document.hpp"
#include "store/call.hpp"

namespace socle::storage {

class MemoryStore {
 public:
  Answer call(std::string_view tenant, Method method, json::View request, std::string_view context_key = {});
  void advance(std::int64_t ms) { now_ms_ += ms; }

 private:
  struct Record {
    std::uint64_t version = 0;
    std::int64_t created_ms = 0, updated_ms = 0;
    std::string text;
  };
  using Documents = std::map<std::string, Record>;
  struct Change {
    std::uint64_t commit = 0;
    std::int64_t time_ms = 0;
    bool put = true;
    std::string collection, id;
    std::uint64_t version = 0;
  };
  struct Remembered {
    std::int64_t time_ms = 0;
    std::string fingerprint, answer;
  };
  struct Tenant {
    std::map<std::string, Collection> schema;
    std::map<std::string, Documents> documents;
    std::vector<Change> feed;
    std::map<std::string, std::map<std::uint64_t, std::string>> outbox;
    std::map<std::string, Remembered> remembered;
  };
  class Ids final : public IdSource {
   public:
    std::string next_id() override;

   private:
    std::uint64_t next_ = 0;
  };

  Answer write(Tenant& tenant, json::View request, std::string_view context_key);
  static Verdict apply(Tenant& tenant, const Operation& op, std::size_t number, std::int64_t now_ms, Record& before,
                       Record& after);
  static Verdict check_unique(const Tenant& tenant, const std::string& collection, const std::string& id,
                              const Record& record, const std::string& pointer);
  static Answer get(const Tenant& tenant, json::View request);
  static Answer query(const Tenant& tenant, json::View request);
  static Answer outbox(Tenant& tenant, json::View request);
  Answer changes(const Tenant& tenant, json::View request) const;
  static Answer migrate(Tenant& tenant, Method method, json::View request);
  static Answer describe(const Tenant& tenant, json::View request);

  std::map<std::string, Tenant, std::less<>> tenants_;
  Ids ids_;
  std::int64_t now_ms_ = 1'700'000'000'000;
  std::uint64_t commit_ = 0;
  std::uint64_t outbox_ = 0;
};

}  // namespace socle::storage
