// batch.hpp: what one save gathers beside its rows. Private to the saver.
#pragma once

#include <string>
#include <vector>

#include "service/saver.hpp"

namespace socle::forms {

struct Saver::Batch {
  Refusal refusal = Refusal::one;
  std::vector<Counter> counters;  // of the form's sequences, in the order of Form::logic()
  std::uint64_t created = 0;      // rows created so far: each takes the next number
  std::string attached;           // what blob/1 wants written with the rows: operations, each behind a comma
  std::size_t attachments = 0;    // how many of them
  std::optional<Reach> reach[3];  // what the caller may do, by Row::Kind, once it was asked
  [[nodiscard]] bool many() const { return refusal != Refusal::one; }
};

// FNV-1a over the request, twice: whether two requests under one key are the same.
[[nodiscard]] std::string fingerprint_of(Request request);

}  // namespace socle::forms
