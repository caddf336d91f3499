// attachments.hpp: the files that records refer to: blob/1 says whether they are there and what a batch must contain so
// that they are held as long as the record refers to them. On the caller's worker.
#pragma once

#include <socle/plugin.hpp>

#include <string>
#include <vector>

#include "logic/verdict.hpp"
#include "service/got.hpp"

namespace socle::forms {

struct Held {
  std::vector<FieldError> errors;
  std::string operations;  // of storage/1's write, each behind a comma
  std::size_t count = 0;
};

class Attachments {
 public:
  explicit Attachments(Host& host) : host_(host), attach_(host.target("blob/1", "attach")) {}

  // `old` and `doc`: the record as it was and as it will be; absent ones refer to nothing. Only what differs is asked.
  Task<Got<Held>> hold(Request request, const Form& form, std::string id, json::View doc, json::View old,
                       Language language);

 private:
  Host& host_;
  Target attach_;
};

// A new record's id (UUIDv7) at a moment; unique across workers and processes by its random half.
[[nodiscard]] std::string uuid7(std::int64_t seconds, std::uint32_t nanos);

}  // namespace socle::forms
