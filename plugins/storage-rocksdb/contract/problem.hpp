// problem.hpp: how a storage/1 method fails and how it answers. A Problem carries beside the status of result.hpp the
// stable code of docs/storage.md and, for wrong input, the JSON array of {pointer, code, message, params}.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socle/json/writer.hpp"
#include "socle/result.hpp"

namespace socle::storage {

struct Problem {
  Code code = Code::internal;
  std::string stable;   // stable code, e.g. "unique_violation"
  std::string message;  // what was found, what was wanted, what to do
  std::string fields;   // "" or a JSON array, one entry per wrong place
  int http_status = 0;  // 0: the status' own
};

// Value or Problem: Result's shape with the richer error.
template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : value_(std::move(value)), ok_(true) {}
  Outcome(Problem problem) : problem_(std::move(problem)) {}
  // A failure below storage/1 keeps its status' name as its stable code.
  Outcome(Error error) : problem_{error.code, std::string(to_string(error.code)), std::move(error.message), {}, 0} {}
  explicit operator bool() const { return ok_; }
  T& operator*() { return value_; }
  const T& operator*() const { return value_; }
  T* operator->() { return &value_; }
  [[nodiscard]] const Problem& problem() const& { return problem_; }
  [[nodiscard]] Problem&& problem() && { return std::move(problem_); }

 private:
  T value_{};
  Problem problem_;
  bool ok_ = false;
};

struct Done {};
using Verdict = Outcome<Done>;

// One wrong place in a request. `params` is "" or a JSON object.
[[nodiscard]] inline Problem problem_at(Code code, std::string_view stable, std::string_view pointer,
                                        std::string message, std::string_view params = {}) {
  Problem out{code, std::string(stable), std::move(message), {}, 0};
  out.fields.append("[{\"pointer\":");
  json::append_quoted(out.fields, pointer);
  out.fields.append(",\"code\":");
  json::append_quoted(out.fields, stable);
  out.fields.append(",\"message\":");
  json::append_quoted(out.fields, out.message);
  if (!params.empty()) out.fields.append(",\"params\":").append(params);
  out.fields.append("}]");
  return out;
}

// What a method answers: text is JSON; meta goes beside it ("etag", "replayed").
struct Answer {
  Answer() = default;
  Answer(Problem failure) : failed(true), problem(std::move(failure)) {}
  explicit Answer(std::string json) : text(std::move(json)) {}

  bool failed = false;
  Problem problem;
  std::string text;
  std::vector<std::pair<std::string_view, std::string>> meta;
  std::size_t looked_at = 0;  // documents and index entries, of a query
};

}  // namespace socle::storage
