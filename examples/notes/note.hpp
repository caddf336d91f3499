// note.hpp: what a note is, and the texts of notes/1: requests to storage/1, answers and events. Pure functions.
#pragma once

#include <socle/json.hpp>
#include <socle/plugin.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace notes {

inline constexpr std::string_view declaration = R"({"collection":"notes","indexes":[
  {"name":"by_update","fields":[{"field":"updated_at","type":"timestamp"}]},
  {"name":"by_state","fields":[{"field":"/done","type":"boolean"},{"field":"updated_at","type":"timestamp"}]}]})";

// A checked note, or the answer that says what is wrong with it, every field of it.
class Checked {
 public:
  Checked(socle::json::Document note) : note_(std::move(note)) {}
  Checked(socle::Reply problem) : problem_(std::move(problem)) {}
  explicit operator bool() const { return note_.has_value(); }
  const socle::json::Document& operator*() const { return *note_; }
  socle::Reply problem() && { return std::move(problem_); }

 private:
  std::optional<socle::json::Document> note_;
  socle::Reply problem_;
};
[[nodiscard]] Checked parse_note(std::string_view body);
[[nodiscard]] Checked check_note(socle::json::Document note);

// If-Match as storage's "expect": a version, or any existing one. Only what our ETags look like.
[[nodiscard]] socle::Result<std::string> expectation(std::string_view if_match);

[[nodiscard]] std::string get_request(std::string_view id);
[[nodiscard]] std::string list_request(const socle::Request& request);
// `id` "" lets storage choose one. `once`: under the context's idempotency key.
[[nodiscard]] std::string put_request(std::string_view id, const socle::json::Document& note, std::string_view expect,
                                      bool once);
[[nodiscard]] std::string delete_request(std::string_view id, std::string_view expect);
[[nodiscard]] std::string changes_request(std::string_view position);

struct Saved {
  std::string id, etag, text;  // text: the record, as GET gives it
};
[[nodiscard]] Saved saved(const socle::Reply& written, const socle::json::Document& note);

struct Piece {
  std::string text, position;
};
[[nodiscard]] Piece event_text(std::string_view changes);

}  // namespace notes
