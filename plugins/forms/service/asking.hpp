// asking.hpp: who asks, when and in which language, as expressions see it. Made once a request, on its worker; what
// only expressions read is made when the first one asks, since many a record is read without any.
#pragma once

#include <socle/plugin.hpp>

#include <optional>
#include <string>

#include "logic/verdict.hpp"
#include "records/filter.hpp"

namespace socle::forms {

class Asking {
 public:
  Asking(const Host& host, Request request);
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  [[nodiscard]] Known known(std::string_view action) const;
  // A call of the logic; doc and old are the caller's to set. Both borrow of this.
  [[nodiscard]] Call call(std::string_view action) const;
  [[nodiscard]] Language language() const { return language_; }
  void at(std::int64_t seconds, std::uint32_t nanos) {
    seconds_ = seconds;
    nanos_ = nanos;
  }
  [[nodiscard]] std::int64_t seconds() const { return seconds_; }
  [[nodiscard]] std::uint32_t nanos() const { return nanos_; }

 private:
  struct Names {
    json::Document user, tenant, env;
  };
  [[nodiscard]] const Names& names() const;

  const Host& host_;
  Request request_;
  mutable std::optional<Names> names_;  // on the request's worker, between two awaits
  std::int64_t seconds_ = 0;
  std::uint32_t nanos_ = 0;
  Language language_ = Language::en;
};

// 422 with every field error, in the language asked for.
[[nodiscard]] Reply invalid_record(const std::vector<FieldError>& errors, Language language);
[[nodiscard]] Reply forbidden(std::string_view action, std::string_view form);
[[nodiscard]] Reply not_found(std::string_view form, std::string_view id);
[[nodiscard]] Reply malformed(const Error& error);
// 400 for the parameters of a request; an error's pointer is the parameter's name. REQUIRES: at least one.
[[nodiscard]] Reply bad_parameters(const std::vector<FieldError>& errors);

}  // namespace socle::forms
