#include "store/place.hpp"

#include "contract/bytes.hpp"

namespace socle::storage {

std::string encode_cursor(std::uint64_t shape, const Place& place) {
  std::string out(1, '\x01');
  put_big_endian(out, shape);
  for (const auto& field : place.fields) put_text(out, field);
  put_text(out, place.id);
  return to_base64url(out);
}

Outcome<std::optional<Place>> decode_cursor(const QueryRequest& request) {
  if (request.cursor.empty()) return std::optional<Place>();
  const auto bytes = from_base64url(request.cursor);
  Reader in(bytes ? std::string_view(*bytes) : std::string_view());
  const bool version = in.byte() == 1;
  const bool shape = in.big_endian() == request.shape;
  Place out;
  for (std::size_t i = 0; i < request.order.size(); ++i) out.fields.emplace_back(in.text());
  out.id = in.text();
  if (in.ok() && version && shape && in.rest().empty()) return std::optional(std::move(out));
  return problem_at(Code::invalid, "bad_cursor", "/cursor",
                    "the cursor is not one this query gave: repeat the query with the same filter and order, or start "
                    "without a cursor");
}

std::string sort_key(const QueryRequest& request, const Place& place) {
  std::string out;
  for (std::size_t i = 0; i < place.fields.size(); ++i) {
    const std::size_t at = out.size();
    out.append(place.fields[i]);
    if (request.order[i].descending) invert(out, at);
  }
  const std::size_t at = out.size();
  out.append(place.id).push_back('\0');
  if (request.id_descending) invert(out, at);
  return out;
}

}  // namespace socle::storage
