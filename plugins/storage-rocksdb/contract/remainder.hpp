// remainder.hpp: the part of a filter that no predicate tree can say: a CEL condition over the record, evaluated inside
// the adapter on what the tree admits. docs/storage.md, "Filters", is the contract. A Remainder is compiled once,
// shared and immutable (any thread); a RemainderCheck is one query's use of it, with that query's values and fuel.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "contract/field.hpp"
#include "socle/cel/program.hpp"

namespace socle::storage {

inline constexpr std::size_t max_remainder_text = std::size_t{16} << 10;
inline constexpr std::size_t max_remainder_types = 256;
// Fuel of one record, and of one query: on a worker, where the rest is left to an offload thread, and there.
inline constexpr std::uint64_t record_fuel = 100'000;
inline constexpr std::uint64_t worker_fuel = 500'000;
inline constexpr std::uint64_t query_fuel = 50'000'000;

class Remainder;
using RemainderPtr = std::shared_ptr<const Remainder>;

class Remainder {
 public:
  // `remainder` as in the query: a text, or {"cel", "record"?, "types"?, "user"?, "tenant"?, "now"?, "env"?}.
  static Outcome<RemainderPtr> compile(json::View remainder);
  // Equal for remainders that compile to the same: values of user, tenant, now and env do not count.
  [[nodiscard]] static std::string key_of(json::View remainder);
  [[nodiscard]] std::size_t bytes() const;  // memory it holds, about

  Remainder(const Remainder&) = delete;
  Remainder& operator=(const Remainder&) = delete;

 private:
  friend class RemainderCheck;
  Remainder();
  Verdict declare(json::View remainder);
  Verdict declare_record(json::View remainder);

  // Of the variables that change with each record.
  struct Slots {
    std::size_t record = 0, id = 0, version = 0, created_at = 0, updated_at = 0;
    std::size_t beside[3] = {0, 0, 0};
  };

  cel::Environment environment_;
  FieldPath record_;  // where in a document the record's fields lie
  Slots slots_;
  std::size_t declared_bytes_ = 0;  // of the fields' types
  std::optional<cel::Program> program_;
};

// One thread. Borrows the remainder and the query's document.
class RemainderCheck {
 public:
  enum class Result : std::uint8_t { holds, fails, spent };  // spent: the query's fuel is used up

  RemainderCheck(const Remainder& remainder, json::View values, std::uint64_t fuel);
  // An error in the condition excludes the record. Copies nothing of it.
  Result check(const RecordView& record);

 private:
  const Remainder& remainder_;
  cel::Activation activation_;
  cel::Arena arena_;
  std::uint64_t left_;
  bool spent_ = false;
};

// Compiled remainders by their key; the least lately used go first. One thread.
class RemainderCache {
 public:
  Outcome<RemainderPtr> get(json::View remainder);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  static constexpr std::size_t most = 128;
  static constexpr std::size_t most_bytes = std::size_t{2} << 20;
  struct Entry {
    std::string key;
    RemainderPtr remainder;
    std::size_t bytes = 0;
  };
  std::list<Entry> entries_;  // the latest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace socle::storage
