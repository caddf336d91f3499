// site.hpp: what every page shares: templates in both languages, the frame around the content, headers, the token that
// forms carry, and the answers that are no page. One per generation; read by every worker.
#pragma once

#include <socle/plugin.hpp>

#include <array>
#include <string>

#include "model/words.hpp"
#include "site/texts.hpp"
#include "socle/json/document.hpp"
#include "socle/page/form_body.hpp"

namespace socle::pages {

// Who looks at the page, as the context says.
struct Viewer {
  std::string user, name, session;
  bool admin = false;  // may see users and roles; what is done there is still decided where it is done
  static Viewer of(Context context);
};

// Which part of the site a page belongs to.
enum class Part { forms, account, users, roles, none };

struct Page {
  std::string_view name;  // of the template
  std::string title;
  Part part = Part::forms;
  int status = 200;
  bool slim = false;
};

class Site {
 public:
  Site();
  // The key of the tokens, for the next generation; of the last one, before anything is served.
  [[nodiscard]] std::string_view key() const { return {reinterpret_cast<const char*>(key_.data()), key_.size()}; }
  [[nodiscard]] bool take_key(std::string_view bytes);

  [[nodiscard]] static page::Language language(const Request& request);
  [[nodiscard]] std::string_view word(const Request& request, std::string_view key) const;
  [[nodiscard]] std::string filled(const Request& request, std::string_view key,
                                   std::initializer_list<std::string_view> values) const;
  // The whole page. `csrf` and `icon` are set in `content`.
  [[nodiscard]] Reply page(const Request& request, const Page& page, page::Data content) const;
  // What a service refused, in words, with its status.
  [[nodiscard]] Reply problem(const Request& request, const Reply& why, std::string back = "/") const;
  [[nodiscard]] Reply asset(const Request& request) const;
  // 303; `done` names the message that the next page shows.
  [[nodiscard]] static Reply go(std::string path, std::string_view done = {});

  // The token that forms of this viewer carry.
  [[nodiscard]] std::string token(const Request& request) const;
  [[nodiscard]] bool genuine(const Request& request, const page::FormBody& body) const;
  [[nodiscard]] Reply stale(const Request& request) const;

 private:
  std::array<page::Templates, 2> templates_;  // by language
  std::array<unsigned char, 32> key_{};
  std::string style_, script_, icon_;
};

// The status of what is no fault of what was entered: a service that is away, a time that was over, no room; else 0.
[[nodiscard]] int failing_status(const Reply& why);
// Of a form that is shown again: the service's own status, that of a failure, else 422.
[[nodiscard]] int refusal_status(const Reply& why);

// 32 hexadecimal digits.
[[nodiscard]] std::string random_key();

}  // namespace socle::pages
