// listing.hpp: the query of a list: what a request's parameters ask of storage/1. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logic/evaluation.hpp"
#include "records/filter.hpp"

namespace socle::forms {

struct ListParams {
  std::string filter, order, cursor, fields, count;
  std::uint64_t limit = 50;
  bool explain = false;
  bool own_cursor = false;          // it comes from ourselves, not from a client
  bool partial = false;             // pages may be short, or empty, before the last one
  std::vector<std::string> hidden;  // pointers to fields of which the caller must learn nothing
};

struct ListQuery {
  std::string text;  // for storage/1 "query"
  bool never = false;
  std::string predicate, remainder;  // for explain
};

// A cursor of ours is the moment of the first page and storage's cursor: `now` in a filter must not move from page to
// page, or the cursor would belong to another query.
struct PageCursor {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;
  std::string storage;
};
[[nodiscard]] std::string to_text(const PageCursor& cursor);
[[nodiscard]] std::optional<PageCursor> cursor_of(std::string_view text);

// The conditions of who asks are in `filter` already; the request's own is added. Otherwise errors, each with the
// parameter as its pointer ("filter", offset in params).
[[nodiscard]] std::optional<ListQuery> list_query(const Form& form, Filter& filter, const ListParams& params,
                                                  std::string_view storage_cursor, std::vector<FieldError>& errors);
// "a,b" as pieces, blanks trimmed.
[[nodiscard]] std::vector<std::string_view> split_names(std::string_view text);

}  // namespace socle::forms
