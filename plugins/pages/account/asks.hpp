// asks.hpp: asking auth/1 on behalf of a page, and small forms as data. On the worker that got the request.
#pragma once

#include <string>
#include <vector>

#include "site/site.hpp"

namespace socle::pages {

// One input of a small form (template `ask`).
struct Input {
  std::string_view name, label;
  std::string_view type = "text", complete = "off", hint = {}, mode = {};
  std::string value;
  bool focus = false;
};

struct Ask {
  std::string action;
  std::string_view label;  // of the button
  std::vector<Input> inputs;
  std::string fault, info;
  std::vector<std::pair<std::string, std::string>> kept;  // hidden
  bool strong = true;
  std::vector<std::pair<std::string, std::string>> faults;  // by input
};
// Without `csrf`: the template takes it from the root.
[[nodiscard]] page::Data data_of(const Ask& ask);

// A parsed form whose token is good, or the page that says why not.
[[nodiscard]] std::shared_ptr<const page::FormBody> posted(const Site& site, const Request& request, Reply& refused);

class AuthDoor {
 public:
  explicit AuthDoor(Host& host) : host_(host) {}
  // `more`: parameters of the method. What auth/1 learns of the browser goes along.
  Task<Reply> ask(Request request, std::string_view method, std::string body = {}, socle::Meta more = {});

 private:
  Host& host_;
};

// JSON texts of what a form said.
[[nodiscard]] std::string object_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members);
[[nodiscard]] std::string words_array(std::string_view text);  // "a b" → ["a","b"]
[[nodiscard]] std::string joined(json::View texts, std::string_view by = ", ");
// [{pointer, message}] → (input, message): "/new_password" is the input new_password, "/roles/0" roles.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> faults_by_input(std::string_view errors);
[[nodiscard]] std::string day_of(std::string_view timestamp);
// Of auth/1's list: id, agent (the browser as people call it), peer, seen, own.
[[nodiscard]] std::vector<page::Data> sessions_of(json::View items);
// What a refused form says of itself, and its status.
[[nodiscard]] std::string first_fault(const Reply& why);
[[nodiscard]] int status_of(const Reply& why);
// Somebody else was faster: what was read is another version by now.
[[nodiscard]] bool is_outdated(const Reply& why);
[[nodiscard]] Reply no_json();

}  // namespace socle::pages
