// place.hpp: where a page of a query ended, and its form on the wire, the cursor. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/problem.hpp"
#include "contract/request.hpp"

namespace socle::storage {

// Independent of the plan that found it, so that the next page may be walked by another one.
struct Place {
  std::vector<std::string> fields;  // the order fields' plain encodings
  std::string id;
};

[[nodiscard]] std::string encode_cursor(std::uint64_t shape, const Place& place);
// Nothing: the first page. A cursor that is damaged or of another filter or order is `bad_cursor`.
Outcome<std::optional<Place>> decode_cursor(const QueryRequest& request);

// Bytes that sort places as the request orders them.
[[nodiscard]] std::string sort_key(const QueryRequest& request, const Place& place);

}  // namespace socle::storage
