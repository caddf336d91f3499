// raw.hpp: records as tenants see them, straight from the text of storage/1's answers: what is neither read nor changed
// on its way is copied, not parsed and printed again. For answers from which nothing is withheld. Any thread.
//
// The text is storage's own, so it is taken for JSON; where it is not laid out as an answer is, nothing is made of it,
// and the caller parses it as usual.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::forms {

struct RawRecord {
  std::string text;  // what write_members makes of the item, in braces
  std::string version;
};
// Of one stored item, as storage's `get` answers. Nothing: parse it.
[[nodiscard]] std::optional<RawRecord> raw_record(std::string_view item);

// Of a page, as storage's `query` answers. Texts of JSON, "" for what it does not say.
struct RawPage {
  std::string items;  // records, a comma between two
  std::string next;   // the cursor; "" on the last page
  std::string count, count_exact, plan;
};
[[nodiscard]] std::optional<RawPage> raw_page(std::string_view answer);

}  // namespace socle::forms
