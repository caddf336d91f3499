// trace.cpp: building faults.
#include "trace.hpp"

#include <algorithm>

#include "socle/json/pointer.hpp"

namespace socle::schema {

void Recorder::fault(const Node& node, std::string_view keyword, std::string message, Params params,
                     const std::string* member) {
  if (report_.faults.size() >= program_.limits.faults) {
    ++report_.truncated;
    return;
  }
  Fault made;
  made.instance = instance_;
  made.field = instance_;
  if (member != nullptr) {
    made.field += '/';
    json::append_escaped(made.field, *member);
  }
  made.keyword_location = way_ + "/" + std::string(keyword);
  made.absolute_location = program_.locations[node.location] + "/" + std::string(keyword);
  made.code = keyword;
  made.message = std::move(message);
  made.params = std::move(params);
  report_.faults.push_back(std::move(made));
}

void Recorder::never(const Node& node) {
  if (report_.faults.size() >= program_.limits.faults) {
    ++report_.truncated;
    return;
  }
  const bool member = keyword_ == "additionalProperties" || keyword_ == "unevaluatedProperties";
  const bool element = keyword_ == "items" || keyword_ == "additionalItems" || keyword_ == "unevaluatedItems";
  Fault made;
  made.instance = made.field = instance_;
  made.keyword_location = way_;
  made.absolute_location = program_.locations[node.location];
  made.code = member || element ? keyword_ : std::string_view("false");
  made.message = member    ? "this member is not allowed"
                 : element ? "this element is not allowed"
                           : "no value is allowed here";
  if (member) {
    const auto slash = instance_.rfind('/');
    made.params.emplace_back("member", slash == std::string::npos ? instance_ : instance_.substr(slash + 1));
  }
  report_.faults.push_back(std::move(made));
}

void Recorder::rewind(std::size_t position) {
  report_.faults.erase(report_.faults.begin() + static_cast<std::ptrdiff_t>(position), report_.faults.end());
}

void Recorder::lift(std::size_t position) {
  if (position >= report_.faults.size()) return;
  std::rotate(report_.faults.begin() + static_cast<std::ptrdiff_t>(position), report_.faults.end() - 1,
              report_.faults.end());
}

void Recorder::mark_limited(std::string_view what) {
  if (report_.limited) return;
  report_.limited = true;
  Fault made;
  made.instance = made.field = instance_;
  made.keyword_location = way_;
  made.code = "limit";
  made.message = "validation was stopped: " + std::string(what);
  report_.faults.push_back(std::move(made));
}

Recorder::Step::Step(Recorder& trace, std::string_view keyword)
    : trace_(trace), size_(trace.way_.size()), before_(trace.keyword_) {
  trace.way_ += '/';
  trace.way_ += keyword;
  trace.keyword_ = keyword;
}

Recorder::Step::Step(Recorder& trace, std::string_view keyword, std::string_view name) : Step(trace, keyword) {
  trace.way_ += '/';
  json::append_escaped(trace.way_, name);
  trace.keyword_ = {};
}

Recorder::Step::Step(Recorder& trace, std::string_view keyword, std::size_t index) : Step(trace, keyword) {
  trace.way_ += '/' + std::to_string(index);
  trace.keyword_ = {};
}

Recorder::Step::~Step() {
  trace_.way_.resize(size_);
  trace_.keyword_ = before_;
}

Recorder::Child::Child(Recorder& trace, std::string_view name) : trace_(trace), size_(trace.instance_.size()) {
  trace.instance_ += '/';
  json::append_escaped(trace.instance_, name);
}

Recorder::Child::Child(Recorder& trace, std::size_t index) : trace_(trace), size_(trace.instance_.size()) {
  trace.instance_ += '/' + std::to_string(index);
}

}  // namespace socle::schema
