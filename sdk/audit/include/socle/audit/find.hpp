// find.hpp: looking entries up, newest first, in the files as they are; may run beside the writer. Blocking.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "socle/audit/record.hpp"

namespace socle::audit {

struct Question {
  std::optional<std::string> tenant;         // "" asks for the operator's; nothing for everybody's
  std::string trace, target, operation;      // "": any
  std::uint64_t before = ~std::uint64_t{0};  // entries before this sequence
  std::int64_t since_ns = 0;
  std::int64_t until_ns = INT64_MAX;
  std::size_t limit = 50;
  std::size_t most_blocks = 512;  // of 64 KiB that one question reads; then it answers what it has
};

struct Found {
  std::uint64_t sequence = 0;
  std::int64_t time_ns = 0;
  std::string json;
};

struct Answer {
  std::vector<Found> entries;
  std::uint64_t next = 0;  // `before` of the next question; 0: there is no more
};

Result<Answer> find_entries(const std::string& directory, const Question& question);

}  // namespace socle::audit
